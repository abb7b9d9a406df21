"""Settings for a server behind HTTPS. `manage.py check --deploy` reports nothing.

These environment variables differ between servers:

SECRET_KEY        a random text of at least 50 characters; keep it secret
ALLOWED_HOSTS     the host names of the site, separated by commas
DATABASE_URL      e.g. postgres://user:password@127.0.0.1:5432/name
CACHE_URL         e.g. redis://127.0.0.1:6379/0; several processes need one
TRUSTED_PROXIES   addresses and networks of your proxies, separated by commas; empty without proxies
STATIC_ROOT       the folder of `collectstatic`, which your web server serves
GEOIP_PATH        the folder with GeoLite2-City.mmdb; unset: no places are shown
"""

from __future__ import annotations

import os

import django
from django.core.exceptions import ImproperlyConfigured

from demo_site.database import database_from_environment
from demo_site.settings import *  # noqa: F403 (all settings that aren't overridden below)
from demo_site.settings import CACHE_URL, VAR_DIR


def _required(name: str) -> str:
    """Return an environment variable. Raises ImproperlyConfigured if it is missing."""
    try:
        return os.environ[name]
    except KeyError:
        raise ImproperlyConfigured(f"Set {name} in the environment.") from None


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


SECRET_KEY = _required("SECRET_KEY")
ALLOWED_HOSTS = _listed(_required("ALLOWED_HOSTS"))
DEBUG = False

# Keep connections for a minute, and check them before Django uses them again.
DATABASES = {
    "default": {
        **database_from_environment(default=None),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}

# --- HTTPS, always --------------------------------------------------------------------------------

# On a site that has visitors, start with an hour for SECURE_HSTS_SECONDS: browsers remember it.
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True

# --- Cookies that only this host can set and read -------------------------------------------------

# A browser accepts a cookie named __Host-… only over HTTPS, from this host and for all its paths. So
# another host of the domain can't set a session or a CSRF token here.
SESSION_COOKIE_NAME = "__Host-sessionid"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrftoken"
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_NAME = "__Host-language"
LANGUAGE_COOKIE_SECURE = True
MESSAGE_STORAGE = "demo_site.messages.HostOnlyStorage"

# --- Proxies --------------------------------------------------------------------------------------

# X-Forwarded-For counts only in requests from these proxies; other clients can forge it.
TRUSTED_PROXIES = _listed(os.environ.get("TRUSTED_PROXIES", ""))
USER_SESSIONS_TRUSTED_PROXIES = TRUSTED_PROXIES
if TRUSTED_PROXIES:
    # allauth's rate limits need the same client address; allauth counts proxies instead of naming them.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
    # Your proxy must set this header and drop the value that the client sent.
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

# allauth counts sign-in attempts here. Several processes need a shared cache.
if CACHE_URL:
    CACHES = {**CACHES, "default": CACHES["sessions"]}  # noqa: F405 (from the demo's settings)
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- Only in the demo -----------------------------------------------------------------------------

DEMO_MODE = False
TOUR_COOKIE_NAME = "__Host-tour"
THEME_COOKIE_NAME = "__Host-theme"
MODE_COOKIE_NAME = "__Host-mode"
