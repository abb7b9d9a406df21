"""The client of `e2e.site_process`: test data, and the translated texts of the site."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from e2e.server import REPOSITORY, Server, stop, tail


@dataclass
class SiteData:
    """Creates test data. Each method calls the function of the same name in `e2e.site_process`."""

    process: subprocess.Popen[str]
    log: Path
    translations: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def reseed(self, username: str) -> int:
        return int(self._call("reseed", username))

    def sign_in(self, username: str, browser: str, place: str) -> dict[str, str]:
        return dict(self._call("sign_in", username, browser, place))

    def activate_second_factor(self, username: str) -> None:
        self._call("activate_second_factor", username)

    def user_agents(self) -> dict[str, str]:
        return dict(self._call("user_agents"))

    def translate(self, *key: Any) -> str:
        """Return a translation, and keep it: texts don't change while the site runs."""
        if key not in self.translations:
            self.translations[key] = str(self._call("translate", *key))
        return self.translations[key]

    def _call(self, name: str, *arguments: Any) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps([name, *arguments]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"The process e2e.site_process ended at {name}{arguments}:\n{tail(self.log)}"
        return json.loads(answer)


@contextmanager
def open_site_data(server: Server) -> Iterator[SiteData]:
    """Start `e2e.site_process` with the settings and the database of the server."""
    path = server.log.with_name("site_process.log")
    with (
        path.open("w", encoding="utf-8") as log,
        subprocess.Popen(
            [sys.executable, "-m", "e2e.site_process"],
            cwd=REPOSITORY,
            env=server.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            encoding="utf-8",
        ) as process,
    ):
        try:
            yield SiteData(process, path)
        finally:
            stop(process)


@dataclass(frozen=True)
class Words:
    """The texts of the site in one language, by the English text in the template."""

    site_data: SiteData
    language: str

    def __call__(self, text: str, **values: object) -> str:
        translated = self.site_data.translate(self.language, text)
        return translated % values if values else translated

    def counted(self, singular: str, plural: str, count: int) -> str:
        return self.site_data.translate(self.language, singular, plural, count) % {"count": count}

    def device(self, browser: str, platform: str) -> str:
        return self("%(browser)s on %(platform)s", browser=browser, platform=platform)
