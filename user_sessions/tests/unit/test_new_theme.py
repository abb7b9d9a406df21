"""`make theme`: in a copy of the repository, a theme begins as a copy of another."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from user_sessions.tests.support.themes import FOLDER, THEMES

ROOT = FOLDER.parent
NEEDED = (
    ".ci/leftover-themes",
    ".ci/new-theme",
    "Makefile",
    "pyproject.toml",
    "themes",
    "user_sessions",
)
LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules", "vendor")
# Some tests of each kind: on files, elements, pages of sessions and of allauth, golden files.
CONTRACT = "my_look or button or three or sign_in or approved"


def copy_of_the_repository(folder):
    for name in NEEDED:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=LEFT_OUT)
        else:
            shutil.copy(source, target)
    (folder / "user_sessions_themes").symlink_to("themes")
    return folder


def run(repository, *arguments):
    return command(repository, sys.executable, *arguments)


def command(repository, *arguments):
    # Coverage is measured of this repository and not of its copy. A sub-make prints more.
    ours = re.compile("COVERAGE|MAKE")
    environment = {name: text for name, text in os.environ.items() if not ours.search(name)}
    return subprocess.run(  # noqa: S603 (our own words)
        arguments,
        cwd=repository,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def make(repository, name, source):
    return run(repository, ".ci/new-theme", name, source)


class Made:
    """A theme that was made from another, in a copy of the repository."""

    def __init__(self, folder, source):
        self.repository = copy_of_the_repository(folder)
        self.source = source
        result = make(self.repository, "my_look", source)
        assert result.returncode == 0, result.stderr
        theme = self.repository / "themes" / "my_look"
        self.files = {
            str(path.relative_to(theme)): path.read_text("utf-8")
            for path in theme.rglob("*")
            if path.is_file()
        }


@pytest.fixture(scope="module", params=THEMES)
def made(request, tmp_path_factory):
    return Made(tmp_path_factory.mktemp("made"), request.param)


def packages(repository):
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))
    return project["tool"]["setuptools"]["packages"]


class TestCopy:
    def test_the_copy_has_the_files_of_its_source(self, made):
        """A copy that differs only in its name keeps the contract if its source does."""
        app = f"user_sessions_{made.source}"
        name = re.compile(rf"(?<=user_sessions_){made.source}\b|(?<={app}/){made.source}(?=\.css)")
        theme = FOLDER / made.source
        for path in theme.rglob("*"):
            inside = path.relative_to(theme)
            if path.is_file() and not {"__pycache__", "locale", "vendor"} & set(inside.parts):
                text = made.files[name.sub("my_look", str(inside))]
                assert inside.name == "apps.py" or text == name.sub("my_look", path.read_text())

    def test_the_copy_does_not_name_its_source(self, made):
        left = re.compile(rf"user_sessions_(themes\.)?{made.source}\b|themes/{made.source}/")
        assert [path for path, text in made.files.items() if left.search(path + text)] == []

    def test_the_app_is_named_after_the_theme(self, made):
        config = made.files["apps.py"]
        assert "class MyLookThemeConfig(AppConfig):" in config
        assert 'name = "user_sessions_themes.my_look"' in config
        assert 'label = "user_sessions_my_look"' in config

    def test_the_package_is_listed_in_alphabetical_order(self, made):
        added = [*packages(ROOT), "user_sessions_themes.my_look"]
        ours, themes = added[: -len(THEMES) - 1], added[-len(THEMES) - 1 :]
        assert packages(made.repository) == ours + sorted(themes)

    def test_the_contract_lists_the_theme_like_its_source(self, made):
        readme = (made.repository / "themes" / "README.md").read_text("utf-8")
        section = readme.partition("## The themes")[2].partition("\n## ")[0]
        rows = dict(re.findall(r"^\| `(\w+)` (\|.*)\n", section, re.MULTILINE))
        of_source = rows[made.source].replace("those of `user_sessions` itself", "yes")
        assert rows["my_look"] == of_source

    def test_the_stylesheets_are_built_like_those_of_the_source(self, made):
        of_source, own = (block_of(made.repository, name) for name in (made.source, "my_look"))
        assert own == of_source.replace(f'"{made.source}"', '"my_look"')
        has_vendor_files = made.source not in {"admin", "allauth", "default"}
        assert ('"my_look"' in own) == has_vendor_files

    def test_the_theme_has_approved_pages(self, made):
        goldens = made.repository / "user_sessions" / "tests" / "goldens"
        assert names_in(goldens / "my_look") == names_in(goldens / made.source) != []


def block_of(repository, theme):
    """Return the code of assets.mjs that builds a theme's files."""
    assets = (repository / "themes" / "assets.mjs").read_text("utf-8")
    found = re.search(rf"^  {theme}\(\) {{\n(.*?)^  }},\n", assets, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_new_theme_keeps_the_contract(tmp_path):
    """The source is `default`, which leaves pages to the app; a theme with another name needs its own."""
    repository = Made(tmp_path, "default").repository
    for theme in set(THEMES) - {"default"}:
        shutil.rmtree(repository / "themes" / theme)
    result = run(
        *(repository, "-m", "pytest", "user_sessions/tests/themes/test_themes.py", "-k", CONTRACT),
        *("-n0", "-p", "no:cacheprovider", "--ds=user_sessions.tests.settings.themes", "--verbose"),
    )
    assert result.returncode == 0, result.stdout
    assert result.stdout.count("[my_look] PASSED") > 1


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    return copy_of_the_repository(tmp_path_factory.mktemp("unchanged"))


class TestBadInput:
    @pytest.fixture
    def refused(self, repository):
        """Return the message about bad input, which leaves the repository unchanged."""

        def refused(name, source):
            before = snapshot(repository)
            result = make(repository, name, source)
            assert result.returncode == 1
            assert result.stdout == ""
            assert "Traceback" not in result.stderr
            assert snapshot(repository) == before
            return result.stderr

        return refused

    def test_a_missing_name_is_refused(self, refused):
        assert "make theme NAME=mine" in refused("", "default")

    @pytest.mark.parametrize("name", ["my-look", "1st", "class", "../mine", "a b"])
    def test_a_name_that_is_not_an_identifier_is_refused(self, refused, name):
        assert f"NAME is {name!r}, which can't be" in refused(name, "default")

    @pytest.mark.parametrize("name", ["bulma", "default"])
    def test_the_name_of_an_existing_theme_is_refused(self, refused, name):
        assert f"themes/{name} is there already" in refused(name, "default")

    @pytest.mark.parametrize("source", ["", "nice", "..", "node_modules"])
    def test_an_unknown_source_is_refused(self, refused, source):
        sentence = refused("mine", source)
        assert f"FROM is {source!r}" in sentence
        assert all(name in sentence for name in THEMES)


class TestDiscarded:
    """git removes a discarded theme's own files, and leaves the files that it ignores."""

    @pytest.fixture
    def repository(self, tmp_path):
        repository = copy_of_the_repository(tmp_path)
        make(repository, "my_look", "pico")
        for path in (repository / "themes" / "my_look").rglob("*"):
            if path.is_file():
                path.unlink()
        (repository / "themes" / "my_look" / "__pycache__").mkdir()
        return repository

    def restore(self, repository):
        """Undo the changes to files that git tracks."""
        for name in ("pyproject.toml", "themes/README.md", "themes/assets.mjs"):
            shutil.copy(ROOT / name, repository / name)

    @pytest.mark.parametrize("target", ["assets", "theme"])
    def test_make_shows_what_to_remove(self, repository, target):
        self.restore(repository)
        result = command(repository, "make", target)
        assert result.returncode == 2
        assert result.stdout == ""
        first, *rest = result.stderr.splitlines()
        assert first == (
            "themes/my_look has no apps.py, so it is no theme. "
            "If git discarded the theme, remove the rest: rm -r themes/my_look"
        )
        assert [line for line in rest if not line.startswith("make: ***")] == []

    def test_the_message_names_the_changed_files(self, repository):
        changed = {
            name
            for name in re.findall(r"\S+\.\w+", command(repository, ".ci/leftover-themes").stderr)
            if (ROOT / name).is_file()
        }
        self.restore(repository)
        unchanged = command(repository, ".ci/leftover-themes").stderr
        assert changed == {"pyproject.toml", "themes/README.md", "themes/assets.mjs"}
        assert "git checkout" not in unchanged

    def test_nothing_is_reported_without_the_folder(self, repository):
        shutil.rmtree(repository / "themes" / "my_look")
        result = command(repository, ".ci/leftover-themes")
        assert (result.returncode, result.stderr) == (0, "")


def snapshot(folder: Path):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
