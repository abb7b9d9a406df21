"""The URLs start with a language prefix, and those of the session pages have a second prefix.

The last patterns are wrong values of BASE_URL.
"""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

from e2e.other_site import views

sessions = [
    path("account/sessions/", views.OpenList.as_view(), name="session_list"),
    path("account/sessions/other/delete/", views.EndOthers.as_view(), name="session_delete_other"),
    path("account/sessions/<str:pk>/delete/", views.EndOne.as_view(), name="session_delete"),
]

urlpatterns = [
    *i18n_patterns(
        path("", views.start, name="start"),
        path("anmelden/", views.SignIn.as_view(), name="sign_in"),
        path("code/", views.code, name="code"),
        path("mein/", include((sessions, "user_sessions"))),
    ),
    path("open/account/sessions/", views.start),
    path("lost/account/sessions/", views.redirect_to("/nowhere/")),
    path("abroad/account/sessions/", views.redirect_to_another_host),
    path("broken/account/sessions/", views.server_error),
    path("mute/account/sessions/", views.empty_server_error),
    path("circle/account/sessions/", views.redirect_to("/circle/account/sessions/")),
]
