"""The site of the unit tests: the session pages, the admin, and a few small views."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from user_sessions.tests.support import site

urlpatterns = [
    path("admin/", admin.site.urls),
    path("sign-in/", LoginView.as_view(template_name="admin/login.html"), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("plain/", site.plain),
    path("aplain/", site.aplain),
    path("who/", site.who),
    path("awho/", site.awho),
    path("set/", site.set_value),
    path("aset/", site.aset_value),
    path("sign-in-and-fail/", site.sign_in_and_fail),
    path("end-others-and-fail/", site.EndOthersAndFail.as_view()),
    path("remember/", site.remember),
    path("fail/", site.fail),
    path("", include("user_sessions.urls")),
]
