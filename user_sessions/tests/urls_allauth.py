"""The site of the unit tests, with django-allauth."""

from __future__ import annotations

from django.urls import include, path

from user_sessions.tests.urls import urlpatterns as plain

urlpatterns = [*plain, path("accounts/", include("allauth.urls"))]
