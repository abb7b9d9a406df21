"""The site of the unit tests, with django-allauth."""

from __future__ import annotations

from allauth.account.decorators import verified_email_required
from django.urls import include, path

from user_sessions.tests.support import site
from user_sessions.tests.support.urls import urlpatterns as plain

urlpatterns = [
    *plain,
    path("verified/", verified_email_required(site.plain)),
    path("accounts/", include("allauth.urls")),
]
