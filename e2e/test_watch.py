"""The watch reports each kind of problem."""

from __future__ import annotations

import pytest
from playwright.sync_api import Error

from e2e.pages import HomePage
from e2e.visitor import NO_SCRIPT

CONSOLE = "console.error('a fault')"
EXCEPTION = "setTimeout(() => { throw Error('a fault') })"
INLINE_SCRIPT = "document.body.append(Object.assign(document.createElement('script'), {text: '0'}))"
INLINE_STYLE = "document.body.setAttribute('style', 'color: red')"
IMAGE_ELSEWHERE = "new Image().src = 'http://127.0.0.2:9/elsewhere.png'"
MISSING = "void fetch('/no-such-page/')"
BROKEN = "void fetch('/broken/')"

FAULTS = {
    "console": (CONSOLE, "console", "Console error: a fault"),
    "exception": (EXCEPTION, "weberror", "Exception in a script: a fault"),
    "inline script": (INLINE_SCRIPT, "console", "Content-Security-Policy: script-src-elem inline"),
    "inline style": (INLINE_STYLE, "console", "Content-Security-Policy: style-src-attr inline"),
    "image elsewhere": (IMAGE_ELSEWHERE, "console", "Content-Security-Policy: img-src http"),
    "missing file": (MISSING, "console", "404"),
    "broken page": (BROKEN, "response", "Response 500: "),
}

# Without scripts, only the browser itself reports a violation.
PAGE_WITH_STYLE = "<!doctype html><p style='color: red'>"
STRICT = {"Content-Security-Policy": "default-src 'self'", "Content-Type": "text/html"}


@pytest.fixture
def expected(watch):
    """Return a function that returns and clears the problems, so that they don't fail the test."""

    def report_and_clear() -> str:
        found = watch.report()
        watch.problems.clear()
        return str(found)

    return report_and_clear


@pytest.mark.parametrize("fault", FAULTS)
def test_problem_of_a_page_is_reported(open_browser, watch, expected, fault):
    script, event, message = FAULTS[fault]
    page = open_browser().visit(HomePage).page
    page.route("**/broken/", lambda route: route.fulfill(status=500))

    # The watch's handler runs first. A CSP violation logs two messages: the browser's and the page's.
    with page.context.expect_event(
        event, lambda _: any(message in line for line in watch.problems)
    ):
        page.evaluate(script)

    assert message in expected()


def test_request_to_another_host_is_reported(open_browser, expected):
    page = open_browser().page

    with pytest.raises(Error):
        page.goto("http://127.0.0.2:9/")  # no server listens there

    assert "Request to another host: http://127.0.0.2:9/" in expected()


def test_csp_violation_without_scripts_is_reported(open_browser, expected):
    page = open_browser(variant=NO_SCRIPT).page
    page.route("**/styled/", lambda route: route.fulfill(headers=STRICT, body=PAGE_WITH_STYLE))

    page.goto("/styled/")

    assert "Content Security Policy" in expected()
