"""A user with an account at a site with allauth, and how to reach each of its pages."""

from __future__ import annotations

import re

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.views import EmailView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.urls import reverse

from user_sessions.tests.support.people import PASSWORD
from user_sessions.tests.support.phones import PhoneAdapter

EMAIL = "ada@example.com"
PHONE = "+31612345678"
WRONG = {"login": "ada", "password": "wrong"}


class World:
    """``visitor`` is signed out; ``member`` has just signed in, and confirmed it."""

    def __init__(self, user, make_browser, settings, monkeypatch):
        self.user = user
        self.visitor = make_browser()
        self.make_browser = make_browser
        self.settings = settings
        self.monkeypatch = monkeypatch

    @property
    def member(self):
        browser = self.make_browser()
        self.sign_in(browser)
        browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        return browser

    def sign_in(self, browser, **extra):
        data = {"login": "ada", "password": PASSWORD, **extra}
        return browser.post(reverse("account_login"), data)

    def sign_up(self, **data):
        data = {"username": "bob", "password1": PASSWORD, "password2": PASSWORD, **data}
        return self.visitor.post(reverse("account_signup"), data, follow=True)

    def sign_up_with_phone(self):
        return self.sign_up(phone=PHONE)

    def address(self, email=EMAIL, *, verified=True, primary=True, user=None):
        return EmailAddress.objects.create(
            user=user or self.user, email=email, verified=verified, primary=primary
        )

    def phone(self, *, verified=True):
        PhoneAdapter.phones[self.user.pk] = (PHONE, verified)

    def pending_phone(self):
        self.phone(verified=False)

    def app(self):
        """Protect the account with an authenticator app, and return its secret."""
        secret = totp.generate_totp_secret()
        totp.TOTP.activate(self.user, secret)
        return secret

    def codes(self):
        return RecoveryCodes.activate(self.user)

    def keys(self):
        for number, passwordless in enumerate([True, False, None]):
            said = {"clientExtensionResults": {"credProps": {"rk": passwordless}}}
            Authenticator.objects.create(
                user=self.user,
                type=Authenticator.Type.WEBAUTHN,
                data={"name": f"Key {number}", "credential": said},
            )
        return Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN)[0]

    def change_email(self):
        """Use allauth's setting for one address that can be changed."""
        self.settings.ACCOUNT_CHANGE_EMAIL = True
        self.monkeypatch.setattr(EmailView, "template_name", "account/email_change.html")
        return self.member

    def without_passkeys(self):
        self.settings.MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]

    def second_factor(self):
        self.app()
        self.sign_in(self.visitor)
        return self.visitor

    def trust_question(self):
        secret = self.app()
        self.sign_in(self.visitor)
        counter = next(totp.yield_hotp_counters_from_time())
        code = totp.format_hotp_value(totp.hotp_value(secret, counter))
        return self.visitor.post(reverse("mfa_authenticate"), {"code": code})

    def reset_link(self):
        """Return the link in the mail to choose a new password."""
        self.user.email = EMAIL
        self.user.save()
        self.visitor.post(reverse("account_reset_password"), {"email": EMAIL})
        return re.search(r"http://testserver(/\S+)", mail.outbox[-1].body)[1]

    def confirmation(self, **address):
        key = EmailConfirmationHMAC(self.address(verified=False, **address)).key
        return reverse("account_confirm_email", args=[key])

    def connect(self):
        return SocialAccount.objects.create(user=self.user, provider="dummy", uid="7")

    def dummy_question(self):
        """Start a sign-in with the dummy provider, and return the URL of its question."""
        return self.visitor.post(reverse("dummy_login")).url

    def social_signup(self):
        """Sign in with the dummy provider for the first time."""
        self.settings.SOCIALACCOUNT_AUTO_SIGNUP = False
        answer = self.visitor.post(self.dummy_question(), {"id": 8, "username": "eve"})
        return self.visitor.get(answer.url)


def get(who, name, *args, **query):
    return who.get(reverse(name, args=args), query)


def post(who, name, **data):
    return who.post(reverse(name), data)


def signed_out(method, name, **data):
    return lambda world: method(world.visitor, name, **data)


def signed_in(method, name, **data):
    return lambda world: method(world.member, name, **data)


def after(arrange, show):
    """Show a page after something was arranged."""

    def page(world):
        arrange(world)
        return show(world)

    return page


def protected(name, *arrange):
    """Show a page to a user whose account was changed after the sign-in."""

    def page(world):
        member = world.member
        for each in arrange:
            each(world)
        return get(member, name)

    return page


def trust_question(world):
    world.trust_question()
    return get(world.visitor, "mfa_trust")


def bad_email(world, name="account_email"):
    return post(world.member, name, email="no address", action_add="")


def password_set(world):
    member = world.member
    world.user.set_unusable_password()
    world.user.save()
    member.force_login(world.user)
    return member


