"""Measure requests with this app's sessions beside Django's, in one interleaved run.

``python -m user_sessions.tests.tools.bench`` prints for each kind of page and each engine: the number of queries and
cache calls, the median time with Django's engine and with ours, and the ratio of both. Times differ between machines
and runs; ratios hardly do. The servers are those of DATABASE_URL and CACHE_URL.
"""

from __future__ import annotations

import argparse
import os
import sys
from statistics import median
from time import perf_counter_ns
from typing import Any, NamedTuple

import django

PAGES = {
    "no session": "/plain/",
    "authenticated": "/who/",
    "authenticated, asynchronous": "/awho/",
    "changes its session": "/set/",
}
# Django's engine and ours, by storage.
ENGINES = {
    "db": ("django.contrib.sessions.backends.db", "user_sessions.backends.db"),
    "cached_db": ("django.contrib.sessions.backends.cached_db", "user_sessions.backends.cached_db"),
}
# The same for Django's and ours. More middleware would only hide the difference.
MIDDLEWARE = [
    "{sessions}.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]


class Measured(NamedTuple):
    """The cost of a page: queries, cache calls, and the median time in milliseconds."""

    queries: int
    calls: int
    milliseconds: float


def browser(user, engine):
    """Return a signed-in test client; it loads its middleware at its first request."""
    from django.test import Client, override_settings

    sessions = f"{engine.partition('.backends')[0]}.middleware"
    middleware = [path.format(sessions=sessions) for path in MIDDLEWARE]
    with override_settings(SESSION_ENGINE=engine, MIDDLEWARE=middleware):
        client = Client(headers={"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"})
        client.force_login(user)
        client.get("/set/")
    return client


def costs(client, url: str) -> tuple[int, int]:
    """Return a page's number of queries, without those of transactions, and of cache calls."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from user_sessions.tests.support.caches import state

    client.get(url)
    state.calls.clear()
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    words = ("SELECT", "INSERT", "UPDATE", "DELETE")
    return sum(query["sql"].startswith(words) for query in captured), len(state.calls)


def measure(rounds: int) -> dict[tuple[str, str], tuple[Measured, Measured]]:
    """Return the cost of each page for Django's engine and ours, whose requests alternate."""
    from user_sessions.tests.support.people import make_person

    user = make_person("ada")
    clients = {name: [browser(user, engine) for engine in pair] for name, pair in ENGINES.items()}
    kinds = [(page, name) for name in ENGINES for page in PAGES]
    times: dict[Any, tuple[list[int], list[int]]] = {kind: ([], []) for kind in kinds}
    for number in range(rounds):
        for page, name in kinds:
            for which in (0, 1) if number % 2 else (1, 0):
                start = perf_counter_ns()
                clients[name][which].get(PAGES[page])
                times[page, name][which].append(perf_counter_ns() - start)
    return {
        (page, name): tuple(  # type: ignore[misc]  # of two
            Measured(*costs(clients[name][which], PAGES[page]), median(values) / 1e6)
            for which, values in enumerate(times[page, name])
        )
        for page, name in kinds
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1000, help="requests of each kind (1000)")
    arguments = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "user_sessions.tests.settings.bench"
    django.setup()
    from django.core.cache import caches
    from django.db import connection
    from django.test.utils import setup_test_environment

    setup_test_environment(debug=False)
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        report(
            measure(arguments.rounds), f"{connection.vendor}, {type(caches['default']).__name__}"
        )
    finally:
        connection.creation.destroy_test_db("", verbosity=0)


def report(found: dict[tuple[str, str], tuple[Measured, Measured]], servers: str) -> None:
    lines = [
        f"{servers}; queries + calls of the cache, and milliseconds a request (median)",
        f"{'':40}{'django':>16}{'ours':>16}{'ratio':>8}",
    ]
    for (page, name), (theirs, ours) in found.items():
        shown = [f"{one.queries} + {one.calls}{one.milliseconds:9.3f}" for one in (theirs, ours)]
        ratio = ours.milliseconds / theirs.milliseconds
        lines.append(f"{name + ': ' + page:40}{shown[0]:>16}{shown[1]:>16}{ratio:8.2f}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
