"""setuptools' build backend, with absolute links in the README that the package index shows.

The README of the repository has relative links. The index would resolve them against its own address.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from setuptools.build_meta import *  # noqa: F403  # the hooks of PEP 517 and PEP 660, unchanged

# pyproject.toml names it under [tool.setuptools.dynamic].
BUILT_README = Path("build/README.md")
_LINK = re.compile(r"""(\]\(|\b(?:href|src|srcset)=")(?![a-z]+:|#)([^)"]+)""")
_IMAGES = (".png", ".svg", ".webp")


def with_absolute_links(text: str, repository: str, tag: str) -> str:
    """Return a Markdown text whose relative links lead to the files of a tag in a repository."""

    def absolute(link: re.Match[str]) -> str:
        kind = "raw" if link[2].endswith(_IMAGES) else "blob"
        return f"{link[1]}{repository.rstrip('/')}/{kind}/{tag}/{link[2]}"

    return _LINK.sub(absolute, text)


def write_readme() -> None:
    """Write BUILT_README; without a repository's address its links stay relative."""
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    text = Path("README.md").read_text("utf-8")
    repository = project.get("urls", {}).get("Repository")
    if repository:
        package = Path("user_sessions/__init__.py").read_text("utf-8")
        [version] = re.findall(r'^__version__ = "(.+)"', package, re.MULTILINE)
        text = with_absolute_links(text, repository, tag=version)
    BUILT_README.parent.mkdir(exist_ok=True)
    BUILT_README.write_text(text, "utf-8")


# At import: each front end imports this in the project's root, and each hook reads the metadata.
write_readme()
