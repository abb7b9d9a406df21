"""URL patterns of the session pages: ``path("", include("user_sessions.urls"))``."""

from __future__ import annotations

from django.urls import path

from user_sessions.views import SessionDeleteOtherView, SessionDeleteView, SessionListView

app_name = "user_sessions"

urlpatterns = [
    path("account/sessions/", SessionListView.as_view(), name="session_list"),
    path(
        "account/sessions/other/delete/",
        SessionDeleteOtherView.as_view(),
        name="session_delete_other",
    ),
    path("account/sessions/<str:pk>/delete/", SessionDeleteView.as_view(), name="session_delete"),
]
