"""Settings of the demo, written to be copied. Each block explains its purpose.

They are for local development over plain HTTP; settings_production.py hardens them for a server. The
last block, "Only in the demo", is not for a site of your own.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import django
from django.core.exceptions import ImproperlyConfigured

from demo_site.database import database_from_environment

BASE_DIR = Path(__file__).resolve().parent
VAR_DIR = BASE_DIR / "var"  # all files that the site writes; git ignores it

# This key is public, so anyone could forge signed values: never use it on a server.
SECRET_KEY = "not-a-secret: the demo runs on your own machine"  # noqa: S105 (see above)
# Off by default, so that you see the pages of visitors. DEBUG=1 make demo shows Django's debug pages.
DEBUG = os.environ.get("DEBUG") == "1"
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

# The theme: e.g. `bulma` for user_sessions_themes.bulma.
THEME = os.environ.get("THEME") or "default"

# --- Sessions: the three lines that install user_sessions -----------------------------------------

# 1. The app, which replaces django.contrib.sessions. Put the theme before it and both before allauth:
#    Django takes a template from the first app that has it, and the theme overrides allauth's templates.
INSTALLED_APPS = [
    f"user_sessions_themes.{THEME}",
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

# 2. The engine, which stores user, address and user agent with each session. CACHE_URL, e.g.
#    redis://127.0.0.1:6379/0, adds a Redis that caches sessions only. allauth counts sign-in attempts in
#    the cache `default`, so people can still sign in when Redis is down.
CACHE_URL = os.environ.get("CACHE_URL", "")
SESSION_ENGINE = "user_sessions.backends.cached_db" if CACHE_URL else "user_sessions.backends.db"
if CACHE_URL:
    SESSION_CACHE_ALIAS = "sessions"
    CACHES: dict[str, dict[str, Any]] = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
        "sessions": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": CACHE_URL,
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},  # seconds
        },
    }

# 3. The middleware, in the place of django.contrib.sessions' own.
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
]

# People stay signed in for a month. A long life is acceptable if they can see and end each session.
SESSION_COOKIE_AGE = 30 * 24 * 60 * 60  # seconds
ACCOUNT_SESSION_REMEMBER = True  # allauth: sign in for that month without asking

# Places come from a GeoIP database, GeoLite2-City.mmdb in this folder. Your site needs MaxMind's; the
# demo writes its own for the addresses that are reserved for documentation.
GEOIP_PATH = str(VAR_DIR)

# --- Accounts: django-allauth ---------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# A name and a password are enough to sign up; an e-mail address can be added later.
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"

# A second factor from an authenticator app, with recovery codes for a lost phone.
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "user_sessions demo"

# The session list comes first after sign-in, because it is what the demo shows.
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "user_sessions:session_list"
LOGOUT_REDIRECT_URL = "home"

# --- What the browser may do ----------------------------------------------------------------------

# Allow scripts, styles and images from this site only, and none inline: injected HTML can't run a
# script that steals a session.
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
else:  # Django 5.2 has no CSP middleware; django-csp has
    CONTENT_SECURITY_POLICY = {"DIRECTIVES": CONTENT_SECURITY_RULES}
    INSTALLED_APPS.append("csp")
    MIDDLEWARE.insert(1, "csp.middleware.CSPMiddleware")

X_FRAME_OPTIONS = "DENY"  # frame-ancestors for browsers that don't know it

# No script reads a cookie of this site, and no form of another site sends one.
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"

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
# MariaDB has no conditional unique constraints; allauth also enforces its own in Python.
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
            ],
        },
    },
]

STATIC_URL = "static/"

# E-mail, e.g. for a password reset, is printed in the server's terminal.
DEFAULT_FROM_EMAIL = "demo@example.org"
MAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
if django.VERSION >= (6, 1):
    MAILERS: dict[str, dict[str, Any]] = {"default": {"BACKEND": MAIL_BACKEND}}
else:
    EMAIL_BACKEND = MAIL_BACKEND

# Without DEBUG, Django's default sends errors by e-mail and prints none.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}

# --- Only in the demo: a site of your own ends above this line ------------------------------------

# The demo's pages and templates/user_sessions/_base.html, which adds header and footer to every page.
# Put the app first, so that Django finds this template before the theme's, which it extends.
INSTALLED_APPS.insert(0, "demo_site")
TEMPLATES[0]["OPTIONS"]["context_processors"].append("demo_site.context_processors.demo")

# Show the demo accounts with their passwords, and let one browser start sessions on made-up devices.
DEMO_MODE = True

# An open page shows at once that its session was ended. Several processes need CACHE_URL for this.
INSTALLED_APPS.append("user_sessions.channels")
ASGI_APPLICATION = "demo_site.asgi.application"
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [{"address": CACHE_URL, "socket_timeout": 30}]},
    }
    if CACHE_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}
SILENCED_SYSTEM_CHECKS.append("user_sessions.W031")

# The completed stops of the tour on the home page.
MIDDLEWARE.append("demo_site.tour.tour_middleware")
TOUR_COOKIE_NAME = "tour"

# The switch in the header lets each visitor choose a theme; THEME is the default. Django can't do this,
# and a site doesn't need it: it takes a template loader, and the static files of all themes.
THEMES_DIR = BASE_DIR.parent / "themes"
THEMES = sorted(path.parent.name for path in THEMES_DIR.glob("*/apps.py"))
if THEME not in THEMES:
    raise ImproperlyConfigured(
        f"THEME is {THEME!r}, but there is no such theme. Use one of: {', '.join(THEMES)}."
    )
MIDDLEWARE.append("demo_site.look.look_middleware")
THEME_COOKIE_NAME = "theme"
MODE_COOKIE_NAME = "mode"
TEMPLATES[0]["APP_DIRS"] = False
TEMPLATES[0]["OPTIONS"]["loaders"] = ["demo_site.loader.Loader"]
OTHER_THEMES = [THEMES_DIR / theme for theme in THEMES if theme != THEME]
STATICFILES_DIRS = [path / "static" for path in OTHER_THEMES if (path / "static").is_dir()]
LOCALE_PATHS = [path / "locale" for path in OTHER_THEMES if (path / "locale").is_dir()]
