"""What a release needs: README's links on the package index, a complete archive, and no decision left open."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
REPOSITORY = "https://code.example/someone/project"
RELATIVE = r'(?:\]\(|(?:href|src|srcset)=")(?!https://)'
# A project that can be released as 3.0.0.
READY = {
    "pyproject.toml": f"""
[project]
name = "sessions"
classifiers = ["Topic :: Security"]

[project.urls]
Repository = "{REPOSITORY}"
""",
    "user_sessions/__init__.py": '__version__ = "3.0.0"\n',
    "CHANGELOG.md": "# Changelog\n\n## 3.0.0 (2026-12-01)\n",
}
UNDECIDED = '[project]\nname = "sessions"\nclassifiers = ["Private :: Do Not Upload"]\n'


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The folder of a project that can be released; the current folder."""
    for name, text in READY.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    shutil.copyfile(ROOT / "README.md", tmp_path / "README.md")
    monkeypatch.chdir(tmp_path)
    return tmp_path


class TestReadme:
    """README on the package index, as the build backend writes it."""

    @pytest.fixture
    def built(self, project):
        def built():
            runpy.run_path(str(ROOT / ".ci" / "build_backend.py"))
            return (project / "build" / "README.md").read_text("utf-8")

        return built

    def test_readme_is_unchanged_without_an_address(self, project, built):
        (project / "pyproject.toml").write_text(UNDECIDED)
        assert built() == (ROOT / "README.md").read_text("utf-8")

    def test_readme_has_no_relative_link_with_an_address(self, project, built):
        assert re.search(RELATIVE, (project / "README.md").read_text("utf-8"))
        assert re.search(RELATIVE, built()) is None

    @pytest.mark.parametrize(
        ("link", "absolute"),
        [
            ("[a](docs/a.md#b)", "[a]({}/blob/3.0.0/docs/a.md#b)"),
            ('<a href="docs/a.md">', '<a href="{}/blob/3.0.0/docs/a.md">'),
            ('<img src="docs/a.png">', '<img src="{}/raw/3.0.0/docs/a.png">'),
            ('<source srcset="docs/a.webp">', '<source srcset="{}/raw/3.0.0/docs/a.webp">'),
            ("[a](https://example.com/a)", "[a](https://example.com/a)"),
            ("[a](#part)", "[a](#part)"),
        ],
    )
    def test_a_link_leads_to_the_files_of_the_released_tag(self, project, built, link, absolute):
        (project / "README.md").write_text(link, "utf-8")
        assert built() == absolute.format(REPOSITORY)


class TestReleaseCheck:
    """`.ci/release-check TAG`, which the release workflow runs first."""

    @pytest.fixture
    def check(self, project):
        """Return what release-check prints and its exit status, in a project."""
        script = project / ".ci" / "release-check"
        script.parent.mkdir()
        shutil.copyfile(ROOT / ".ci" / "release-check", script)

        def check(*arguments):
            done = subprocess.run(  # noqa: S603  # our own words
                [sys.executable, str(script), *arguments],
                check=False,
                capture_output=True,
                text=True,
            )
            return done.returncode, done.stdout + done.stderr

        return check

    def test_a_project_that_is_ready_can_be_released(self, check):
        assert check("3.0.0") == (0, "3.0.0 can be released.\n")

    @pytest.mark.parametrize(
        ("file", "old", "new", "message"),
        [
            (
                "pyproject.toml",
                "Topic :: Security",
                "Private :: Do Not Upload",
                "The distribution's name isn't decided",
            ),
            ("pyproject.toml", "Repository", "Homepage", "The repository's address isn't set"),
            ("pyproject.toml", "https:", "http:", "not an https address"),
            ("user_sessions/__init__.py", "3.0.0", "3.0.0.dev1", "3.0.0.dev1 isn't a release"),
            ("user_sessions/__init__.py", "3.0.0", "3.0.1", "the tag is 3.0.0"),
            ("CHANGELOG.md", "3.0.0", "3.0.0rc1", "no heading for 3.0.0"),
            ("CHANGELOG.md", "3.0.0 (2026-12-01)", "Unreleased (3.0.0)", "no heading for 3.0.0"),
        ],
        ids=["name", "address", "http", "development", "tag", "candidate", "unreleased"],
    )
    def test_each_missing_part_prevents_the_release(self, project, check, file, old, new, message):
        (project / file).write_text(READY[file].replace(old, new), "utf-8")
        status, printed = check("3.0.0")
        assert status == 1
        assert message in printed

    def test_all_missing_parts_are_listed_together(self, project, check):
        (project / "pyproject.toml").write_text(UNDECIDED, "utf-8")
        (project / "user_sessions" / "__init__.py").write_text('__version__ = "3.0.0.dev0"\n')
        status, printed = check("3.0.0")
        assert status == 1
        for message in ("Private :: Do Not Upload", "Repository = ", "__version__", "CHANGELOG.md"):
            assert message in printed

    def test_the_help_describes_the_argument(self, check):
        status, printed = check("--help")
        assert status == 0
        assert "TAG" in printed
