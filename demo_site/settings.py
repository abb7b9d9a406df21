"""Settings of the demo, written to be copied: each block says why it is there.

They are for your own machine, over plain HTTP. settings_production.py hardens them for a server.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import django

from demo_site.database import database_from_environment

BASE_DIR = Path(__file__).resolve().parent
VAR_DIR = BASE_DIR / "var"  # everything that the site writes; git leaves it alone

# Anyone can read this key, so anyone could forge what it signs: never use it on a server.
SECRET_KEY = "not-a-secret: the demo runs on your own machine"  # noqa: S105 (see above)
# Off, so that you see what a visitor sees. DEBUG=1 make demo shows Django's pages for developers.
DEBUG = os.environ.get("DEBUG") == "1"
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

# Shows the demo accounts with their passwords, and lets one browser open sessions on made-up devices.
DEMO_MODE = True

# --- Sessions: the three lines that install user_sessions -----------------------------------------

# 1. The app. A theme stands before it, since the first app that has a template wins, and both stand
#    before allauth, whose pages the theme dresses. It takes the place of django.contrib.sessions.
INSTALLED_APPS = [
    "demo_site",
    "user_sessions_themes.default",
    "user_sessions",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

# 2. The engine, which stores user, address and browser with each session.
SESSION_ENGINE = "user_sessions.backends.db"

# 3. The middleware, where that of django.contrib.sessions would be.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "user_sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",  # after the session, before what translates
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "demo_site.tour.tour_middleware",
]

# People stay signed in for a month. A long life is bearable where they can see and end each session.
SESSION_COOKIE_AGE = 30 * 24 * 60 * 60  # seconds
ACCOUNT_SESSION_REMEMBER = True  # allauth: sign in for that month without asking

# Places come from a GeoIP database, GeoLite2-City.mmdb in this folder. On your site that is
# MaxMind's; the demo makes one of its own for the addresses that are reserved for documentation.
GEOIP_PATH = str(VAR_DIR)

# --- Accounts: django-allauth ---------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# A name and a password are enough to look around; an e-mail address can be added later.
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"

# A second factor from an app, with codes on paper for the day that the phone is gone.
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "user_sessions demo"

# After signing in, people land where they can see what this site is about.
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "user_sessions:session_list"
LOGOUT_REDIRECT_URL = "home"

# --- What the browser may do ----------------------------------------------------------------------

# Scripts, styles and pictures come from this site and from nowhere else, and nothing stands inline:
# text that somebody smuggles into a page can't become a script that steals a session.
CONTENT_SECURITY_RULES: dict[str, list[str]] = {
    "default-src": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "object-src": ["'none'"],
}
if django.VERSION >= (6, 0):
    SECURE_CSP = CONTENT_SECURITY_RULES
    MIDDLEWARE.insert(1, "django.middleware.csp.ContentSecurityPolicyMiddleware")
else:  # Django 5.2 leaves it to django-csp
    CONTENT_SECURITY_POLICY = {"DIRECTIVES": CONTENT_SECURITY_RULES}
    INSTALLED_APPS.append("csp")
    MIDDLEWARE.insert(1, "csp.middleware.CSPMiddleware")

X_FRAME_OPTIONS = "DENY"  # frame-ancestors for browsers that don't know it

# No script needs to read a cookie of this site, and no other site may send one along with a form.
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TOUR_COOKIE_NAME = "tour"

# --- Languages ------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("nl", "Nederlands"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("es", "Español"),
    ("ar", "العربية"),
    ("he", "עברית"),
]
TIME_ZONE = "UTC"
USE_TZ = True

# --- The rest of a Django site --------------------------------------------------------------------

ROOT_URLCONF = "demo_site.urls"
WSGI_APPLICATION = "demo_site.wsgi.application"

# PostgreSQL and MariaDB by DATABASE_URL, e.g. postgres://user:password@127.0.0.1:5432/name.
DATABASES = {"default": database_from_environment(default=VAR_DIR / "demo.sqlite3")}
# MariaDB has no unique constraints with conditions; allauth keeps its own in Python too.
SILENCED_SYSTEM_CHECKS = ["models.W036"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "demo_site.context_processors.demo",
            ],
        },
    },
]

STATIC_URL = "static/"

# The mail of a password reset is printed where the server runs.
DEFAULT_FROM_EMAIL = "demo@example.org"
MAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
if django.VERSION >= (6, 1):
    MAILERS: dict[str, dict[str, Any]] = {"default": {"BACKEND": MAIL_BACKEND}}
else:
    EMAIL_BACKEND = MAIL_BACKEND

# Without DEBUG, Django would send errors by mail and show none here.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
