"""What every settings module of the unit tests has in common."""

from __future__ import annotations

import os

import dj_database_url

SECRET_KEY = "only for tests"
USE_TZ = True
DATABASES = {
    "default": dj_database_url.parse(os.environ.get("DATABASE_URL") or "sqlite://:memory:")
}
# The folders of user_sessions/tests/ that these settings run. Each settings module adds or replaces.
TEST_FOLDERS = ["engine", "across_databases", "races"]
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "user_sessions_themes.default",
    "user_sessions",
]
MIDDLEWARE = [
    "user_sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
SESSION_ENGINE = "user_sessions.backends.db"
ROOT_URLCONF = "user_sessions.tests.support.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "debug": True,
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
STATIC_URL = "static/"
LOGOUT_REDIRECT_URL = "/signed-out/"
LOGIN_URL = "/sign-in/"
# Signing in is part of nearly every test, and hashing well is not what they are about.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
