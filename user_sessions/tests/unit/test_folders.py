"""Each folder of tests is named by settings that run it, and CONTRIBUTING.md lists it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from user_sessions.tests import settings as variants
from user_sessions.tests.support.documentation import ROOT, sections, table

TESTS = Path(__file__).parents[1]
# No settings name this folder: the Makefile has a target for each of its files.
TOOLS = "tools"
FOLDERS = {path.parent.name for path in TESTS.rglob("test_*.py")} - {TOOLS}


def test_each_folder_of_tests_is_named_by_settings():
    modules = [path.stem for path in Path(variants.__file__).parent.glob("[!_]*.py")]
    named = {
        folder
        for module in modules
        for folder in import_module(f"{variants.__name__}.{module}").TEST_FOLDERS
    }
    assert named == FOLDERS


def test_contributing_lists_each_folder():
    rows = table(sections((ROOT / "CONTRIBUTING.md").read_text("utf-8"))["Tests"])
    assert {folder.rstrip("/") for folder, _tests, _settings in rows} == FOLDERS


def test_each_module_of_tests_is_in_a_folder():
    assert [*TESTS.glob("test_*.py")] == []


@pytest.mark.parametrize("named", [True, False], ids=["named", "not named"])
def test_a_folder_is_collected_if_the_settings_name_it(request, settings, named):
    settings.TEST_FOLDERS = ["races"] if named else []
    ignored = request.config.hook.pytest_ignore_collect(
        collection_path=TESTS / "races", config=request.config
    )
    assert bool(ignored) is not named
