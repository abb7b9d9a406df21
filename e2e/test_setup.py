"""The choice of Chromium, and the errors if the tests can't start."""

from __future__ import annotations

import pytest

from e2e.chromium import SYSTEM_NAMES, NoChromium, launch_options
from e2e.server import running_server


@pytest.fixture
def system(tmp_path, monkeypatch):
    """Return a function that installs an empty program on an otherwise empty PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def install(name: str) -> str:
        program = folder / name
        program.touch(mode=0o755)
        return str(program)

    return install


def test_playwrights_own_browser_is_preferred(system, tmp_path):
    system("chromium")
    own = tmp_path / "chrome"
    own.touch()

    assert "executable_path" not in launch_options(own)


@pytest.mark.parametrize("name", SYSTEM_NAMES)
def test_system_browser_is_used_if_playwright_has_none(system, tmp_path, name):
    program = system(name)

    assert launch_options(tmp_path / "missing")["executable_path"] == program


@pytest.mark.usefixtures("system")
def test_missing_browser_raises_with_the_install_command(tmp_path):
    with pytest.raises(NoChromium, match="playwright install --with-deps chromium"):
        launch_options(tmp_path / "missing")


def test_server_that_ends_early_raises_with_its_log(tmp_path):
    with (
        pytest.raises(AssertionError, match=r"(?s)ended with status 1 .*DATABASE_URL is not"),
        running_server(tmp_path, DATABASE_URL="nonsense"),
    ):
        pass
