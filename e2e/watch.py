"""The problems that fail every test, whatever it asserts."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

# The browser logs violations to its console, but a page could remove them by console.clear().
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (violation) => {
  console.error(`Content-Security-Policy: ${violation.violatedDirective} ${violation.blockedURI}`);
});
"""


@dataclass
class Watch:
    """Collects the problems of the contexts that it is attached to: console errors, violations of the
    Content-Security-Policy, exceptions in scripts, requests to other hosts, and responses from 500 on.
    """

    site: str  # the URL of the site, without a slash at its end
    problems: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def attach(self, context: BrowserContext) -> None:
        self.contexts.append(context)
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        context.on("response", self._response)

    def report(self) -> str:
        """Return the problems so far, one per line."""
        for context in self.contexts:
            context.cookies()  # wait for the browser: earlier events arrive first
        return "\n".join(self.problems)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(f"Console error: {message.text}")

    def _error(self, error: WebError) -> None:
        self.problems.append(f"Exception in a script: {error.error}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith(f"{self.site}/"):
            self.problems.append(f"Request to another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.problems.append(f"Response {response.status}: {response.url}")
