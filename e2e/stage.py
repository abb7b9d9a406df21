"""The tests' end of `e2e.backstage`: its functions, and the words of the site."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from e2e.server import REPOSITORY, Server, stop, tail


@dataclass
class Stage:
    """Sets the scene for a test; each method does what its namesake in `e2e.backstage` says."""

    process: subprocess.Popen[str]
    log: Path
    phrases: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def reseed(self, username: str) -> int:
        return int(self._ask("reseed", username))

    def sign_in(self, username: str, browser: str, place: str) -> dict[str, str]:
        return dict(self._ask("sign_in", username, browser, place))

    def protect(self, username: str) -> None:
        self._ask("protect", username)

    def user_agents(self) -> dict[str, str]:
        return dict(self._ask("user_agents"))

    def phrase(self, *key: Any) -> str:
        """Return a phrase; words don't change while the site runs, so each is asked for once."""
        if key not in self.phrases:
            self.phrases[key] = str(self._ask("phrase", *key))
        return self.phrases[key]

    def _ask(self, name: str, *arguments: Any) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps([name, *arguments]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"The process backstage ended at {name}{arguments}:\n{tail(self.log)}"
        return json.loads(answer)


@contextmanager
def open_stage(server: Server) -> Iterator[Stage]:
    """Start the process backstage, on the server's own settings and database."""
    path = server.log.with_name("backstage.log")
    with (
        path.open("w", encoding="utf-8") as log,
        subprocess.Popen(
            [sys.executable, "-m", "e2e.backstage"],
            cwd=REPOSITORY,
            env=server.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            encoding="utf-8",
        ) as process,
    ):
        try:
            yield Stage(process, path)
        finally:
            stop(process)


@dataclass(frozen=True)
class Words:
    """What the site says in one language, asked for by the words of its templates."""

    stage: Stage
    language: str

    def __call__(self, text: str, **facts: object) -> str:
        said = self.stage.phrase(self.language, text)
        return said % facts if facts else said

    def counted(self, singular: str, plural: str, count: int) -> str:
        return self.stage.phrase(self.language, singular, plural, count) % {"count": count}

    def device(self, browser: str, platform: str) -> str:
        return self("%(browser)s on %(platform)s", browser=browser, platform=platform)
