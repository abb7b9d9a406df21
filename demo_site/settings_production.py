"""Settings for a server behind HTTPS. `manage.py check --deploy` finds nothing to say about them.

The environment gives what differs from server to server:

SECRET_KEY        50 characters or more, made by chance, known to nobody
ALLOWED_HOSTS     the names of the site, divided by commas
DATABASE_URL      e.g. postgres://user:password@127.0.0.1:5432/name
CACHE_URL         e.g. redis://127.0.0.1:6379/0; several processes need one
TRUSTED_PROXIES   addresses and networks of your proxies, divided by commas; empty without proxies
STATIC_ROOT       where `collectstatic` puts the files that your web server serves
GEOIP_PATH        the folder with GeoLite2-City.mmdb; leave it out to show no places
"""

from __future__ import annotations

import os

import django
from django.core.exceptions import ImproperlyConfigured

from demo_site.database import database_from_environment
from demo_site.settings import *  # noqa: F403 (everything that isn't said below holds here too)
from demo_site.settings import CACHE_URL, VAR_DIR


def _required(name: str) -> str:
    """Return a variable of the environment; a site without it must not start."""
    try:
        return os.environ[name]
    except KeyError:
        raise ImproperlyConfigured(f"Set {name} in the environment.") from None


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


SECRET_KEY = _required("SECRET_KEY")
ALLOWED_HOSTS = _listed(_required("ALLOWED_HOSTS"))
DEBUG = False

# Connections are kept for a minute, and asked whether they still live before they are used again.
DATABASES = {
    "default": {
        **database_from_environment(default=None),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}

# --- HTTPS, always --------------------------------------------------------------------------------

# Begin with an hour for SECURE_HSTS_SECONDS on a site that has visitors: browsers hold you to it.
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True

# --- Cookies that nothing but this very site can set or read --------------------------------------

# A browser takes a cookie named __Host-… only over HTTPS, from this host, for the whole of it. So no
# other host of the domain can plant a session or a CSRF token here.
SESSION_COOKIE_NAME = "__Host-sessionid"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrftoken"
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_NAME = "__Host-language"
LANGUAGE_COOKIE_SECURE = True
MESSAGE_STORAGE = "demo_site.messages.HostOnlyStorage"

# --- Proxies --------------------------------------------------------------------------------------

# Only what these say about the client is believed; from anyone else X-Forwarded-For is just text.
TRUSTED_PROXIES = _listed(os.environ.get("TRUSTED_PROXIES", ""))
USER_SESSIONS_TRUSTED_PROXIES = TRUSTED_PROXIES
if TRUSTED_PROXIES:
    # allauth counts where user_sessions compares: its rate limits need the same client address.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
    # Your proxy must set this header itself and drop what the client sent under its name.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Files and mail -------------------------------------------------------------------------------

STATIC_ROOT = os.environ.get("STATIC_ROOT", str(VAR_DIR / "static"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
GEOIP_PATH = os.environ.get("GEOIP_PATH", "")

MAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
if django.VERSION >= (6, 1):
    MAILERS = {"default": {"BACKEND": MAIL_BACKEND}}
else:
    EMAIL_BACKEND = MAIL_BACKEND

# allauth counts attempts to sign in here. With several processes, use a cache that they share.
if CACHE_URL:
    CACHES = {**CACHES, "default": CACHES["sessions"]}  # noqa: F405 (of the demo's settings)
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- Only in the demo -----------------------------------------------------------------------------

DEMO_MODE = False
TOUR_COOKIE_NAME = "__Host-tour"
THEME_COOKIE_NAME = "__Host-theme"
MODE_COOKIE_NAME = "__Host-mode"
