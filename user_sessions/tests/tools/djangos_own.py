"""Run Django's own tests of its database session engine and session middleware on ours.

``python -m user_sessions.tests.tools.djangos_own`` fetches the source of the installed Django by pip, puts
our engine, middleware and models in place of Django's in a copy of ``tests/sessions_tests``, and
runs it. One claim of Django's must fail, since we promise the opposite: that a row shows its key.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

import django
from django.test.runner import DiscoverRunner

OURS = {
    "django.contrib.sessions.backends.db": "user_sessions.backends.db",
    "django.contrib.sessions.middleware": "user_sessions.middleware",
    "django.contrib.sessions.models": "user_sessions.models",
    "django.contrib.sessions.base_session import AbstractBaseSession": (
        "user_sessions.models import AbstractSession as AbstractBaseSession"
    ),
}
CLASSES = (
    "DatabaseSessionTests",
    "DatabaseSessionWithTimeZoneTests",
    "CustomDatabaseSessionTests",
    "SessionMiddlewareTests",
)
EXPECTED_TO_FAIL = "test_session_str"


class Runner(DiscoverRunner):
    """Keeps the test result, of which Django's own runner returns only a number."""

    result: unittest.TestResult

    def suite_result(self, suite, result, **kwargs):
        self.result = result
        return super().suite_result(suite, result, **kwargs)


def fetch(folder: Path) -> Path:
    """Return the unpacked source of the Django that is installed."""
    release = f"django=={django.get_version()}"
    command = ["pip", "download", "--quiet", "--no-deps", "--no-binary", "django", release]
    subprocess.run([sys.executable, "-m", *command, "--dest", folder], check=True)  # noqa: S603  # our own words
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return next(path for path in folder.iterdir() if path.is_dir())


def transplant(source: Path, folder: Path) -> None:
    """Copy Django's test app to a folder, with our modules in place of those that it tests."""
    target = folder / "sessions_tests"
    target.mkdir()
    for path in (source / "tests" / "sessions_tests").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        for theirs, ours in OURS.items():
            text = text.replace(theirs, ours)
        (target / path.name).write_text(text, encoding="utf-8")


def run() -> unittest.TestResult:
    os.environ["DJANGO_SETTINGS_MODULE"] = "user_sessions.tests.settings.djangos_own"
    django.setup()
    runner = Runner(verbosity=1, interactive=False)
    runner.run_tests([f"sessions_tests.tests.{name}" for name in CLASSES])
    return runner.result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--source", type=Path, help="a folder with Django's source, if you have one"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        transplant(arguments.source or fetch(folder), folder)
        sys.path.insert(0, name)
        result = run()
    failed = {test.id() for test, _trace in (*result.failures, *result.errors)}
    wanted = {f"sessions_tests.tests.{name}.{EXPECTED_TO_FAIL}" for name in CLASSES[:3]}
    wrong = failed ^ wanted
    passed = result.testsRun - len(failed)
    sys.stdout.write(
        f"Django {django.get_version()}: {passed} claims hold, and {len(failed & wanted)} must not: "
        "a row never shows its key.\n"
        f"{result.testsRun - len(wrong)} passed, {len(wrong)} failed\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
