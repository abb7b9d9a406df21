"""Real ASGI servers, each a process of uvicorn on a port that the kernel picks."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

STOP_SECONDS = 10


@contextmanager
def serving(application: str, environment: Mapping[str, str], *options: str) -> Iterator[str]:
    """Run an ASGI application, given as uvicorn takes it, and return its host and port.

    It listens from the beginning: who connects early waits until the application is loaded.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        fd = ["--fd", str(listener.fileno())]
        quiet = ["--log-level", "warning", "--lifespan", "off"]
        with subprocess.Popen(  # noqa: S603  # our own words
            [sys.executable, "-m", "uvicorn", application, *fd, *quiet, *options],
            env={**os.environ, **environment},
            pass_fds=[listener.fileno()],
        ) as server:
            try:
                yield f"127.0.0.1:{listener.getsockname()[1]}"
            finally:
                server.terminate()
                server.wait(STOP_SECONDS)
