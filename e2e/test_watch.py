"""That a test notices what must never happen: the watch is worth no more than what it catches."""

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
    "console": (CONSOLE, "console", "Error on the console: a fault"),
    "exception": (EXCEPTION, "weberror", "Exception in a script: a fault"),
    "inline script": (INLINE_SCRIPT, "console", "Content-Security-Policy: script-src-elem inline"),
    "inline style": (INLINE_STYLE, "console", "Content-Security-Policy: style-src-attr inline"),
    "image elsewhere": (IMAGE_ELSEWHERE, "console", "Content-Security-Policy: img-src http"),
    "missing file": (MISSING, "console", "404"),
    "broken page": (BROKEN, "response", "Answer 500: "),
}

# Without scripts, nothing but the browser itself can tell.
PAGE_WITH_STYLE = "<!doctype html><p style='color: red'>"
STRICT = {"Content-Security-Policy": "default-src 'self'", "Content-Type": "text/html"}


@pytest.fixture
def expected(watch):
    """Take what the watch has found so that it doesn't fail the test that provoked it."""

    def take() -> str:
        found = watch.found()
        watch.problems.clear()
        return str(found)

    return take


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_noticed(open_browser, watch, expected, fault):
    script, event, told = FAULTS[fault]
    page = open_browser().visit(HomePage).page
    page.route("**/broken/", lambda route: route.fulfill(status=500))

    # The watch hears of an event first; of a breach of the policy the browser and the page tell in turn.
    with page.context.expect_event(event, lambda _: any(told in line for line in watch.problems)):
        page.evaluate(script)

    assert told in expected()


def test_a_request_to_another_host_is_noticed(open_browser, expected):
    page = open_browser().page

    with pytest.raises(Error):
        page.goto("http://127.0.0.2:9/")  # the port where nobody answers

    assert "Request to another host: http://127.0.0.2:9/" in expected()


def test_a_breach_of_the_policy_is_noticed_without_scripts(open_browser, expected):
    page = open_browser(variant=NO_SCRIPT).page
    page.route("**/styled/", lambda route: route.fulfill(headers=STRICT, body=PAGE_WITH_STYLE))

    page.goto("/styled/")

    assert "Content Security Policy" in expected()
