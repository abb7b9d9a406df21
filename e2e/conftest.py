"""Fixtures for the running demo and its browsers, and the checks that apply to every test."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import APIRequestContext, BrowserType, Playwright, expect

from e2e.chromium import NoChromium, launch_options
from e2e.server import Server, running_server, tail
from e2e.site_data import SiteData, Words, open_site_data
from e2e.visitor import DESKTOP, Variant, Visitor, sign_in
from e2e.watch import Watch

AXE_PROPERTY = "axe_violations"  # in a test's report, one for each page that axe checked
ONE_DATABASE = "DATABASE_URL names one database: run the tests in one process (make e2e WORKERS=1)"
TIMEOUT = 10_000  # milliseconds, for an element or a page on a busy machine
LOG_START = pytest.StashKey[int]()


expect.set_options(timeout=TIMEOUT)


class OpenBrowser(Protocol):
    """Open a browser, and sign in if `username` is given.

    `browser` is a key of `demo_site.devices.USER_AGENTS`; `user_agent` overrides it. `prepare` sends
    requests without a browser, and the browser starts with their cookies.
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


# --- The site, one for each test process ----------------------------------------------------------


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Server]:
    workers = os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")
    if os.environ.get("DATABASE_URL") and workers != "1":
        pytest.fail(ONE_DATABASE, pytrace=False)
    with running_server(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="session")
def site_data(server) -> Iterator[SiteData]:
    with open_site_data(server) as site_data:
        yield site_data


@pytest.fixture(scope="session")
def base_url(server) -> str:
    return server.url


@pytest.fixture(scope="session")
def user_agents(site_data) -> dict[str, str]:
    return site_data.user_agents()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], browser_type: BrowserType):
    try:
        return browser_type_launch_args | launch_options(Path(browser_type.executable_path))
    except NoChromium as error:
        pytest.fail(str(error), pytrace=False)


# --- People and their browsers, new for each test -------------------------------------------------


@pytest.fixture
def ada(site_data) -> str:
    """A user who is signed in on five devices."""
    site_data.reseed("ada")
    return "ada"


@pytest.fixture
def grace(site_data) -> str:
    """A member of staff."""
    site_data.reseed("grace")
    return "grace"


@pytest.fixture
def single(site_data) -> str:
    """A user without sessions."""
    site_data.reseed("single")
    return "single"


@pytest.fixture
def variant() -> Variant:
    """The variant of the test's browsers. A module overrides it to run its tests in several variants."""
    return DESKTOP


@pytest.fixture
def words(site_data, variant) -> Words:
    return Words(site_data, variant.language)


@pytest.fixture
def watch(server) -> Watch:
    return Watch(server.url)


@pytest.fixture
def on_axe(record_property) -> Callable[[int], None]:
    return lambda violations: record_property(AXE_PROPERTY, violations)


@pytest.fixture
def open_requests(playwright: Playwright, base_url) -> Iterator[Callable[..., APIRequestContext]]:
    """Return a function that opens contexts for requests without a browser."""
    opened: list[APIRequestContext] = []

    def open_context(**arguments: Any) -> APIRequestContext:
        opened.append(playwright.request.new_context(**{"base_url": base_url, **arguments}))
        return opened[-1]

    yield open_context
    for context in opened:
        context.dispose()


@pytest.fixture
def open_browser(
    new_context, open_requests, user_agents, site_data, watch, on_axe, variant
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
        used = variant or default
        user_agent = user_agent or user_agents[browser]
        arguments = {**used.context, "user_agent": user_agent}
        requests = open_requests(user_agent=user_agent)
        if username:
            sign_in(requests, username)
        if prepare:
            prepare(requests)
        arguments["storage_state"] = requests.storage_state()
        opened = new_context(**arguments)
        opened.set_default_timeout(TIMEOUT)
        watch.attach(opened)
        words = Words(site_data, used.language)
        visitor = Visitor(opened.new_page(), watch.site, words, used, on_axe)
        visitor.use_theme(used.theme)
        return visitor

    return open_one


# --- Failures: what the browsers noticed, and the log ---------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Function) -> Generator[None, Any, Any]:
    """Fail a test if its browsers noticed a problem, even if its own assertions hold."""
    try:
        result = yield
    except BaseException as failure:
        if problems := browser_problems(item):
            failure.add_note(f"The browsers also noticed:\n{problems}")
        raise
    if problems := browser_problems(item):
        pytest.fail(problems, pytrace=False)
    return result


def browser_problems(item: pytest.Function) -> str:
    watch = item.funcargs.get("watch")
    return watch.report() if isinstance(watch, Watch) else ""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Function) -> Generator[None, Any, Any]:
    """Remember the end of the log after the fixtures, where the test itself starts."""
    result = yield
    if isinstance(server := item.funcargs.get("server"), Server):
        item.stash[LOG_START] = server.log.stat().st_size
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, Any, pytest.TestReport]:
    """Add the server's log during the test to the report of a failure."""
    report: pytest.TestReport = yield
    server = getattr(item, "funcargs", {}).get("server")
    if report.failed and isinstance(server, Server):
        logged = tail(server.log, item.stash.get(LOG_START, 0))
        report.sections.append(("The demo's log", logged))
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Write how many pages axe checked, and how many violations it found."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if getattr(report, "when", None) == "call"
    ]
    found = [n for r in reports for name, n in r.user_properties if name == AXE_PROPERTY]
    if found:
        terminalreporter.write_line(f"axe: {len(found)} pages, {sum(found)} violations")
