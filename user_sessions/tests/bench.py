"""Measure requests with this app's sessions beside Django's, in one interleaved run.

``python -m user_sessions.tests.bench`` prints, for each kind of page, the median time of both and
their ratio. Times differ from machine to machine, and from minute to minute; ratios hardly do.
"""

from __future__ import annotations

import argparse
import os
import sys
from statistics import median
from time import perf_counter_ns

import django

PAGES = {
    "no session": "/plain/",
    "authenticated": "/who/",
    "authenticated, asynchronous": "/awho/",
    "changes its session": "/set/",
}
ENGINES = {
    "django": ("django.contrib.sessions.backends.db", "django.contrib.sessions.middleware"),
    "ours": ("user_sessions.backends.db", "user_sessions.middleware"),
}
# Of Django's and ours alike: what else a request does would only hide the difference.
MIDDLEWARE = [
    "{sessions}.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]


def browsers(user):
    """Return a signed-in test client for each engine; it loads its middleware at its first request."""
    from django.test import Client, override_settings

    found = {}
    for name, (engine, sessions) in ENGINES.items():
        middleware = [path.format(sessions=sessions) for path in MIDDLEWARE]
        with override_settings(SESSION_ENGINE=engine, MIDDLEWARE=middleware):
            found[name] = Client(headers={"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"})
            found[name].force_login(user)
            found[name].get("/set/")
    return found


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Return the median milliseconds of each page for each engine, whose requests alternate."""
    from user_sessions.tests.people import make_person

    clients = browsers(make_person("ada"))
    times: dict[str, dict[str, list[int]]] = {
        page: {name: [] for name in clients} for page in PAGES
    }
    for _round in range(rounds):
        for page, url in PAGES.items():
            for name, client in clients.items():
                start = perf_counter_ns()
                client.get(url)
                times[page][name].append(perf_counter_ns() - start)
    return {
        page: {name: median(values) / 1e6 for name, values in by_engine.items()}
        for page, by_engine in times.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2000, help="requests of each kind (2000)")
    arguments = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "user_sessions.tests.settings.bench"
    django.setup()
    from django.db import connection
    from django.test.utils import setup_test_environment

    setup_test_environment(debug=False)
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        report(measure(arguments.rounds), connection.vendor)
    finally:
        connection.creation.destroy_test_db("", verbosity=0)


def report(medians: dict[str, dict[str, float]], vendor: str) -> None:
    lines = [
        f"{vendor}, milliseconds a request (median)",
        f"{'':30}{'django':>9}{'ours':>9}{'ratio':>8}",
    ]
    for page, by_engine in medians.items():
        theirs, ours = by_engine["django"], by_engine["ours"]
        lines.append(f"{page:30}{theirs:9.3f}{ours:9.3f}{ours / theirs:8.2f}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
