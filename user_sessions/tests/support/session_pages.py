"""The session pages in every state: a user's laptop, other devices, and messages."""

from __future__ import annotations

from django.contrib import messages
from django.urls import reverse

from user_sessions.keys import digest_of
from user_sessions.tests.support import geoip
from user_sessions.tests.support.markup import with_marker
from user_sessions.tests.support.user_agents import CHROME_ON_WINDOWS, SAFARI_ON_IPHONE

LIST = reverse("user_sessions:session_list")
END_OTHER = reverse("user_sessions:session_delete_other")
LEVELS = ("debug", "info", "success", "warning", "error")


def end_url(browser):
    return reverse("user_sessions:session_delete", args=[digest_of(browser.key)])


def add_each_message(get_response):
    """Middleware that adds a message of each level."""

    def middleware(request):
        for level in LEVELS:
            getattr(messages, level)(request, f"A <b>{level}</b> message")
        return get_response(request)

    return middleware


class Site:
    """A site with a user's laptop; each method sets a state in which pages are shown."""

    def __init__(self, user, laptop, make_browser, session_model, settings, tmp_path):
        self.user = user
        self.laptop = laptop
        self.make_browser = make_browser
        self.session_model = session_model
        self.settings = settings
        self.tmp_path = tmp_path

    def add(self, count=1, **facts):
        """Sign in on more devices."""
        for number in range(count):
            browser = self.make_browser(self.user, user_agent=SAFARI_ON_IPHONE, ip=geoip.IN_ZWOLLE)
            self.know(browser, **facts)
            last = browser if number == count - 1 else None
        return last

    def know(self, browser, **facts):
        """Set the facts of a session."""
        if facts:
            assert self.session_model.objects.filter(pk=browser.key).update(**facts) == 1

    def one(self):
        pass

    def three(self):
        self.add(2)

    def many(self):
        like = self.laptop.row
        self.session_model.objects.bulk_create(
            self.session_model(
                session_key=f"session-number-{number}",
                user_id=like.user_id,
                expire_date=like.expire_date,
                last_activity=like.last_activity,
                user_agent=CHROME_ON_WINDOWS,
                ip="2001:db8::7",
            )
            for number in range(59)
        )

    def unknown_devices(self):
        self.add(2, user_agent=None)
        self.know(self.laptop, user_agent="gibberish")

    def no_addresses(self):
        self.add(ip=None)
        self.know(self.laptop, ip=None)

    def no_times(self):
        self.add(created_at=None)
        self.know(self.laptop, created_at=None)

    def nothing_known(self):
        nothing = {"ip": None, "user_agent": None, "created_at": None}
        self.add(**nothing)
        self.know(self.laptop, **nothing)

    def places(self):
        path = self.tmp_path / "places.mmdb"
        self.settings.GEOIP_PATH = geoip.write_database(path, geoip.CITIES)
        self.add()

    def addresses_not_stored(self):
        self.places()
        self.settings.USER_SESSIONS_STORE_IP = False

    def user_agents_not_stored(self):
        self.add()
        self.settings.USER_SESSIONS_STORE_USER_AGENT = False

    def hostile(self):
        script = "<script>alert(1)</script>\"'><style>*{}</style>{{ 7 }}"
        self.add(user_agent=script)
        self.know(self.laptop, user_agent=f"Firefox/140.0 {script}")

    def right_to_left(self):
        self.places()
        self.settings.LANGUAGE_CODE = "ar"
        self.laptop.defaults["HTTP_ACCEPT_LANGUAGE"] = "ar"

    def everything_said(self):
        self.settings.MESSAGE_LEVEL = messages.DEBUG
        self.settings.MIDDLEWARE = [*self.settings.MIDDLEWARE, f"{__name__}.add_each_message"]

    def no_messages(self):
        kept = [name for name in self.settings.MIDDLEWARE if "Message" not in name]
        self.settings.MIDDLEWARE = kept
        self.add()

    def no_context_processors(self):
        templates = with_marker(self.settings.TEMPLATES)
        templates[0]["OPTIONS"]["context_processors"] = []
        self.settings.TEMPLATES = templates
        self.add()


STATES = [
    name
    for name, value in vars(Site).items()
    if not name.startswith("_") and name not in {"add", "know"}
]


def other_of(laptop, session_model):
    """Return the URL that ends another session, or the current one if there is no other."""
    rows = session_model.objects.exclude(pk=laptop.key)
    key = rows[0].session_key if rows else digest_of(laptop.key)
    return reverse("user_sessions:session_delete", args=[key])


def addresses(laptop, session_model):
    """Return the URL of each page, by its purpose."""
    return {
        "list": LIST,
        "end this one": end_url(laptop),
        "end another": other_of(laptop, session_model),
        "end others": END_OTHER,
    }


PAGES = ("list", "end this one", "end another", "end others")
