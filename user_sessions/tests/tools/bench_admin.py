"""Measure the admin and clearsessions on a large table, in a database made for it.

``DATABASE_URL=... python -m user_sessions.tests.tools.bench_admin`` prints the time of each page, of its
queries alone, and of removing expired sessions beside Django's one statement. ``--explain FILE``
writes the database's plan of each query.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import django

LIST = {
    "first page": "",
    "active": "?active=1",
    "expired": "?active=0",
    "self": "?owner=my",
    "active, self": "?active=1&owner=my",
    "search: an address": "?q=10.7.7.7",
    "search: a /24": "?q=10.7.7.0/24",
    "search: a beginning": "?q=10.7.",
    "search: an IPv6 network": "?q=2001:db8:7::/48",
    "search: one user": "?q=person12345",
    "search: an e-mail address": "?q=person777@example.com",
    "search: nearly all users": "?q=person",
    "search: nobody": "?q=nobodyhasthisname",
    "search: user and network": "?q=person12 10.7.",
    "page 10": "?p=10",
    "page 100": "?p=100",
}


def fill(sessions: int, users: int) -> None:
    """Write users and their sessions: some expired, some anonymous, most unused for days.

    In the order of their last visit, since each visit writes a new version of a session's row.
    """
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from user_sessions.engine import get_session_model
    from user_sessions.tests.support import user_agents

    chance, now = random.Random(4), timezone.now()  # noqa: S311  # benchmark data
    agents = [value for name, value in vars(user_agents).items() if name.isupper()]
    people, model = get_user_model(), get_session_model()
    names = [f"person{number}" for number in range(users)]
    people.objects.bulk_create(
        [people(username=name, email=f"{name}@example.com") for name in names], batch_size=5000
    )
    keys = list(people.objects.values_list("pk", flat=True))
    store = model.get_session_store_class()()

    seconds = sorted((chance.expovariate(1 / 500_000) for _ in range(sessions)), reverse=True)

    def row(number):
        seen = now - timedelta(seconds=seconds[number])
        user = chance.choice(keys) if chance.random() < 0.9 else None
        data = {"_auth_user_id": str(user), "_auth_user_backend": "b", "_auth_user_hash": "h" * 64}
        return model(
            session_key=f"key-{number}",
            session_data=store.encode(data),
            expire_date=seen + timedelta(days=14),
            user_id=user,
            user_agent=chance.choice(agents),
            ip=address(chance),
            created_at=seen - timedelta(hours=chance.randrange(200)),
            last_activity=seen,
        )

    for start in range(0, sessions, 5000):
        model.objects.bulk_create([row(n) for n in range(start, min(start + 5000, sessions))])


def address(chance):
    if chance.random() < 0.3:
        return f"2001:db8:{chance.randrange(256):x}::{chance.randrange(1, 65536):x}"
    return f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(256)}"


def analyze() -> None:
    from django.db import connection

    statement = {
        "mysql": "ANALYZE TABLE user_sessions_session, auth_user",
        "postgresql": "VACUUM ANALYZE",
    }
    execute(statement.get(connection.vendor, "ANALYZE"))


def measure_pages(rounds: int, explained: list[str]) -> list[str]:
    """Return a line for each page: milliseconds of the whole request, and of its queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    from user_sessions.tests.support.people import make_superuser
    from user_sessions.utils.tests import Client

    client = Client()
    client.force_login(make_superuser("root"))
    url = reverse("admin:user_sessions_session_changelist")
    lines = [f"{'page':28}{'request':>9}{'queries':>9}{'number':>8}  (median ms)"]
    for name, query in LIST.items():
        whole, database, number = [], [], 0
        for _round in range(rounds):
            start = perf_counter()
            response = client.get(url + query)
            whole.append((perf_counter() - start) * 1000)
            with CaptureQueriesContext(connection) as captured:
                assert client.get(url + query).status_code == response.status_code == 200
            database.append(sum(float(query["time"]) for query in captured) * 1000)
            number = len(captured)
        lines.append(f"{name:28}{median(whole):9.1f}{median(database):9.1f}{number:8}")
        explained.extend(explain(name, captured))
    return lines


