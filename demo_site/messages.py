"""Messages to the person at the browser ("Session ended: …"), kept in a cookie until they are shown."""

from __future__ import annotations

from django.contrib.messages.storage.cookie import CookieStorage


class HostOnlyStorage(CookieStorage):
    """Django's cookie storage under a name that binds it to this host; secure, so HTTPS only.

    A cookie rather than the session: saying "you are signed out" must not open a new one.
    """

    cookie_name = "__Host-messages"
