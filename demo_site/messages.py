"""The storage of messages such as "Session ended: …": a cookie, until a page shows them."""

from __future__ import annotations

from django.contrib.messages.storage.cookie import CookieStorage


class HostOnlyStorage(CookieStorage):
    """Django's cookie storage with a name that binds the cookie to this host and to HTTPS.

    Don't store messages in the session: the message "You have signed out." would start a new one.
    """

    cookie_name = "__Host-messages"