def explain(name: str, captured) -> list[str]:
    """Return the plans of a page's queries that find the sessions of the list."""
    from django.db import connection

    found = [f"## {name}"]
    for query in captured:
        sql = query["sql"]
        if "user_sessions_session" in sql and ("LIMIT" in sql or "ORDER BY" in sql):
            with connection.cursor() as cursor:
                analyzing = "ANALYZE " if connection.vendor == "postgresql" else ""
                cursor.execute(f"EXPLAIN {analyzing}{sql}".replace("%", "%%"), [])
                found += ["", sql, *(str(row[0]) for row in cursor.fetchall())]
    return [*found, ""]


def orders() -> dict[str, tuple[str, Any]]:
    """Return for each order its column, and a function that changes the expired sessions, or None."""
    from django.utils import timezone

    from user_sessions.keys import RawKey

    def one_instant(sessions):
        sessions.update(expire_date=timezone.now() - timedelta(days=3))

    def half_live(sessions):  # digests are random
        sessions.filter(pk__gt=RawKey("sha256$U")).update(
            expire_date=timezone.now() + timedelta(days=3)
        )

    return {
        "order of visits": ("last_activity", None),
        "random order": ("session_key", None),
        "one instant": ("last_activity", one_instant),
        "one instant, random order": ("session_key", one_instant),
        "half live, random order": ("session_key", half_live),
    }


def measure_clearing(rounds: int) -> list[str]:
    """Return the seconds that Django's one statement and our batches take, in turn.

    Each way removes the same rows, which are restored from a copy before it.
    """
    from user_sessions.backends.expiry import remove_expired
    from user_sessions.engine import get_session_model

    sessions = get_session_model().objects
    ways = [
        lambda: sessions.expired().delete()[0],
        lambda: sum(remove_expired(sessions.all())),
    ]
    lines = [f"{'removing expired sessions':28}{'number':>9}{'django':>9}{'ours':>9}{'ratio':>8}"]
    execute("CREATE TABLE original AS SELECT * FROM user_sessions_session")
    for name, (column, change) in orders().items():
        restore("original", column)
        if change:
            change(sessions)
        execute("CREATE TABLE kept AS SELECT * FROM user_sessions_session")
        seconds: tuple[list[float], list[float]] = ([], [])
        for number in range(rounds):
            for which in (0, 1) if number % 2 else (1, 0):
                restore("kept", column)
                start = perf_counter()
                removed = ways[which]()
                seconds[which].append(perf_counter() - start)
                assert not sessions.expired().exists()
        theirs, ours = map(median, seconds)
        lines.append(f"{name:28}{removed:9,}{theirs:9.2f}{ours:9.2f}{ours / theirs:8.2f}")
        execute("DROP TABLE kept")
    return lines


def restore(table: str, column: str) -> None:
    """Fill the sessions table from another one, in the order of a column."""
    from django.db import connection

    empty = "DELETE FROM" if connection.vendor == "sqlite" else "TRUNCATE"
    execute(f"{empty} user_sessions_session")
    execute(f"INSERT INTO user_sessions_session SELECT * FROM {table} ORDER BY {column}")  # noqa: S608  # our own
    analyze()


def execute(sql: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=200_000)
    parser.add_argument("--users", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5, help="of each page and way (5)")
    parser.add_argument("--clearing-only", action="store_true", help="measure no pages")
    parser.add_argument("--explain", type=Path, help="file to write the plans to")
    arguments = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "user_sessions.tests.settings.plain"
    django.setup()
    from django.db import connection
    from django.test.utils import setup_test_environment

    setup_test_environment(debug=False)
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        report(arguments)
    finally:
        connection.creation.destroy_test_db("", verbosity=0)


def report(arguments: argparse.Namespace) -> None:
    from django.db.models import F

    from user_sessions.engine import get_session_model

    explained: list[str] = []
    fill(arguments.sessions, arguments.users)
    analyze()
    lines = [] if arguments.clearing_only else measure_pages(arguments.rounds, explained)
    a_year = timedelta(days=365)
    get_session_model().objects.update(expire_date=F("expire_date") - a_year)
    lines += measure_clearing(arguments.rounds)
    sys.stdout.write("\n".join(lines) + "\n")
    if arguments.explain:
        arguments.explain.write_text("\n".join(explained))


if __name__ == "__main__":
    main()
