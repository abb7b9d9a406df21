"""What is said where the tests can't start."""

from __future__ import annotations

import pytest

from e2e.chromium import SYSTEM_NAMES, NoChromium, launch_options
from e2e.server import running_server


@pytest.fixture
def system(tmp_path, monkeypatch):
    """Return a function that puts an empty program on an otherwise empty PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def install(name: str) -> str:
        program = folder / name
        program.touch(mode=0o755)
        return str(program)

    return install


def test_playwrights_own_browser_comes_first(system, tmp_path):
    system("chromium")
    own = tmp_path / "chrome"
    own.touch()

    assert "executable_path" not in launch_options(own)


@pytest.mark.parametrize("name", SYSTEM_NAMES)
def test_the_systems_browser_stands_in(system, tmp_path, name):
    program = system(name)

    assert launch_options(tmp_path / "missing")["executable_path"] == program


@pytest.mark.usefixtures("system")
def test_without_a_browser_it_is_said_what_to_do(tmp_path):
    with pytest.raises(NoChromium, match="playwright install --with-deps chromium"):
        launch_options(tmp_path / "missing")


def test_a_server_that_ends_early_shows_its_log(tmp_path):
    with (
        pytest.raises(AssertionError, match=r"(?s)ended with status 1 .*DATABASE_URL is not"),
        running_server(tmp_path, DATABASE_URL="nonsense"),
    ):
        pass
