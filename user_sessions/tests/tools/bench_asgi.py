"""Measure how many requests per second uvicorn answers with this app's sessions and with Django's.

``python -m user_sessions.tests.tools.bench_asgi`` asks two servers in turn, one for each of the two, for an
asynchronous page that says who is signed in. It prints the median of all turns, and the ratio. The database
is a file of SQLite, or PostgreSQL where BENCH_DATABASE_URL names an empty one; the cache that of CACHE_URL.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter

import django

from user_sessions.tests.support.servers import serving
from user_sessions.tests.tools.bench import ENGINES, browser

PAGE = "/awho/"
CONNECTIONS = 8
SETTINGS = "user_sessions.tests.settings.bench"


class Site:
    """A server, and the cookie of a signed-in user."""

    def __init__(self, host: str, cookie: str) -> None:
        self.address, _colon, self.port = host.partition(":")
        self.request = f"GET {PAGE} HTTP/1.1\r\nHost: {host}\r\nCookie: sessionid={cookie}\r\n\r\n"

    async def rate(self, seconds: float) -> float:
        """Return how many requests per second several concurrent clients get answered."""
        end = perf_counter() + seconds
        clients = [self._ask_until(end) for _number in range(CONNECTIONS)]
        return sum(await asyncio.gather(*clients)) / seconds

    async def _ask_until(self, end: float) -> int:
        reader, writer = await asyncio.open_connection(self.address, int(self.port))
        answered = 0
        while perf_counter() < end:
            writer.write(self.request.encode())
            answer = await reader.readuntil(b"0\r\n\r\n")  # the last of its chunks
            if b"\r\nada\r\n" not in answer:
                raise RuntimeError(f"The page says: {answer!r}")
            answered += 1
        writer.close()
        return answered


@contextmanager
def sites(user, pair: tuple[str, str]) -> Iterator[list[Site]]:
    """Serve one site with each of two engines."""
    theirs, ours = ({"DJANGO_SETTINGS_MODULE": SETTINGS, "BENCH_ENGINE": name} for name in pair)
    factory = "django.core.asgi:get_asgi_application"
    with serving(factory, theirs, "--factory") as one, serving(factory, ours, "--factory") as two:
        cookies = [browser(user, engine).cookies["sessionid"].value for engine in pair]
        yield [Site(one, cookies[0]), Site(two, cookies[1])]


def measure(found: list[Site], turns: int, seconds: float) -> tuple[float, float]:
    rates: tuple[list[float], list[float]] = ([], [])
    for turn in range(turns + 1):
        for which in (0, 1) if turn % 2 else (1, 0):
            rate = asyncio.run(found[which].rate(seconds))
            if turn:  # the first turn loads modules
                rates[which].append(rate)
    return median(rates[0]), median(rates[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=10, help="of each server (10)")
    parser.add_argument("--seconds", type=float, default=2, help="that a turn takes (2)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        os.environ["DATABASE_URL"] = os.environ.get("BENCH_DATABASE_URL", file)
        os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
        django.setup()
        from django.core.management import call_command

        from user_sessions.tests.support.people import make_person

        call_command("migrate", verbosity=0)
        user = make_person("ada")
        for name, pair in ENGINES.items():
            with sites(user, pair) as found:
                theirs, ours = measure(found, arguments.turns, arguments.seconds)
            line = f"{name}: {theirs:.0f} requests a second with Django's, {ours:.0f} with ours"
            sys.stdout.write(f"{line}, ratio {ours / theirs:.2f}\n")


if __name__ == "__main__":
    main()
