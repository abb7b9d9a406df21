"""How Sphinx builds this documentation: `make docs`.

What can be read from the code is not written down again: pages name it as {{ name }}, and it is put in
from SUBSTITUTIONS. The tests import this file too, so it needs nothing but the app.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from user_sessions import __version__
from user_sessions.conf import Setting, all_settings
from user_sessions.templatetags.user_sessions import register

_FIRST_SENTENCE = re.compile(r"^## (\w+)\n\n(.+?\.)\s", re.DOTALL | re.MULTILINE)
PYPROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))[
    "project"
]
# What pip installs. Until the distribution's name is decided it is the wheel that `make build` makes, since
# the package index has 2.0 under the present name. A test names each page that says otherwise.
REQUIREMENT = (
    f"path/to/{PYPROJECT['name'].replace('-', '_')}-{__version__}-py3-none-any.whl"
    if "Private :: Do Not Upload" in PYPROJECT["classifiers"]
    else PYPROJECT["name"]
)


def setting_facts(setting: Setting[Any]) -> str:
    """Return what a setting does, its type and its default, as Markdown."""
    (kind,) = get_args(setting.__orig_class__)  # type: ignore[attr-defined]  # typing sets it
    name = kind.__name__ if isinstance(kind, type) else str(kind)
    facts = {"Type": name, "Default": repr(setting.default)}
    lines = [f"{label}\n: `{_without_modules(value)}`" for label, value in facts.items()]
    return "\n\n".join([setting.summary, *lines])


def _without_modules(text: str) -> str:
    return text.replace("collections.abc.", "").replace("datetime.", "")


def filter_table(filters: dict[str, Callable[..., Any]]) -> str:
    """Return the filters with the first lines of their docstrings, as a Markdown table."""
    rows = [
        f"| `{name}` | {(look.__doc__ or '').partition(chr(10))[0]} |"
        for name, look in sorted(filters.items())
    ]
    return "\n".join(["| filter | what it does |", "|---|---|", *rows])


def check_table(folder: Path) -> str:
    """Return the checks, sorted by id, with the first sentences of their sections, as a Markdown table."""
    rows = [
        f"| [{check}]({page.parent.name}/{page.name}#{check.lower()}) | {' '.join(problem.split())} |"
        for page in folder.glob("*.md")
        for check, problem in _FIRST_SENTENCE.findall(page.read_text())
    ]
    return "\n".join(["| id | problem |", "|---|---|", *sorted(rows)])


def supported(classifier: str) -> str:
    """Return the versions that the classifiers of pyproject.toml name after a prefix, as a list of words."""
    versions = [
        version
        for prefix, _, version in (c.rpartition(" :: ") for c in PYPROJECT["classifiers"])
        if prefix == classifier and re.fullmatch(r"\d+\.\d+", version)
    ]
    return f"{', '.join(versions[:-1])} and {versions[-1]}"


SUBSTITUTIONS = {
    **{name: setting_facts(setting) for name, setting in all_settings().items()},
    "djangos": supported("Framework :: Django"),
    "pythons": supported("Programming Language :: Python"),
    "filters": filter_table(register.filters),
    "checks": check_table(Path(__file__).parent / "reference" / "checks"),
}

project = PYPROJECT["name"]
author = PYPROJECT["authors"][0]["name"]
release = __version__

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "substitution"]
myst_heading_anchors = 3
myst_substitutions = SUBSTITUTIONS
nitpicky = True

html_theme = "furo"
html_title = f"{project} {release}"
