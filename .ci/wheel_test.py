"""Assert that the wheel holds what it should, and that the project around this file shows its page."""

from __future__ import annotations

import os
import re
import sys
import zipfile
from pathlib import Path

import django

WANTED = [
    "user_sessions/py.typed",
    "user_sessions/utils/tests.py",
    "user_sessions/migrations/0001_initial.py",
    "user_sessions/templates/user_sessions/session_list.html",
    "user_sessions/static/user_sessions/user_sessions.css",
    "user_sessions_themes/default/templates/allauth/layouts/base.html",
]
UNWANTED = re.compile(r"(^|/)(tests|demo_site|e2e)/|__pycache__")


def check(claim: bool, message: str) -> None:  # noqa: FBT001 (reads as assert does, and holds under -O)
    if not claim:
        sys.exit(f"The wheel is wrong: {message}")


def check_contents(wheel: str) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in WANTED:
        check(wanted in names, f"{wanted} is missing.")
    compiled = {name.removesuffix(".mo") for name in names if name.endswith(".mo")}
    written = {name.removesuffix(".po") for name in names if name.endswith(".po")}
    check(bool(compiled), "no catalogue is compiled.")
    check(compiled == written, f"{sorted(compiled ^ written)} are not both .po and .mo.")
    for name in names:
        check(not UNWANTED.search(name), f"{name} does not belong there.")


def check_page() -> None:
    from django.contrib.auth import get_user_model
    from django.contrib.staticfiles import finders
    from django.test import Client
    from django.urls import reverse

    import user_sessions

    check("site-packages" in user_sessions.__file__, f"{user_sessions.__file__} was imported.")
    client = Client(headers={"host": "localhost", "user-agent": "Mozilla/5.0 Firefox/140.0"})
    client.force_login(get_user_model().objects.create_user("someone"))
    response = client.get(reverse("user_sessions:session_list"))
    html = response.content.decode()
    check(response.status_code == 200, f"the page answers {response.status_code}.")
    check(len(re.findall(r"<h1\b", html)) == 1, "the page has not one h1.")
    stylesheets = re.findall(r'href="/static/([^"]+\.css)"', html)
    check(bool(stylesheets), "the page has no stylesheet.")
    for path in stylesheets:
        check(bool(finders.find(path)), f"{path} is not found.")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_of_someone.settings")
    django.setup()
    check_contents(sys.argv[1])
    check_page()
    sys.stdout.write(
        f"{Path(sys.argv[1]).name} with Django {django.get_version()}: shows its page\n"
    )
