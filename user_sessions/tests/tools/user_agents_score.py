"""Count how many user agents of the table this app and its peers name as a person would.

``python -m user_sessions.tests.tools.user_agents_score`` compares this app with the parser it uses, and,
with ``--peer FOLDER``, with django-user-sessions 2.0 unpacked there. How a version of Windows or
macOS is written makes no difference; the rest of the name does.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys

import django
import user_agents
from django.conf import settings

from user_sessions.device import device_name
from user_sessions.tests.support.user_agents import table_rows

# The peer's package has the same name as ours, so it is imported in a process of its own. It asks
# pkg_resources for its version, which newer releases of setuptools don't have.
PEER = """
import json, sys
from types import SimpleNamespace
sys.modules["pkg_resources"] = SimpleNamespace(
    DistributionNotFound=LookupError, get_distribution=lambda name: SimpleNamespace(version="2.0")
)
import django
from django.conf import settings
settings.configure(USE_I18N=False)
django.setup()
from user_sessions.templatetags.user_sessions import device
names = [device(user_agent) for user_agent in json.load(sys.stdin)]
json.dump([name and str(name) for name in names], sys.stdout)
"""
SAME = (
    (re.compile(r"\bWindows (?:10|10/11|11|8\.1|8|7|Vista|XP)$"), "Windows"),
    (re.compile(r"\b(?:Mac OS X|OS X|macOS)(?: [\w ]+)?$"), "macOS"),
)


def parser_name(user_agent: str) -> str:
    parsed = user_agents.parse(user_agent)
    names = (parsed.browser.family, parsed.os.family)
    return " on ".join(name for name in names if name != "Other")


def peer_names(folder: str, agents: list[str]) -> list[str | None]:
    command = [sys.executable, "-c", PEER]
    peer = subprocess.run(  # noqa: S603  # the words above
        command, input=json.dumps(agents), check=True, cwd=folder, stdout=subprocess.PIPE, text=True
    )
    names: list[str | None] = json.loads(peer.stdout)
    return names


def plain(name: str | None) -> str:
    name = name or ""
    for pattern, same in SAME:
        name = pattern.sub(same, name)
    return name


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--peer", metavar="FOLDER")
    options = arguments.parse_args()
    settings.configure(USE_I18N=False)
    django.setup()
    rows = table_rows()
    agents = [row["user_agent"] for row in rows]
    names: dict[str, list[str | None]] = {
        "this app": [device_name(agent) for agent in agents],
        "user-agents alone": [parser_name(agent) for agent in agents],
    }
    if options.peer:
        names["django-user-sessions 2.0"] = peer_names(options.peer, agents)
    expected = [plain(row["device_name"]) for row in rows]
    for who, given in names.items():
        right = sum(plain(name) == each for name, each in zip(given, expected, strict=True))
        sys.stdout.write(f"{who}: {right} of {len(expected)} ({right / len(expected):.0%})\n")


if __name__ == "__main__":
    main()
