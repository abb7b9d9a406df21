"""The steps of .ci/site-test that need Python."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, build_opener

DEADLINE_SECONDS = 180
BROWSERS = ("Firefox on Windows", "Safari on iPhone")


def check(claim: object, message: str) -> None:
    if not claim:
        sys.exit(f"The new site has a fault: {message}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def demo(folder: str) -> Iterator[str]:
    """Run `make demo`, and yield its output up to the line that it prints when it listens."""
    server = subprocess.Popen(  # noqa: S603 (a fixed command)
        ["make", "--silent", "-C", folder, "demo", f"PORT={free_port()}"],  # noqa: S607 (the make that runs this)
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    deadline = threading.Timer(DEADLINE_SECONDS, os.killpg, (server.pid, signal.SIGKILL))
    deadline.start()
    try:
        yield printed_until("Quit the server", server.stdout)
    finally:
        deadline.cancel()
        # Not SIGINT: a shell's background jobs and their children ignore it.
        os.killpg(server.pid, signal.SIGTERM)
        server.communicate()


def printed_until(end: str, lines: Iterator[str]) -> str:
    printed = ""
    for line in lines:
        printed += line
        if end in line:
            return printed
    sys.exit(f"make demo ended, or did not listen within {DEADLINE_SECONDS} s:\n{printed}")


def check_demo(folder: str) -> None:
    """Sign in to the running site with the printed account, and check the list and its files."""
    with demo(folder) as printed:
        account = re.search(r"Sign in as (\w+), with the password (\w+)\.", printed)
        address = re.search(r"http://[\d.:]+/", printed)
        check(account and address, f"make demo prints no account or no URL:\n{printed}")
        browser = build_opener(HTTPCookieProcessor(CookieJar()))
        with browser.open(urljoin(address[0], "account/login/")) as page:
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.read().decode())[1]
        fields = {"login": account[1], "password": account[2], "csrfmiddlewaretoken": token}
        with browser.open(page.url, urlencode(fields).encode()) as page:
            html = page.read().decode()
        check("/account/sessions/" in page.url, f"signing in leads to {page.url}.")
        for name in BROWSERS:
            check(name in html, f"the sample account is not signed in with {name}.")
        for link in re.findall(r'<link [^>]*href="([^"]+)"', html):
            browser.open(urljoin(page.url, link)).close()  # raises HTTPError if the file is missing


def check_list_of_targets(folder: str) -> None:
    command = ["make", "-C", folder]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 (a fixed command)
    for target in ("help", "demo", "test"):
        check(f"make {target} " in printed, f"make does not list {target}.")


def look(folder: str) -> None:
    check_list_of_targets(folder)
    check_demo(folder)


def themes() -> None:
    """Print the themes that .ci/site-test has not checked yet."""
    from demo_site.new_site import theme_names

    sys.stdout.write(" ".join(name for name in theme_names() if name != "bulma"))


def write(folder: str, theme: str) -> None:
    """Write the site without its wheel and environment."""
    from demo_site.new_site import write_site

    write_site("shop", theme, Path(folder))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    {"look": look, "themes": themes, "write": write}[sys.argv[1]](*sys.argv[2:])