def several_addresses(world):
    world.address()
    world.address("unverified@example.com", verified=False, primary=False)


def change_of_address(world):
    world.address()
    world.change_email()


def pending_address(world):
    world.address("new@example.com", verified=False, primary=False)


def closed(world):
    world.monkeypatch.setattr(PhoneAdapter, "is_open_for_signup", lambda *args: False)


def login_code(world):
    world.address()
    return world.visitor.post(reverse("account_request_login_code"), {"email": EMAIL}, follow=True)


def phone_code(world):
    return world.member.post(reverse("account_change_phone"), {"phone": PHONE}, follow=True)


def email_code(world):
    world.settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    world.settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
    return world.sign_up(email="bob@example.com")


# Each page in each state: its template and how to reach it.
PAGES = {
    "sign in": ("account/login.html", signed_out(get, "account_login")),
    "sign in, nothing said": ("account/login.html", signed_out(post, "account_login")),
    "sign in, wrong": ("account/login.html", signed_out(post, "account_login", **WRONG)),
    "sign in, no passkeys": (
        "account/login.html",
        after(
            lambda world: setattr(world.settings, "MFA_PASSKEY_LOGIN_ENABLED", False),
            signed_out(get, "account_login", next="/who/"),
        ),
    ),
    "sign up": ("account/signup.html", signed_out(get, "account_signup")),
    "sign up, nothing said": ("account/signup.html", signed_out(post, "account_signup")),
    "sign up, taken": (
        "account/signup.html",
        signed_out(post, "account_signup", username="ada", email="x", password1="a", password2="b"),
    ),
    "sign up, closed": (
        "account/signup_closed.html",
        after(closed, signed_out(get, "account_signup")),
    ),
    "sign out": ("account/logout.html", signed_in(get, "account_logout")),
    "inactive": ("account/account_inactive.html", signed_out(get, "account_inactive")),
    "verification sent": (
        "account/verification_sent.html",
        signed_out(get, "account_email_verification_sent"),
    ),
    "verified address required": (
        "account/verified_email_required.html",
        lambda world: world.member.get("/verified/"),
    ),
    "no address": ("account/email.html", signed_in(get, "account_email")),
    "several addresses": (
        "account/email.html",
        after(several_addresses, signed_in(get, "account_email")),
    ),
    "wrong address": ("account/email.html", after(several_addresses, bad_email)),
    "change of no address": (
        "account/email_change.html",
        lambda world: get(world.change_email(), "account_email"),
    ),
    "change of address": (
        "account/email_change.html",
        after(World.address, lambda world: get(world.change_email(), "account_email")),
    ),
    "change of address, pending": (
        "account/email_change.html",
        after(several_addresses, lambda world: get(world.change_email(), "account_email")),
    ),
    "first address, pending": (
        "account/email_change.html",
        after(pending_address, lambda world: get(world.change_email(), "account_email")),
    ),
    "change of address, wrong": (
        "account/email_change.html",
        after(
            change_of_address,
            bad_email,
        ),
    ),
    "confirm address": (
        "account/email_confirm.html",
        lambda world: world.visitor.get(world.confirmation()),
    ),
    "confirm address, expired": (
        "account/email_confirm.html",
        lambda world: get(world.visitor, "account_confirm_email", "expired"),
    ),
    "no phone": ("account/phone_change.html", signed_in(get, "account_change_phone")),
    "phone": (
        "account/phone_change.html",
        after(World.phone, signed_in(get, "account_change_phone")),
    ),
    "phone, pending": (
        "account/phone_change.html",
        protected("account_change_phone", World.pending_phone),
    ),
    "phone, wrong": (
        "account/phone_change.html",
        signed_in(post, "account_change_phone", phone="x", action_add=""),
    ),
    "sign up, code": (
        "account/confirm_phone_verification_code.html",
        World.sign_up_with_phone,
    ),
    "phone, code": ("account/confirm_phone_verification_code.html", phone_code),
    "address, code": ("account/confirm_email_verification_code.html", email_code),
    "change password": (
        "account/password_change.html",
        signed_in(get, "account_change_password"),
    ),
    "change password, wrong": (
        "account/password_change.html",
        signed_in(post, "account_change_password", oldpassword="x", password1="a", password2="b"),
    ),
    "set password": (
        "account/password_set.html",
        lambda world: get(password_set(world), "account_set_password"),
    ),
    "set password, wrong": (
        "account/password_set.html",
        lambda world: post(password_set(world), "account_set_password", password1="a"),
    ),
    "reset password": ("account/password_reset.html", signed_out(get, "account_reset_password")),
    "reset password, signed in": (
        "account/password_reset.html",
        signed_in(get, "account_reset_password"),
    ),
    "reset password, wrong": (
        "account/password_reset.html",
        signed_out(post, "account_reset_password", email="x"),
    ),
    "reset password, sent": (
        "account/password_reset_done.html",
        signed_out(get, "account_reset_password_done"),
    ),
    "new password": (
        "account/password_reset_from_key.html",
        lambda world: world.visitor.get(world.reset_link(), follow=True),
    ),
    "new password, wrong": (
        "account/password_reset_from_key.html",
        lambda world: world.visitor.post(
            world.visitor.get(world.reset_link()).url, {"password1": "a", "password2": "b"}
        ),
    ),
    "new password, bad link": (
        "account/password_reset_from_key.html",
        lambda world: get(world.visitor, "account_reset_password_from_key", "1", "bad"),
    ),
    "new password, done": (
        "account/password_reset_from_key_done.html",
        signed_out(get, "account_reset_password_from_key_done"),
    ),
    "sign in by code": (
        "account/request_login_code.html",
        signed_out(get, "account_request_login_code"),
    ),
    "sign in by code, sent": ("account/confirm_login_code.html", login_code),
    "confirm it's you": (
        "account/reauthenticate.html",
        signed_in(get, "account_reauthenticate"),
    ),
    "confirm it's you, wrong": (
        "account/reauthenticate.html",
        signed_in(post, "account_reauthenticate", password="x"),
    ),
    "confirm it's you, two ways": (
        "account/reauthenticate.html",
        protected("account_reauthenticate", World.app),
    ),
    "confirm it's you, app": (
        "mfa/reauthenticate.html",
        protected("mfa_reauthenticate", World.app),
    ),
    "second factors, none": ("mfa/index.html", signed_in(get, "mfa_index")),
    "second factors, all": (
        "mfa/index.html",
        protected("mfa_index", World.app, World.codes, World.keys),
    ),
    "app, on": ("mfa/totp/activate_form.html", signed_in(get, "mfa_activate_totp")),
    "app, wrong code": (
        "mfa/totp/activate_form.html",
        signed_in(post, "mfa_activate_totp", code="1"),
    ),
    "app, off": (
        "mfa/totp/deactivate_form.html",
        protected("mfa_deactivate_totp", World.app),
    ),
    "codes, first": (
        "mfa/recovery_codes/generate.html",
        protected("mfa_generate_recovery_codes", World.app),
    ),
    "codes, again": (
        "mfa/recovery_codes/generate.html",
        protected("mfa_generate_recovery_codes", World.app, World.codes),
    ),
    "codes, without an app": (
        "mfa/recovery_codes/generate.html",
        signed_in(post, "mfa_generate_recovery_codes"),
    ),
    "codes": (
        "mfa/recovery_codes/index.html",
        protected("mfa_view_recovery_codes", World.app, World.codes),
    ),
    "second factor": (
        "mfa/authenticate.html",
        lambda world: get(world.second_factor(), "mfa_authenticate"),
    ),
    "second factor, wrong": (
        "mfa/authenticate.html",
        lambda world: post(world.second_factor(), "mfa_authenticate", code="1"),
    ),
    "second factor, no passkeys": (
        "mfa/authenticate.html",
        after(
            World.without_passkeys,
            lambda world: get(world.second_factor(), "mfa_authenticate"),
        ),
    ),
    "trust this browser": ("mfa/trust.html", trust_question),
    "keys, none": ("mfa/webauthn/authenticator_list.html", signed_in(get, "mfa_list_webauthn")),
    "keys": (
        "mfa/webauthn/authenticator_list.html",
        protected("mfa_list_webauthn", World.keys),
    ),
    "key, add": ("mfa/webauthn/add_form.html", signed_in(get, "mfa_add_webauthn")),
    "key, rename": (
        "mfa/webauthn/edit_form.html",
        lambda world: get(world.member, "mfa_edit_webauthn", world.keys().pk),
    ),
    "key, remove": (
        "mfa/webauthn/authenticator_confirm_delete.html",
        lambda world: get(world.member, "mfa_remove_webauthn", world.keys().pk),
    ),
    "connections, none": (
        "socialaccount/connections.html",
        signed_in(get, "socialaccount_connections"),
    ),
    "connections": (
        "socialaccount/connections.html",
        after(World.connect, signed_in(get, "socialaccount_connections")),
    ),
    "connections, nothing chosen": (
        "socialaccount/connections.html",
        after(World.connect, signed_in(post, "socialaccount_connections")),
    ),
    "provider": ("socialaccount/login.html", signed_out(get, "dummy_login")),
    "provider, connect": (
        "socialaccount/login.html",
        signed_in(get, "dummy_login", process="connect"),
    ),
    "provider, sign up": ("socialaccount/signup.html", World.social_signup),
    "provider, cancelled": (
        "socialaccount/login_cancelled.html",
        signed_out(get, "socialaccount_login_cancelled"),
    ),
    "provider, failed": (
        "socialaccount/authentication_error.html",
        signed_out(get, "socialaccount_login_error"),
    ),
}
