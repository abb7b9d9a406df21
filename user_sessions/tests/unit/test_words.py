"""The word list: it finds what a reader has to read twice, in prose only."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / ".ci" / "words"
NAMES = runpy.run_path(str(SCRIPT))
hits = NAMES["hits"]

BAD = {
    "Whoever reads the database can't sign in.": "Whoever",
    "Send there whoever isn't signed in.": "whoever",
    "Who saves one, or touches it, does so to its row.": "Who saves one,",
    "Who signs in gets a row.": "Who signs in gets a row.",
    "Whose transaction fails\nafter that, puts a marker there.": "Whose transaction fails after that,",
    "Where the cache fails, ask the database.": "Where the cache fails,",
    "The address, or None where unknown.": "None where",
    "Nothing, where the site has no table.": "Nothing, where",
    "Its e-mail field where it has one.": "where it has",
    "The default is used where that isn't set.": "where that isn't",
    "A list without a word where there is no other.": "where there is",
    "The user was removed, so it is none.": "it is none",
    "Return None for what is none.": "what is none",
    "Such a session is nobody's.": "nobody's",
    "This is no fault of anybody's.": "anybody's",
    "How to mend it.": "mend",
    "Mended by the next run.": "Mended",
    "Each would compile it anew.": "anew",
    "Text is compared sooner.": "sooner",
    "Empty the cache by\n  the way.": "by the way",
    "Rows that stand under the key.": "stand under",
    "Somebody took the session away from its user.": "took the session away from its user",
    "A session was taken from it in the database.": "taken from it in",
    "Come over from another package": "Come over",
    "Stand behind a proxy": "Stand behind a proxy",
    "It fails, be it by its COMMIT.": "be it by",
    "Set it to where people shall go.": "shall",
}
GOOD = [
    "The user who ends a session sees its row.",
    "Who ended this session? Ada did.",
    "Who is signed in: a list.",
    "Rows whose key is a digest.",
    "Where is the session stored?",
    "People see where they are signed in, and where they have been.",
    "Open the page Where you're signed in, and sign in.",
    "GEOIP_PATH names a folder, where there is no database.",
    "A value that is None is left out.",
    "None of these pages needs a script.",
    "Amend the commit, and recommend it.",
    "Run it behind a proxy, by the usual way.",
    "Return the row, raise an error, or tell the user.",
    "The value is taken from the header.",
]


def words_in(path, source):
    return [words for _line, words, _instead in hits(path, source)]


@pytest.mark.parametrize("sentence", BAD)
def test_a_bad_pattern_is_found(sentence):
    assert words_in("page.md", f"# Title\n\n{sentence}\n") == [BAD[sentence]]


@pytest.mark.parametrize("sentence", GOOD)
def test_a_good_sentence_is_left_alone(sentence):
    assert words_in("page.md", f"# Title\n\n{sentence}\n") == []


def test_a_docstring_begins_with_no_verb_of_speech():
    source = (
        'def f():\n    """Tell whether it ended."""\n\ndef g():\n    """Return if it ended."""\n'
    )
    assert [(line, words) for line, words, _ in hits("a.py", source)] == [(2, "Tell")]


def test_python_is_read_for_docstrings_comments_and_texts():
    source = '''\
"""A module.

It is compared sooner.
"""
anew = mend(whoever)["shall"]  # by
# Rows stand
# under the key.
raise Error("Say where it shall be.")
print(f"Tell {anew} by the way.")
'''
    assert [(line, words) for line, words, _ in hits("a.py", source)] == [
        (3, "sooner"),
        (6, "stand under"),
        (8, "shall"),
        (9, "by the way"),
    ]


@pytest.mark.parametrize("name", ["tool", "tool.py"])
def test_a_script_without_a_suffix_is_read_as_python_too(name):
    assert words_in(f".ci/{name}", "#!/usr/bin/env python3\nanew = 1  # sooner\n") == ["sooner"]


def test_code_in_markdown_is_left_alone():
    page = "1. List:\n\n   ```python\n   anew = 1  # anew\n   ```\n\n   Use `mend()`.\n\nIt ends sooner.\n"
    assert [(line, words) for line, words, _ in hits("page.md", page)] == [(9, "sooner")]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("a.html", "{# Whoever\n   asks #}\n<p>Title</p>"),
        ("Makefile", "\n# Whoever asks\nall:\n"),
        (".ci/run", "#!/usr/bin/env bash\necho 1 # for whoever asks"),
    ],
)
def test_other_files_are_read_whole(path, source):
    assert [words.lower() for words in words_in(path, source)] == ["whoever"]


def test_the_section_on_the_cache_protocol_is_skipped():
    page = "# Cache\n\n## What is promised\n\nWhoever.\n\n## Users\n\nWhoever.\n"
    found = hits("docs/how-to/cache.md", page)
    assert [(line, words) for line, words, _ in found] == [(9, "Whoever")]


def run(*arguments):
    return subprocess.run(  # noqa: S603  # our own words
        [sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False
    )


def test_the_command_shows_each_hit_and_fails(tmp_path):
    page, code, image = tmp_path / "page.md", tmp_path / "sub" / "a.py", tmp_path / "a.svg"
    code.parent.mkdir()
    page.write_text("Good.\n\nIt is made\nanew.\n")
    code.write_text("# It is done sooner.\n")
    image.write_text("anew")
    done = run(tmp_path)
    assert done.stdout.splitlines() == [
        f'{page}:4: "anew": use "again" or "from scratch" instead',
        f'{code}:1: "sooner": use "first", "earlier" or "faster" instead',
    ]
    assert done.returncode == 1


def test_the_command_is_silent_about_good_prose(tmp_path):
    (tmp_path / "page.md").write_text("Return the row.\n")
    done = run(tmp_path / "page.md")
    assert (done.stdout, done.returncode) == ("", 0)


def test_the_command_prints_a_help():
    assert run("--help").stdout.startswith("Find words in the repository's prose")


def test_without_arguments_all_prose_that_git_knows_is_read():
    read = {str(path.relative_to(ROOT)) for path in NAMES["files"]([])}
    assert {"README.md", "Makefile", ".ci/run", "docs/index.md", "demo_site/tour.py"} <= read
    assert {path for path in read if "/locale/" in path or "/goldens/" in path} == set()
