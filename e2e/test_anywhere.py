"""`e2e.anywhere` on a site with its own German templates: it passes, and reports each fault."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.anywhere.account import Account, InvalidEnvironment, account_from
from e2e.anywhere.browser import TIMEOUT, SiteProblem
from e2e.anywhere.journeys import STEPS, Journeys, run
from e2e.other_site.views import FAULTS
from e2e.server import REPOSITORY, listening
from user_sessions.tests.support.documentation import blocks, text_of

SHORT_TIMEOUT = 8_000  # milliseconds, if no page is expected

LINKS_ONLY = """
{% for session in object_list %}<a href="{{ session.summary.end_url }}">Weg damit</a>{% endfor %}
<form action="{% url 'user_sessions:session_delete_other' %}"><button>Alle anderen</button></form>
"""
ASKED_BY_A_SCRIPT = """
{% for session in object_list %}
  <form method="post" action="{{ session.summary.end_url }}" onsubmit="return confirm('Wirklich?')">
    {% csrf_token %}<button>Weg damit</button>
  </form>
{% endfor %}
"""
NOT_ENDING = '<form method="post" action="/de/">{% csrf_token %}<button>Ja</button></form>'
FIELDS = '<input type="text"><input type="password"><button>Hinein</button>'
NO_TOKEN = f'<form method="post">{FIELDS}</form>'
SENDS_NOTHING = f'<form onsubmit="return false">{FIELDS}</form>'
ONLY_THIS_ONE = '<a href="{{ object_list.0.summary.end_url }}">Weg damit</a>'
DEAD_BUTTON = '<form method="post" onsubmit="return false"><button>Ja</button></form>'
TOKENLESS = '<form method="post"><button>Ja</button></form>'
INVENTED = f"<a href='{{% url 'user_sessions:session_delete' 'sha256${'x' * 43}' %}}'>Weg damit</a>"

LOGIN = "registration/login.html"
LIST = "user_sessions/session_list.html"
CONFIRM_ONE = "user_sessions/session_confirm_end.html"
CONFIRM_OTHERS = "user_sessions/session_confirm_end_other.html"


class OtherSite:
    """The URL of the site, and the folder of its overriding templates."""

    def __init__(self, url: str, templates: Path) -> None:
        self.url = url
        self.templates = templates

    def write_templates(self, templates: dict[str, str]) -> None:
        for name, text in templates.items():
            path = self.templates / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def delete_templates(self) -> None:
        for path in self.templates.rglob("*.html"):
            path.unlink()

    def account(self, username: str = "eva", prefix: str = "/mein") -> Account:
        return Account(self.url + prefix, username, username)


@pytest.fixture(scope="session")
def running_site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("other_site")
    environment = {**os.environ, "SITE_DIR": str(folder)}
    with listening(["-m", "e2e.other_site"], environment, folder / "server.log") as url:
        yield OtherSite(url, folder / "templates")


@pytest.fixture
def site(running_site):
    yield running_site
    running_site.delete_templates()


@pytest.fixture
def journeys(browser):
    """Return a function that starts the journeys of an account."""
    begun = []

    def begin(account: Account, timeout: int = TIMEOUT) -> Journeys:
        begun.append(Journeys(browser, account, timeout))
        return begun[-1]

    yield begin
    for one in begun:
        one.close()


@pytest.fixture
def problem_of(journeys):
    """Return a function that runs one journey, expects it to fail, and returns the message."""

    def run_one(account: Account, step: str, timeout: int = TIMEOUT) -> str:
        with pytest.raises(SiteProblem) as raised:
            STEPS[step](journeys(account, timeout))
        return str(raised.value)

    return run_one


def output_of(browser, account: Account) -> list[str]:
    lines: list[str] = []
    run(browser, account, lines.append)
    return lines


ALL_PASSED = [f"ok         {name}" for name in STEPS]


@pytest.mark.parametrize(
    "templates",
    [{}, {LIST: LINKS_ONLY}],
    ids=["by hand, in German", "links only"],
)
def test_journeys_pass_with_any_markup(browser, site, templates):
    site.write_templates(templates)

    assert output_of(browser, site.account()) == ALL_PASSED


def test_list_without_a_link_to_end_all_others_gets_a_remark(browser, site):
    (as_in_the_docs,) = (
        block.text
        for block in blocks(text_of("how-to/templates.md"), "django")
        if block.file == f"templates/{LIST}"
    )
    site.write_templates({LIST: as_in_the_docs})

    lines = output_of(browser, site.account())

    remark = lines[3].partition("\n")[2].strip()
    assert remark.startswith("The list has no link to /de/mein/account/sessions/other/delete/,")
    assert [line.partition("\n")[0] for line in lines] == ALL_PASSED


def test_journey_accepts_a_confirm_dialog(journeys, site):
    site.write_templates({LIST: ASKED_BY_A_SCRIPT})

    assert STEPS["End one session"](journeys(site.account())) == ""


def test_failed_sign_in_skips_the_other_journeys(browser, site):
    lines = output_of(browser, Account(site.url + "/mein", "eva", "wrong"))

    assert lines[0].startswith("FAILED     Sign in\n")
    assert lines[0].endswith("Its message: Das war nichts.")
    assert lines[1:] == [f"not tried  {name}" for name in list(STEPS)[1:]]


def test_failed_journey_does_not_skip_the_others(browser, site):
    site.write_templates({CONFIRM_OTHERS: TOKENLESS})

    lines = output_of(browser, site.account())

    assert [line.split()[0] for line in lines] == ["ok", "ok", "ok", "FAILED", "ok"]
    assert "is answered with 403: the form lacks {% csrf_token %}" in lines[3]


@pytest.mark.parametrize(
    ("prefix", "message"),
    [
        ("", "doesn't exist. Include user_sessions.urls in the site's URLs"),
        ("/lost", "signed-out visitors to http://127.0.0.1:{port}/nowhere/, which doesn't exist"),
        ("/abroad", "redirects to http://localhost:{port}. The password is only entered on the"),
        ("/broken", "answers 500: see the site's log"),
        ("/mute", "can't be opened: it answers with an error and an empty page"),
        ("/circle", "can't be opened: it redirects in a loop"),
        ("/open", "is shown to visitors who aren't signed in"),
    ],
)
def test_wrong_base_url_is_reported(problem_of, site, prefix, message):
    port = site.url.rpartition(":")[2]

    assert message.format(port=port) in problem_of(site.account(prefix=prefix), "Sign in")


@pytest.mark.parametrize(
    ("site_address", "message"),
    [
        ("http://127.0.0.1:2", "can't be opened: no server answers there"),
        ("https://no-such-host.invalid", "can't be opened: there is no such host"),
    ],
)
def test_unreachable_host_is_reported(problem_of, site_address, message):
    assert message in problem_of(Account(site_address, "eva", "eva"), "Sign in")


@pytest.mark.parametrize(
    ("username", "template", "message"),
    [
        ("code", None, "asks for more at {url}/de/code/, probably a second factor"),
        ("wait", None, "answered with 429: the site rejects further attempts"),
        ("inactive", None, "redirected to {url}/de/, but the browser isn't signed in"),
        ("eva", NO_TOKEN, "answered with 403: the form lacks {{% csrf_token %}}"),
        ("eva", NOT_ENDING, "where no form has a field for a user name or e-mail address and one"),
    ],
)
def test_failed_sign_in_is_reported_with_its_reason(problem_of, site, username, template, message):
    if template:
        site.write_templates({LOGIN: template})

    assert message.format(url=site.url) in problem_of(site.account(username), "Sign in")


@pytest.mark.parametrize(
    ("step", "username", "message"),
    [
        ("See the list", "one", "If the site allows one session per user, the"),
        (
            "See the list",
            "unknown",
            "has no page at /de/mein/account/sessions/<digest>/delete/ for",
        ),
        ("End one session", "kept", "The other browser is still signed in after its session was"),
        ("End one session", "all", "The browser that ended the session of another one was signed"),
        ("End one session", "stale", "A session that was ended is still on the list"),
        ("Sign out", "kept", "Ending the current session doesn't sign the browser out"),
        ("Sign out", "copied", "a copy of the old cookie still opens the list"),
    ],
)
def test_fault_of_a_site_is_reported(problem_of, site, step, username, message):
    assert username in FAULTS
    assert message in problem_of(site.account(username), step)


@pytest.mark.parametrize(
    ("step", "templates", "message"),
    [
        ("See the list", {LIST: "<p>Keine"}, "has neither a form nor a link to /de/mein/account"),
        ("See the list", {LIST: ONLY_THIS_ONE}, "doesn't show the other one, or can't end"),
        (
            "End one session",
            {LIST: "", CONFIRM_ONE: NOT_ENDING},
            "Neither the list nor the page at",
        ),
        (
            "End one session",
            {LIST: "", CONFIRM_ONE: NO_TOKEN},
            "is answered with 403: the form lacks",
        ),
        ("End all other sessions", {LIST: INVENTED}, "but the list still shows 1 of them"),
    ],
)
def test_missing_part_of_a_template_is_reported(problem_of, site, step, templates, message):
    site.write_templates(templates)

    assert message in problem_of(site.account(), step)


def test_sign_in_form_that_sends_nothing_is_reported(problem_of, site):
    site.write_templates({LOGIN: SENDS_NOTHING})

    message = problem_of(site.account(), "Sign in", SHORT_TIMEOUT)

    assert f"No page follows when the sign-in form at {site.url}/de/anmelden/" in message


def test_button_that_sends_nothing_is_reported(problem_of, site):
    site.write_templates({LIST: "", CONFIRM_ONE: DEAD_BUTTON})

    assert "can't be pressed, or sends nothing" in problem_of(
        site.account(), "End one session", SHORT_TIMEOUT
    )


# --- The environment and the command line ---------------------------------------------------------

GIVEN = {"BASE_URL": "https://example.org/", "E2E_USER": "eva", "E2E_PASSWORD": "secret"}


def test_repr_of_the_account_hides_the_password():
    account = account_from(GIVEN)

    assert account == Account("https://example.org", "eva", "secret")
    assert "secret" not in repr(account)


@pytest.mark.parametrize("name", ["E2E_USER", "E2E_PASSWORD"])
@pytest.mark.parametrize("given", [{}, {"": ""}], ids=["missing", "empty"])
def test_missing_user_or_password_raises(name, given):
    environment = {**GIVEN, name: ""} if given else {k: v for k, v in GIVEN.items() if k != name}

    with pytest.raises(InvalidEnvironment, match=f"^{name} must be set. Use a test account"):
        account_from(environment)


@pytest.mark.parametrize(
    "address", ["example.org", "ftp://example.org", "https://", "http://a:b/", "http://a/?b=c"]
)
def test_invalid_base_url_raises(address):
    with pytest.raises(
        InvalidEnvironment, match=r"^BASE_URL is '.*', which is not the URL of a site"
    ):
        account_from({**GIVEN, "BASE_URL": address})


def run_command(**variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "e2e.anywhere"]
    return subprocess.run(  # noqa: S603 (a fixed command)
        command,
        cwd=REPOSITORY,
        env=os.environ | variables,
        text=True,
        capture_output=True,
        check=False,
    )


def test_command_announces_that_it_ends_the_sessions(base_url, ada):
    done = run_command(BASE_URL=base_url, E2E_USER=ada, E2E_PASSWORD=ada)

    assert done.stdout.startswith(
        f"The five journeys on {base_url}, as ada.\nThis ends all sessions of ada on that site."
    )
    assert done.stdout.endswith("\n".join(["", *ALL_PASSED, ""]))
    assert done.returncode == 0


def test_command_exits_with_1_if_a_journey_fails(site):
    done = run_command(BASE_URL=site.url, E2E_USER="eva", E2E_PASSWORD="eva")

    assert done.stdout.endswith("docs/how-to/end-to-end-tests.md\n")
    assert (done.returncode, done.stderr) == (1, "")


def test_command_exits_with_2_without_an_account(site):
    done = run_command(BASE_URL=site.url, E2E_USER="", E2E_PASSWORD="")

    assert done.stdout.startswith("E2E_USER and E2E_PASSWORD must be set.")
    assert (done.returncode, done.stderr) == (2, "")
