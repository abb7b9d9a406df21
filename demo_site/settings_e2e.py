"""Settings of the end-to-end tests: the demo without rate limits and slow password hashes.

DATABASE_URL is the URL of the test database. MAIL_DIR is the folder to write e-mails to, one per file.
"""

from __future__ import annotations

import os

import django

from demo_site.database import database_from_environment
from demo_site.settings import *  # noqa: F403 (all settings that aren't overridden below)
from demo_site.settings import VAR_DIR

DATABASES = {"default": database_from_environment(default=VAR_DIR / "e2e.sqlite3")}

# Every test signs in from the same address. `ACCOUNT_RATE_LIMITS=on` keeps the demo's rate limits, for
# their test.
if os.environ.get("ACCOUNT_RATE_LIMITS") != "on":
    ACCOUNT_RATE_LIMITS = False

# For tests only: MD5 is fast, and brute force can break it.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

MAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
MAIL_DIR = os.environ.get("MAIL_DIR", str(VAR_DIR / "e2e-mail"))
if django.VERSION >= (6, 1):
    MAILERS = {"default": {"BACKEND": MAIL_BACKEND, "OPTIONS": {"file_path": MAIL_DIR}}}
else:
    EMAIL_BACKEND = MAIL_BACKEND
    EMAIL_FILE_PATH = MAIL_DIR
