"""The steps of .ci/upgrade-test: a site with the old package, upgraded to the new one."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import dj_database_url
import django
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import path

STATE = Path("state.json")
DATABASE = "user_sessions_upgrade_test"
COLUMNS = ["user_id", "user_agent", "ip", "expire_date", "last_activity", "session_data"]
HOW_MANY = 50


def configure(url: str) -> None:
    settings.configure(
        SECRET_KEY="only for tests",
        USE_TZ=True,
        DATABASES={"default": dj_database_url.parse(url)},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "user_sessions"],
        MIDDLEWARE=[
            "user_sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        SESSION_ENGINE="user_sessions.backends.db",
        ROOT_URLCONF=__name__,
        ALLOWED_HOSTS=["testserver"],
    )
    django.setup()


def user_and_basket(request: HttpRequest) -> JsonResponse:
    """Return the name of the user and the value of `basket`."""
    return JsonResponse([request.user.get_username(), request.session.get("basket")], safe=False)


urlpatterns = [path("", user_and_basket)]


def scratch_url(url: str) -> str:
    """Return the URL of a new database on the same server."""
    parts = urlsplit(url)
    return url if parts.scheme == "sqlite" else urlunsplit(parts._replace(path=f"/{DATABASE}"))


def run_sql(url: str, statement: str) -> None:
    """Run a statement outside a transaction, which CREATE DATABASE requires."""
    if not settings.configured:
        configure(url)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)


def fill() -> None:
    """Create sessions with the old package: anonymous, and signed in by login() and alogin()."""
    from asgiref.sync import async_to_sync
    from django.contrib.auth import alogin, get_user_model, login
    from django.core.management import call_command
    from django.http import HttpRequest

    from user_sessions.backends.db import SessionStore
    from user_sessions.models import Session

    call_command("migrate", verbosity=0)
    user = get_user_model().objects.create_user("ada", password="ada")
    cookies = {}
    for number in range(HOW_MANY):
        request = HttpRequest()
        request.session = SessionStore(user_agent=f"Agent/{number}", ip=f"192.0.2.{number}")
        request.session["basket"] = number
        name = ""
        if number % 3 == 0:
            login(request, user)
            name = "ada"
        elif number % 3 == 1:
            async_to_sync(alogin)(request, user)
            name = "ada"
        request.session.save()
        cookies[request.session.session_key] = [name, number]
    # 2.0.0 loses the user of each asynchronous sign-in; the migration restores it.
    assert Session.objects.filter(user=user).count() < sum(
        bool(name) for name, _ in cookies.values()
    )
    rows = {row.pop("session_key"): row for row in Session.objects.values("session_key", *COLUMNS)}
    STATE.write_text(json.dumps({"cookies": cookies, "rows": rows}, default=str))


def migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def check() -> None:
    """Check that every cookie works, every column kept its value, and no column contains a key."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    from user_sessions.keys import digest_of
    from user_sessions.models import Session

    state = json.loads(STATE.read_text())
    user = get_user_model().objects.get()
    rows = {row["session_key"]: row for row in Session.objects.values()}
    written = json.dumps(list(rows.values()), default=str)
    for key, (name, basket) in state["cookies"].items():
        before, after = state["rows"][key], rows[digest_of(key)]
        kept = {column: json.loads(json.dumps(after[column], default=str)) for column in COLUMNS}
        assert kept == {**before, "user_id": kept["user_id"]}, (before, after)
        assert after["user_id"] == (user.pk if name else None), after
        assert key not in written, "a column contains a session key"
        client = Client()
        client.cookies["sessionid"] = key
        assert client.get("/").json() == [name, basket], key
    database = settings.DATABASES["default"]["ENGINE"].rpartition(".")[2]
    sys.stdout.write(f"{database}: {len(rows)} sessions of 2.0.0 were migrated and still work\n")


def main(step: str) -> None:
    url = os.environ["DATABASE_URL"]
    if step in {"make-database", "drop-database"}:
        if not url.startswith("sqlite"):
            run_sql(url, f"DROP DATABASE IF EXISTS {DATABASE}")
            if step == "make-database":
                run_sql(url, f"CREATE DATABASE {DATABASE}")
    else:
        configure(scratch_url(url))
        {"fill": fill, "migrate": migrate, "check": check}[step]()


if __name__ == "__main__":
    main(sys.argv[1])
