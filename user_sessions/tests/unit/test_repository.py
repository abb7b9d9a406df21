"""Facts that stand in more than one file of the repository say the same in each."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = sorted(ROOT.glob("requirements-*.txt"))
TOP_LEVEL = {"user_sessions", "demo_site", "themes", "e2e", "docs", "pyproject.toml", "Makefile"}
BESIDE = {"README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"}


def tracked():
    """Return the paths that git knows of, or would."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603  # our own words
    return found.stdout.splitlines()


def classifiers(prefix):
    """Return the versions that the classifiers name after a prefix."""
    pattern = re.compile(re.escape(prefix) + r" :: (\d+\.\d+)")
    return {m[1] for c in PYPROJECT["project"]["classifiers"] if (m := pattern.fullmatch(c))}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_has_hashes_and_no_addresses(lock):
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    packages = re.findall(r"^[a-z0-9][^\s=]*==.*$", text, re.MULTILINE)
    assert packages
    assert all(line.endswith("\\") for line in packages)


def test_frameworks_are_locked_without_addresses():
    package = json.loads((ROOT / "themes/package.json").read_text(encoding="utf-8"))
    lock = json.loads((ROOT / "themes/package-lock.json").read_text(encoding="utf-8"))
    asked = package["dependencies"] | package["devDependencies"]
    locked = lock["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in asked} == asked
    assert [name for name, facts in locked.items() if "resolved" in facts] == []


def test_there_is_a_lock_for_each_django():
    wanted = {
        f"requirements-django{version.replace('.', '')}.txt"
        for version in classifiers("Framework :: Django")
    }
    assert {lock.name for lock in LOCKS} == wanted | {"requirements-mysql.txt"}


def test_the_pythons_are_the_same_everywhere():
    pythons = classifiers("Programming Language :: Python")
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"^ +(3\.\d+)$", workflow, re.MULTILINE)) == pythons
    script = (ROOT / ".ci/pythons").read_text(encoding="utf-8")
    assert set(re.findall(r"python(3\.\d+)", script)) == pythons


def test_the_top_level_is_what_people_expect():
    names = {path.split("/")[0] for path in tracked()}
    unexpected = names - TOP_LEVEL - BESIDE - {lock.name for lock in LOCKS}
    assert {name for name in unexpected if not name.startswith(".")} == set()
    assert names >= TOP_LEVEL | BESIDE


def test_every_package_but_the_tests_goes_into_the_wheel():
    folders = {Path(path).parent for path in tracked() if path.endswith("/__init__.py")}
    ours = {
        ".".join(folder.parts)
        for folder in folders
        if folder.parts[0] in {"user_sessions", "themes"}
    }
    wanted = {name.replace("themes", "user_sessions_themes", 1) if name.startswith("themes") else name
              for name in ours if not name.startswith("user_sessions.tests")}  # fmt: skip
    assert set(PYPROJECT["tool"]["setuptools"]["packages"]) == wanted


def test_make_help_lists_every_target():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = set(re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)[0].split())
    described = set(re.findall(r"^([a-z0-9-]+):.*## ", text, re.MULTILINE))
    assert phony - described == {"journeys"}


def test_workflow_actions_are_pinned_by_hash():
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    uses = re.findall(r"uses: (\S+)", workflow)
    assert uses
    assert all(re.fullmatch(r"[\w/.-]+@[0-9a-f]{40}", action) for action in uses)
