"""Settings of the end-to-end tests: the demo as people run it, but for what would hold a test up.

DATABASE_URL names the tests' own database, MAIL_DIR the folder where each mail becomes a file.
"""

from __future__ import annotations

import os

import django

from demo_site.database import database_from_environment
from demo_site.settings import *  # noqa: F403 (everything that isn't said below holds here too)
from demo_site.settings import VAR_DIR

DATABASES = {"default": database_from_environment(default=VAR_DIR / "e2e.sqlite3")}

# Every test signs in from the same address. `ACCOUNT_RATE_LIMITS=on` gives the demo's limits back,
# for the test that shows that it has them.
if os.environ.get("ACCOUNT_RATE_LIMITS") != "on":
    ACCOUNT_RATE_LIMITS = False

# Fit for tests only: such a hash is found by trying.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

MAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
MAIL_DIR = os.environ.get("MAIL_DIR", str(VAR_DIR / "e2e-mail"))
if django.VERSION >= (6, 1):
    MAILERS = {"default": {"BACKEND": MAIL_BACKEND, "OPTIONS": {"file_path": MAIL_DIR}}}
else:
    EMAIL_BACKEND = MAIL_BACKEND
    EMAIL_FILE_PATH = MAIL_DIR
