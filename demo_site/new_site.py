"""The new project of `make site`: Django's startproject renders it from site_template/."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import venv
from importlib.metadata import version
from importlib.util import find_spec
from keyword import iskeyword
from pathlib import Path

import django
from django.apps import apps
from django.core.management.base import CommandError
from django.core.management.commands.startproject import Command as StartProject

REPOSITORY = Path(__file__).resolve().parent.parent
TEMPLATE = REPOSITORY / "demo_site" / "site_template"
THEMES = REPOSITORY / "themes"
EXAMPLE = "make site NAME=shop THEME=bulma DEST=../shop"

# The files of the template, other than Python files, that startproject renders.
RENDERED = ["Makefile", "README.md", "requirements.txt"]
DJANGO_HAS_CSP = django.VERSION >= (6, 0)
# docs.djangoproject.com, FAQ: "What Python version can I use with Django?"
OLDEST_PYTHON = (3, 12) if DJANGO_HAS_CSP else (3, 11)
# The names of versions in the template, each with its package.
PACKAGES = {
    "django": "Django",
    "allauth": "django-allauth",
    "dj_database_url": "dj-database-url",
    "user_sessions": "django-user-sessions",
    **({} if DJANGO_HAS_CSP else {"csp": "django-csp"}),
}


def theme_names() -> list[str]:
    """Return the names of the themes in this repository."""
    return sorted(path.parent.name for path in THEMES.glob("*/apps.py"))


def check_name(name: str) -> None:
    """Raise CommandError if a name can't be the name of the site's package."""
    if not name:
        raise CommandError(f"Give the site a name: {EXAMPLE}")
    if not name.isidentifier() or iskeyword(name):
        raise CommandError(
            f"NAME is {name!r}, which is not a valid name of a Python module. "
            "Use letters, digits and underscores, e.g. NAME=my_shop."
        )
    if is_taken(name):
        raise CommandError(
            f"NAME is {name!r}, but a module or an app already has this name. "
            f"Use another, e.g. NAME=my_{name}."
        )


def is_taken(name: str) -> bool:
    """Return whether a name is that of a module, an app label, or a file next to the package."""
    labels = {config.label for config in apps.get_app_configs()}
    return name in labels | {"manage", "wheels"} or find_spec(name) is not None


def check_theme(theme: str) -> None:
    """Raise CommandError if there is no theme of this name."""
    if theme not in theme_names():
        raise CommandError(
            f"THEME is {theme!r}, but there is no such theme. Use one of: {', '.join(theme_names())}."
        )


def check_folder(folder: Path) -> None:
    """Raise CommandError if the path is a file or a folder that isn't empty."""
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists():
        what = "a folder that isn't empty" if folder.is_dir() else "a file"
        raise CommandError(
            f"DEST is {str(folder)!r}, which is {what}. Use a folder that doesn't exist yet."
        )


def write_site(name: str, theme: str, folder: Path) -> None:
    """Write the project without its wheel and its virtual environment. Doesn't check its arguments."""
    folder.mkdir(parents=True, exist_ok=True)
    StartProject().handle(
        name=name,
        directory=str(folder),
        template=str(TEMPLATE),
        extensions=["py"],
        files=RENDERED,
        verbosity=0,
        theme=theme,
        other_themes=", ".join(f"`{other}`" for other in theme_names() if other != theme),
        versions={key: version(package) for key, package in PACKAGES.items()},
        python=".".join(map(str, OLDEST_PYTHON)),
        python_parts=", ".join(map(str, OLDEST_PYTHON)),
        has_mailers=django.VERSION >= (6, 1),
    )
    shutil.copyfile(REPOSITORY / "demo_site" / "database.py", folder / name / "database.py")
    copy_replaced_pages(theme, folder / name / "templates")


def copy_replaced_pages(theme: str, folder: Path) -> None:
    """Copy the pages that replace those of allauth that violate the CSP, unless the theme has them.

    The themes `allauth` and `admin` have only session pages. Each copied page is one line.
    """
    source = THEMES / "default" / "templates"
    for path in [*source.glob("account/**/*.html"), *source.glob("mfa/**/*.html")]:
        page = path.relative_to(source)
        if not (THEMES / theme / "templates" / page).exists():
            (folder / page).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / page)


def add_wheel(folder: Path) -> None:
    """Build this repository's wheel into a folder. Raises CommandError with the build's output.

    Build it from the source archive, as `make build` does, to exclude files of an older build.
    """
    with tempfile.TemporaryDirectory() as output:
        built = subprocess.run(  # noqa: S603 (a fixed command)
            [sys.executable, "-m", "build", "--no-isolation", "--outdir", output, str(REPOSITORY)],
            capture_output=True,
            text=True,
            check=False,
        )
        if built.returncode != 0:
            raise CommandError(f"The wheel could not be built.\n{built.stdout}{built.stderr}")
        folder.mkdir()
        for wheel in Path(output).glob("*.whl"):
            shutil.copy(wheel, folder)


def add_environment(folder: Path) -> None:
    """Create an empty virtual environment with this Python: PATH may have none that is new enough."""
    venv.create(folder, with_pip=True)
