"""The suite on a site that signs people in with django-allauth, with all that has a page."""

from __future__ import annotations

from user_sessions.tests.settings.base import *  # noqa: F403
from user_sessions.tests.settings.base import INSTALLED_APPS, MIDDLEWARE, TEST_FOLDERS

TEST_FOLDERS = [*TEST_FOLDERS, "allauth_site"]
INSTALLED_APPS = [
    *INSTALLED_APPS,
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.dummy",
]
MIDDLEWARE = [*MIDDLEWARE, "allauth.account.middleware.AccountMiddleware"]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ROOT_URLCONF = "user_sessions.tests.support.urls_allauth"
LOGIN_URL = "account_login"
# From Django 6.1 on there is no default; earlier ones read EMAIL_BACKEND, which the tests replace.
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
DEFAULT_FROM_EMAIL = "site@example.com"
ACCOUNT_ADAPTER = "user_sessions.tests.support.phones.PhoneAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_RATE_LIMITS = False
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "phone", "password1*", "password2*"]
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TRUST_ENABLED = True
