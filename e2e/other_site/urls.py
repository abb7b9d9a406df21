"""Addresses begin with the language, and those of the sessions go on with a word of the site's.

Below the other words stand what `BASE_URL` may name by mistake.
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
    path("lost/account/sessions/", views.leads_to("/nowhere/")),
    path("abroad/account/sessions/", views.leads_abroad),
    path("broken/account/sessions/", views.breaks),
    path("mute/account/sessions/", views.breaks_without_a_word),
    path("circle/account/sessions/", views.leads_to("/circle/account/sessions/")),
]
