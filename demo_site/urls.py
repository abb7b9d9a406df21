"""The URLs of the demo: its own pages, user_sessions, allauth, and Django's admin."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from demo_site import views

# Sign in to the admin through allauth as well, so that its rate limits apply there.
admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", views.home, name="home"),
    path("another-device/", views.another_device, name="another_device"),
    path("patterns/", views.patterns, name="patterns"),
    path("", include("user_sessions.urls")),  # account/sessions/
    path("account/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("language/", include("django.conf.urls.i18n")),
    path("favicon.ico", views.favicon),
]
