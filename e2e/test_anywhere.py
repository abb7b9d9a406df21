"""The journeys for a site that we did not write, on one that somebody else might have written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.anywhere.account import Account, Unusable, account_from
from e2e.anywhere.browser import PATIENCE, Lacking
from e2e.anywhere.journeys import STEPS, Journeys, run
from e2e.other_site.views import FAULTS
from e2e.server import REPOSITORY, listening
from user_sessions.tests.support.documentation import blocks, text_of

IMPATIENCE = 8_000  # milliseconds, where nothing is to come

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
ASK_ONE = "user_sessions/session_confirm_end.html"
ASK_OTHERS = "user_sessions/session_confirm_end_other.html"


class OtherSite:
    """The address of the site, and the folder of the templates that come first."""

    def __init__(self, url: str, templates: Path) -> None:
        self.url = url
        self.templates = templates

    def writes(self, templates: dict[str, str]) -> None:
        for name, text in templates.items():
            path = self.templates / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def forgets(self) -> None:
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
    running_site.forgets()


@pytest.fixture
def journeys(browser):
    """Return a function that begins the journeys of somebody."""
    begun = []

    def begin(account: Account, patience: int = PATIENCE) -> Journeys:
        begun.append(Journeys(browser, account, patience))
        return begun[-1]

    yield begin
    for one in begun:
        one.close()


@pytest.fixture
def tries(journeys):
    """Return a function that makes one journey, and tells what the site lacks for it."""

    def lacks(account: Account, step: str, patience: int = PATIENCE) -> str:
        with pytest.raises(Lacking) as lacking:
            STEPS[step](journeys(account, patience))
        return str(lacking.value)

    return lacks


def told(browser, account: Account) -> list[str]:
    lines: list[str] = []
    run(browser, account, lines.append)
    return lines


ALL_WELL = [f"ok         {name}" for name in STEPS]


@pytest.mark.parametrize(
    "templates",
    [{}, {LIST: LINKS_ONLY}],
    ids=["by hand, in German", "links only"],
)
def test_any_markup_will_do(browser, site, templates):
    site.writes(templates)

    assert told(browser, site.account()) == ALL_WELL


def test_a_list_that_doesnt_offer_to_end_all_others_is_remarked(browser, site):
    (as_in_the_docs,) = (
        block.text
        for block in blocks(text_of("how-to/templates.md"), "django")
        if block.file == f"templates/{LIST}"
    )
    site.writes({LIST: as_in_the_docs})

    lines = told(browser, site.account())

    remark = lines[3].partition("\n")[2].strip()
    assert remark.startswith("The list has no link to /de/mein/account/sessions/other/delete/,")
    assert [line.partition("\n")[0] for line in lines] == ALL_WELL


def test_a_script_may_ask_before(journeys, site):
    site.writes({LIST: ASKED_BY_A_SCRIPT})

    assert STEPS["End one session"](journeys(site.account())) == ""


def test_who_cannot_sign_in_tries_once(browser, site):
    lines = told(browser, Account(site.url + "/mein", "eva", "wrong"))

    assert lines[0].startswith("FAILED     Sign in\n")
    assert lines[0].endswith("It says: Das war nichts.")
    assert lines[1:] == [f"not tried  {name}" for name in list(STEPS)[1:]]


def test_one_that_fails_keeps_the_others_from_nothing(browser, site):
    site.writes({ASK_OTHERS: TOKENLESS})

    lines = told(browser, site.account())

    assert [line.split()[0] for line in lines] == ["ok", "ok", "ok", "FAILED", "ok"]
    assert "is answered with 403: the form lacks {% csrf_token %}" in lines[3]


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        ("", "isn't there. Include user_sessions.urls in the site's urls"),
        ("/lost", "isn't signed in to http://127.0.0.1:{port}/nowhere/, which isn't there"),
        ("/abroad", "leads to http://localhost:{port}. A password is only typed on the host that"),
        ("/broken", "answers 500: see the site's log"),
        ("/mute", "can't be opened: it answers with an error and an empty page"),
        ("/circle", "can't be opened: it goes round in circles"),
        ("/open", "is shown to people who aren't signed in"),
    ],
)
def test_what_no_sign_in_page_follows(tries, site, prefix, said):
    port = site.url.rpartition(":")[2]

    assert said.format(port=port) in tries(site.account(prefix=prefix), "Sign in")


@pytest.mark.parametrize(
    ("site_address", "said"),
    [
        ("http://127.0.0.1:2", "can't be opened: nothing answers there"),
        ("https://no-such-host.invalid", "can't be opened: there is no host of that name"),
    ],
)
def test_an_address_where_nobody_answers(tries, site_address, said):
    assert said in tries(Account(site_address, "eva", "eva"), "Sign in")


@pytest.mark.parametrize(
    ("username", "template", "said"),
    [
        ("code", None, "asks for more, at {url}/de/code/: a second factor"),
        ("wait", None, "answered with 429: the site takes no more attempts"),
        ("inactive", None, "leads to {url}/de/, but nobody is signed in then"),
        ("eva", NO_TOKEN, "answered with 403: the form lacks {{% csrf_token %}}"),
        ("eva", NOT_ENDING, "where no form has a field for a user name or e-mail address and one"),
    ],
)
def test_what_keeps_people_from_signing_in(tries, site, username, template, said):
    if template:
        site.writes({LOGIN: template})

    assert said.format(url=site.url) in tries(site.account(username), "Sign in")


@pytest.mark.parametrize(
    ("step", "username", "said"),
    [
        ("See the list", "one", "Does the site allow one session a person?"),
        (
            "See the list",
            "unknown",
            "has no page at /de/mein/account/sessions/<digest>/delete/ for",
        ),
        ("End one session", "kept", "The other browser is still signed in after its session was"),
        ("End one session", "all", "The browser that ended another one's session was signed out"),
        ("End one session", "stale", "A session that was ended is still on the list"),
        ("Sign out", "kept", "Whoever ends the session that they use isn't signed out by that"),
        ("Sign out", "copied", "a copy of the old cookie still opens the list"),
    ],
)
def test_what_a_site_does_wrong(tries, site, step, username, said):
    assert username in FAULTS
    assert said in tries(site.account(username), step)


@pytest.mark.parametrize(
    ("step", "templates", "said"),
    [
        ("See the list", {LIST: "<p>Keine"}, "has neither a form nor a link to /de/mein/account"),
        ("See the list", {LIST: ONLY_THIS_ONE}, "doesn't show the other one, or gives no way"),
        ("End one session", {LIST: "", ASK_ONE: NOT_ENDING}, "Neither the list nor the page at"),
        ("End one session", {LIST: "", ASK_ONE: NO_TOKEN}, "is answered with 403: the form lacks"),
        ("End all other sessions", {LIST: INVENTED}, "and the list still shows 1 of them"),
    ],
)
def test_what_templates_lack(tries, site, step, templates, said):
    site.writes(templates)

    assert said in tries(site.account(), step)


def test_a_sign_in_form_that_sends_nothing_is_told(tries, site):
    site.writes({LOGIN: SENDS_NOTHING})

    said = tries(site.account(), "Sign in", IMPATIENCE)

    assert f"No page follows when the sign-in form at {site.url}/de/anmelden/" in said


def test_a_button_that_sends_nothing_is_told(tries, site):
    site.writes({LIST: "", ASK_ONE: DEAD_BUTTON})

    assert "can't be pressed, or sends nothing" in tries(
        site.account(), "End one session", IMPATIENCE
    )


# --- What is said before anything is tried --------------------------------------------------------

GIVEN = {"BASE_URL": "https://example.org/", "E2E_USER": "eva", "E2E_PASSWORD": "secret"}


def test_an_account_is_read_and_keeps_its_password_to_itself():
    account = account_from(GIVEN)

    assert account == Account("https://example.org", "eva", "secret")
    assert "secret" not in repr(account)


@pytest.mark.parametrize("name", ["E2E_USER", "E2E_PASSWORD"])
@pytest.mark.parametrize("given", [{}, {"": ""}], ids=["missing", "empty"])
def test_whose_account_it_is_must_be_said(name, given):
    environment = {**GIVEN, name: ""} if given else {k: v for k, v in GIVEN.items() if k != name}

    with pytest.raises(Unusable, match=f"^{name} must be set. Name an account .* that exists for"):
        account_from(environment)


@pytest.mark.parametrize(
    "address", ["example.org", "ftp://example.org", "https://", "http://a:b/", "http://a/?b=c"]
)
def test_the_address_of_a_site_begins_with_http(address):
    with pytest.raises(Unusable, match=r"^BASE_URL is '.*', which is no address of a site"):
        account_from({**GIVEN, "BASE_URL": address})


def run_program(**variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "e2e.anywhere"]
    return subprocess.run(  # noqa: S603 (every word of the command is ours)
        command,
        cwd=REPOSITORY,
        env=os.environ | variables,
        text=True,
        capture_output=True,
        check=False,
    )


def test_the_program_says_whose_sessions_it_ends_before_it_does(base_url, ada):
    done = run_program(BASE_URL=base_url, E2E_USER=ada, E2E_PASSWORD=ada)

    assert done.stdout.startswith(
        f"The five journeys on {base_url}, as ada.\nThis ends all sessions of ada there. "
    )
    assert done.stdout.endswith("\n".join(["", *ALL_WELL, ""]))
    assert done.returncode == 0


def test_the_program_fails_with_the_site(site):
    done = run_program(BASE_URL=site.url, E2E_USER="eva", E2E_PASSWORD="eva")

    assert done.stdout.endswith("docs/how-to/end-to-end-tests.md\n")
    assert (done.returncode, done.stderr) == (1, "")


def test_the_program_cannot_begin_without_an_account(site):
    done = run_program(BASE_URL=site.url, E2E_USER="", E2E_PASSWORD="")

    assert done.stdout.startswith("E2E_USER and E2E_PASSWORD must be set.")
    assert (done.returncode, done.stderr) == (2, "")
