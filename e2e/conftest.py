"""The running demo, the browsers that visit it, and what fails every test."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import APIRequestContext, BrowserType, Playwright, expect

from e2e.chromium import NoChromium, launch_options
from e2e.server import Server, running_server, tail
from e2e.stage import Stage, Words, open_stage
from e2e.visitor import DESKTOP, Variant, Visitor, sign_in
from e2e.watch import Watch

AXE_PROPERTY = "axe_violations"  # of a test's report, one for each page that axe has seen
ONE_DATABASE = "DATABASE_URL names one database: run the tests in one process (make e2e WORKERS=1)"
PATIENCE = 10_000  # milliseconds, for an element or a page; a busy machine needs some of it
LOG_START = pytest.StashKey[int]()


expect.set_options(timeout=PATIENCE)


class OpenBrowser(Protocol):
    """Open a browser, signed in as somebody if `username` is given.

    `browser` is one of `demo_site.devices.USER_AGENTS`; `user_agent` says another one in full.
    `prepare` sends plain requests, whose cookies the browser starts with.
    """

    def __call__(
        self,
        username: str | None = None,
        *,
        browser: str = "firefox-linux",
        user_agent: str | None = None,
        variant: Variant | None = None,
        prepare: Callable[[APIRequestContext], object] | None = None,
    ) -> Visitor: ...


# --- The site, one for each process that runs tests -----------------------------------------------


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Server]:
    workers = os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")
    if os.environ.get("DATABASE_URL") and workers != "1":
        pytest.fail(ONE_DATABASE, pytrace=False)
    with running_server(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="session")
def stage(server) -> Iterator[Stage]:
    with open_stage(server) as stage:
        yield stage


@pytest.fixture(scope="session")
def base_url(server) -> str:
    return server.url


@pytest.fixture(scope="session")
def user_agents(stage) -> dict[str, str]:
    return stage.user_agents()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], browser_type: BrowserType):
    try:
        return browser_type_launch_args | launch_options(Path(browser_type.executable_path))
    except NoChromium as error:
        pytest.fail(str(error), pytrace=False)


# --- People and their browsers, made anew for each test -------------------------------------------


@pytest.fixture
def ada(stage) -> str:
    """Somebody who is signed in on five devices."""
    stage.reseed("ada")
    return "ada"


@pytest.fixture
def grace(stage) -> str:
    """One of the staff."""
    stage.reseed("grace")
    return "grace"


@pytest.fixture
def single(stage) -> str:
    """Somebody who is signed in nowhere."""
    stage.reseed("single")
    return "single"


@pytest.fixture
def variant() -> Variant:
    """How a test's browsers show the site; a test that is run in several ways overrides it."""
    return DESKTOP


@pytest.fixture
def words(stage, variant) -> Words:
    return Words(stage, variant.language)


@pytest.fixture
def watch(server) -> Watch:
    return Watch(server.url)


@pytest.fixture
def on_axe(record_property) -> Callable[[int], None]:
    return lambda violations: record_property(AXE_PROPERTY, violations)


@pytest.fixture
def open_requests(playwright: Playwright, base_url) -> Iterator[Callable[..., APIRequestContext]]:
    """Make contexts for plain requests, which no browser sends."""
    opened: list[APIRequestContext] = []

    def open_context(**arguments: Any) -> APIRequestContext:
        opened.append(playwright.request.new_context(**{"base_url": base_url, **arguments}))
        return opened[-1]

    yield open_context
    for context in opened:
        context.dispose()


@pytest.fixture
def open_browser(
    new_context, open_requests, user_agents, stage, watch, on_axe, variant
) -> OpenBrowser:
    default = variant

    def open_one(
        username=None,
        *,
        browser="firefox-linux",
        user_agent=None,
        variant=None,
        prepare=None,
    ) -> Visitor:
        seen_as = variant or default
        user_agent = user_agent or user_agents[browser]
        arguments = {**seen_as.context, "user_agent": user_agent}
        requests = open_requests(user_agent=user_agent)
        if username:
            sign_in(requests, username)
        if prepare:
            prepare(requests)
        arguments["storage_state"] = requests.storage_state()
        opened = new_context(**arguments)
        opened.set_default_timeout(PATIENCE)
        watch.over(opened)
        words = Words(stage, seen_as.language)
        visitor = Visitor(opened.new_page(), watch.site, words, seen_as, on_axe)
        visitor.wears(seen_as.theme)
        return visitor

    return open_one


# --- What fails a test, and what its failure shows ------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Function) -> Generator[None, Any, Any]:
    """Fail a test for what its browsers noticed, even if its own claims hold."""
    try:
        result = yield
    except BaseException as failure:
        if problems := noticed(item):
            failure.add_note(f"What the browsers noticed besides:\n{problems}")
        raise
    if problems := noticed(item):
        pytest.fail(problems, pytrace=False)
    return result


def noticed(item: pytest.Function) -> str:
    watch = item.funcargs.get("watch")
    return watch.found() if isinstance(watch, Watch) else ""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Function) -> Generator[None, Any, Any]:
    """Note where the log stands: once its fixtures are there, a test's own part begins."""
    result = yield
    if isinstance(server := item.funcargs.get("server"), Server):
        item.stash[LOG_START] = server.log.stat().st_size
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, Any, pytest.TestReport]:
    """Show with a failure what the server logged meanwhile."""
    report: pytest.TestReport = yield
    server = getattr(item, "funcargs", {}).get("server")
    if report.failed and isinstance(server, Server):
        logged = tail(server.log, item.stash.get(LOG_START, 0))
        report.sections.append(("The demo's log", logged))
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say on how many pages axe looked, and how often it found something."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if getattr(report, "when", None) == "call"
    ]
    found = [n for r in reports for name, n in r.user_properties if name == AXE_PROPERTY]
    if found:
        terminalreporter.write_line(f"axe: {len(found)} pages, {sum(found)} violations")
