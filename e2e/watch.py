"""What must never happen while a browser is open, whatever a test is about."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

# The browser says so on its console too, but a page that calls console.clear() could hide that.
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (violation) => {
  console.error(`Content-Security-Policy: ${violation.violatedDirective} ${violation.blockedURI}`);
});
"""


@dataclass
class Watch:
    """Notes console errors, breaches of the Content-Security-Policy, exceptions in scripts, requests
    to another host, and answers of 500 and above, of each context that is put under it.
    """

    site: str  # the address of the site, without a slash at its end
    problems: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        self.contexts.append(context)
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        context.on("response", self._response)

    def found(self) -> str:
        """Return the problems so far, one a line."""
        for context in self.contexts:
            context.cookies()  # a question to the browser: what happened before comes in first
        return "\n".join(self.problems)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(f"Error on the console: {message.text}")

    def _error(self, error: WebError) -> None:
        self.problems.append(f"Exception in a script: {error.error}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith(f"{self.site}/"):
            self.problems.append(f"Request to another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.problems.append(f"Answer {response.status}: {response.url}")
