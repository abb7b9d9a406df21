"""The steps of .ci/wheel-test: check the wheel, and a project that installed it."""

from __future__ import annotations

import os
import re
import sys
import zipfile
from html.parser import HTMLParser
from importlib import import_module
from io import StringIO
from pathlib import Path
from pkgutil import iter_modules
from typing import Any
from urllib.parse import urldefrag, urljoin

import django

WANTED = [
    "user_sessions/py.typed",
    "user_sessions/utils/tests.py",
    "user_sessions/migrations/0001_initial.py",
    "user_sessions/templates/user_sessions/session_list.html",
    "user_sessions/static/user_sessions/user_sessions.css",
    "user_sessions_themes/default/templates/allauth/layouts/base.html",
]
UNWANTED = re.compile(r"(^|/)(tests|demo_site|e2e|node_modules)/|__pycache__")
# The files of frameworks that `make assets` installs
VENDOR = re.compile(r"(user_sessions_themes/\w+/static/\w+/vendor)/")
# The attribute with the URL that a tag loads
LOADS = {"img": "src", "link": "href", "script": "src", "source": "src", "use": "href"}
CSS_URL = re.compile(r"""(?:url\(|@import)\s*["']?([^"')]+)""")
MANIFEST_STORAGE = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"


def check(claim: object, message: str) -> None:
    if not claim:
        sys.exit(f"The wheel has a fault: {message}")


def contents(wheel: str) -> None:
    """Check the files in the wheel."""
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in WANTED:
        check(wanted in names, f"{wanted} is missing.")
    compiled = {name.removesuffix(".mo") for name in names if name.endswith(".mo")}
    written = {name.removesuffix(".po") for name in names if name.endswith(".po")}
    check(compiled, "no catalogue is compiled.")
    check(compiled == written, f"{sorted(compiled ^ written)} are not both .po and .mo.")
    for name in names:
        check(not UNWANTED.search(name), f"{name} must not be in it.")
    folders = {found[1] for found in map(VENDOR.match, names) if found}
    check(folders, "it holds no framework.")
    for folder in folders:
        check(f"{folder}/LICENSE.txt" in names, f"the licence of {folder} is missing.")


def same_files(wheel: str, other: str) -> None:
    """Check that two wheels have the same files."""
    names, others = (set(zipfile.ZipFile(path).namelist()) for path in (wheel, other))
    check(names == others, f"{sorted(names ^ others)} are in one of {wheel} and {other} only.")


def project() -> None:
    """Check the session pages of a project that follows README."""
    django.setup()
    from django.contrib.staticfiles.views import serve

    loaded = loaded_by_the_pages(serve, insecure=True)
    say(f"Django {django.get_version()}", loaded)


def themes() -> None:
    """Print the installed themes. The one that needs django-allauth comes last."""
    folder = Path(import_module("user_sessions_themes").__path__[0])
    names = [module.name for module in iter_modules([str(folder)])]
    names = [name for name in names if (folder / name / "templates").exists()]
    sys.stdout.write(" ".join(sorted(names, key=lambda name: (name == "allauth", name))))


def theme(name: str) -> None:
    """Check that the pages load their stylesheets in a theme, with the settings of a server."""
    settings = import_module("site_of_someone.settings")
    apply_server_settings(settings, name)
    django.setup()
    from django.core.management import call_command
    from django.views.static import serve

    call_command("migrate", verbosity=0)
    call_command("check", fail_level="WARNING", stdout=StringIO())
    call_command("collectstatic", verbosity=0, interactive=False)
    loaded = loaded_by_the_pages(serve, document_root=settings.STATIC_ROOT)
    vendor = f"user_sessions_{name}/vendor/"
    if list(settings.STATIC_ROOT.glob(f"{vendor}*.css")):
        check(any(vendor in url for url in loaded), f"no page of {name} loads its framework.")
    say(name, loaded)


def apply_server_settings(settings: Any, theme: str) -> None:
    """Add a theme and a server's settings to the project, before Django reads them."""
    apps = settings.INSTALLED_APPS
    apps.insert(apps.index("user_sessions"), f"user_sessions_themes.{theme}")
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.STATIC_ROOT = settings.BASE_DIR / f"static-{theme}"
    settings.STORAGES = {"staticfiles": {"BACKEND": MANIFEST_STORAGE}}
    if theme == "allauth":
        apps += ["allauth", "allauth.account"]
        settings.MIDDLEWARE.append("allauth.account.middleware.AccountMiddleware")


def loaded_by_the_pages(serve: Any, **options: Any) -> set[str]:
    """Open the session pages and the files that they load, and return the URLs of the files."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.urls import include, path, reverse

    import user_sessions
    from user_sessions.utils.tests import Client

    check("site-packages" in user_sessions.__file__, f"{user_sessions.__file__} was imported.")
    urls = import_module(settings.ROOT_URLCONF).urlpatterns
    urls.append(path("static/<path:path>", serve, options))
    if "allauth" in settings.INSTALLED_APPS:
        urls.append(path("account/", include("allauth.urls")))

    someone, _created = get_user_model().objects.get_or_create(username="someone")
    browser = Client(user_agent="Mozilla/5.0 Firefox/140.0", headers={"host": "localhost"})
    for _device in range(2):
        browser.cookies.clear()
        browser.force_login(someone)
    pages = [
        reverse("user_sessions:session_list"),
        reverse("user_sessions:session_delete_other"),
        reverse("user_sessions:session_delete", args=[someone.session_set.first().pk]),
    ]
    loaded = {url for page in pages for url in loaded_by(browser, page)}
    check(any(url.endswith(".css") for url in loaded), "the pages load no stylesheet.")
    return loaded


class Page(HTMLParser):
    """The URLs that a page loads, and its number of h1 elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.headings = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.headings += tag == "h1"
        address = dict(attributes).get(LOADS.get(tag, ""))
        if address:
            self.loads.append(address)


def loaded_by(browser: Any, address: str) -> set[str]:
    """Return the URLs of the files that a page and its stylesheets load."""
    response = browser.get(address)
    check(response.status_code == 200, f"{address} answers {response.status_code}.")
    page = Page(response.content.decode())
    check(page.headings == 1, f"{address} has {page.headings} h1.")
    loaded: set[str] = set()
    left = [urljoin(address, url) for url in page.loads]
    while left:
        url = urldefrag(left.pop()).url
        if url not in loaded:
            loaded.add(url)
            left += [urljoin(url, found) for found in urls_in(browser, url)]
    return loaded


def urls_in(browser: Any, url: str) -> list[str]:
    """Open a file of the site, and return the URLs in it if it is a stylesheet."""
    check(url.startswith("/static/"), f"{url} is not a static file of the site.")
    response = browser.get(url)
    check(response.status_code == 200, f"{url} answers {response.status_code}.")
    text = b"".join(response.streaming_content).decode()
    return CSS_URL.findall(text) if url.endswith(".css") else []


def say(what: str, loaded: set[str]) -> None:
    sys.stdout.write(f"{what}: the pages load {len(loaded)} files, and all exist\n")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_of_someone.settings")
    steps = {step.__name__: step for step in (contents, same_files, project, themes, theme)}
    steps[sys.argv[1]](*sys.argv[2:])
