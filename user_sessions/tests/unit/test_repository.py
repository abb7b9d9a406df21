"""Facts that are in more than one file of the repository are the same in each."""

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
NAME = PYPROJECT["project"]["name"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TOP_LEVEL = {"user_sessions", "demo_site", "themes", "e2e", "docs", "pyproject.toml", "Makefile"}
BESIDE = {"README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"}


def tracked():
    """Return the paths that git tracks or would; in an unpacked source archive, those that it lists."""
    if not (ROOT / ".git").exists():  # pragma: no cover  # .ci/sdist-test runs this, unmeasured
        [listing] = ROOT.glob("*.egg-info/SOURCES.txt")
        paths = listing.read_text(encoding="utf-8").splitlines()
        return [path for path in paths if ".egg-info/" not in path]
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


def versions_in_matrix(name):
    """Return what the workflow's matrix names, as "3.11" or "52"."""
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    [row] = re.findall(rf"^ +{name}: \[(.+)\]$", workflow, re.MULTILINE)
    return set(re.findall(r'"(.+?)"', row))


def test_the_workflow_runs_every_python_and_django():
    # It tries 3.14, and fails for none of its tests until a classifier names it.
    assert versions_in_matrix("python") - {"3.14"} == classifiers("Programming Language :: Python")
    assert versions_in_matrix("django") == {
        version.replace(".", "") for version in classifiers("Framework :: Django")
    }


def test_the_workflow_runs_every_section():
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    sections = set(re.findall(r"^section ([a-z0-9-]+) ", script, re.MULTILINE))
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    [matrix] = re.findall(r"^ +sections: \[(.+)\]$", workflow, re.MULTILINE)
    named = [*re.findall(r"run: \.ci/run ([a-z -]+)$", workflow, re.MULTILINE), matrix]
    assert len(sections) > 10
    assert set(re.findall(r"[a-z0-9-]+", " ".join(named))) == sections


@pytest.mark.parametrize("file", ["README.md", "CHANGELOG.md", "docs/installation.md"])
def test_the_djangos_are_the_same_everywhere(file):
    text = (ROOT / file).read_text("utf-8")
    named = re.findall(r"Django (\d\.\d(?:, \d\.\d)+ (?:and|or) \d\.\d)", text)
    assert named
    for versions in named:
        assert set(re.findall(r"\d\.\d", versions)) == classifiers("Framework :: Django")


def test_the_top_level_has_only_the_expected_files():
    names = {path.split("/")[0] for path in tracked()}
    unexpected = names - TOP_LEVEL - BESIDE - {lock.name for lock in LOCKS}
    assert {name for name in unexpected if not name.startswith(".")} == set()
    assert names >= TOP_LEVEL | BESIDE


def test_the_wheel_has_every_package_except_the_tests():
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


def pinned_actions():
    """Return each use of an action in the workflows: the file, the action, the commit and the version."""
    pattern = re.compile(r"uses: ([\w/.-]+)@(\S+)(?: # (v\S+))?$", re.MULTILINE)
    return [
        (path.name, *found) for path in WORKFLOWS for found in pattern.findall(path.read_text())
    ]


def test_workflow_actions_are_pinned_by_hash():
    uses = pinned_actions()
    assert {name for name, *_ in uses} == {path.name for path in WORKFLOWS}
    assert sum(path.read_text().count("uses:") for path in WORKFLOWS) == len(uses)
    assert [
        use
        for use in uses
        if not (re.fullmatch(r"[0-9a-f]{40}", use[2]) and use[3].count(".") == 2)
    ] == []


def test_workflows_pin_an_action_in_one_version():
    uses = {(action, commit, version) for _, action, commit, version in pinned_actions()}
    assert len({action for action, *_ in uses}) == len(uses)


@pytest.mark.parametrize("file", [".readthedocs.yaml", ".github/workflows/release.yml"])
def test_docs_and_releases_are_built_with_a_supported_python(file):
    named = re.findall(r'python(?:-version)?: "(.+)"', (ROOT / file).read_text("utf-8"))
    assert len(named) == 1
    assert set(named) <= classifiers("Programming Language :: Python")


def test_pre_commit_hooks_are_commands_of_make_lint():
    text = (ROOT / "Makefile").read_text("utf-8")
    lint = text.replace("$(python)", "$(VENV)/bin/python").replace("$(VENV)", ".venv")
    hooks = re.findall(
        r"entry: (.+)$", (ROOT / ".pre-commit-config.yaml").read_text(), re.MULTILINE
    )
    *quick, whole = hooks
    assert whole == "make --silent lint"
    assert len(quick) > 3
    assert [hook for hook in quick if f"\t@{hook}" not in lint] == []


def test_dependabot_watches_every_lock():
    text = (ROOT / ".github" / "dependabot.yml").read_text("utf-8")
    watched = dict(re.findall(r"package-ecosystem: (\S+)\n +directory: (\S+)", text))
    assert watched == {"github-actions": "/", "npm": "/themes", "pip": "/"}
    assert (ROOT / "themes" / "package-lock.json").exists()
    assert {lock.parent for lock in LOCKS} == {ROOT}


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        ("README.md", r"^# (.+)"),
        ("docs/index.md", r"^# (.+)"),
        ("LICENSE", r"^Copyright \(c\) (\S+) contributors"),
        ("pyproject.toml", r'^authors = .*"(\S+) contributors"'),
        (".ci/messages", r'^"Project-Id-Version: (\S+?)\\'),
        ("demo_site/new_site.py", r'^    "user_sessions": "(.+)"'),
        ("demo_site/site_template/requirements.txt", r"^([a-z-]+)=={{ versions.user_sessions }}"),
    ],
)
def test_the_distribution_has_the_name_of_pyproject(file, pattern):
    named = re.findall(pattern, (ROOT / file).read_text("utf-8"), re.MULTILINE)
    assert set(named) == {NAME}


def test_no_other_name_of_the_distribution_is_left():
    """The predecessor is named with a version, or with the address of its repository."""
    mention = re.compile(r"(?<!jazzband/)\bdjango[-_]user[-_]sessions\b(?!\s[12]\.|==2|\]\(https)")
    found = {
        (path, name.replace("_", "-"))
        for path in tracked()
        if (ROOT / path).is_file() and Path(path) != Path(__file__).relative_to(ROOT)
        for name in mention.findall((ROOT / path).read_text("utf-8", errors="ignore"))
    }
    assert {path for path, name in found if name != NAME} == set()


def test_service_images_have_an_exact_version():
    images = [
        image
        for path in WORKFLOWS
        for image in re.findall(r"image: (\S+)", path.read_text("utf-8"))
    ]
    assert images
    assert [image for image in images if not re.fullmatch(r"\w+:\d+\.\d+(\.\d+)?", image)] == []
