"""The middleware's decision: what a response does with the session."""

from __future__ import annotations

import pytest

from user_sessions.middleware import SessionAction, response_action


class FakeSession:
    """The attributes of a session that ``response_action`` reads."""

    def __init__(self, *, empty=False, modified=False, accessed=True, due=False):
        self.modified = modified
        self.accessed = accessed
        self.is_empty = lambda: empty
        self.touch_due = lambda: due


@pytest.mark.parametrize(
    ("session", "cookie_sent", "status", "action"),
    [
        (FakeSession(empty=True), False, 200, SessionAction.NOTHING),
        (FakeSession(empty=True), True, 200, SessionAction.DROP_COOKIE),
        (FakeSession(empty=True), True, 500, SessionAction.DROP_COOKIE),
        (FakeSession(empty=True, modified=True), False, 200, SessionAction.NOTHING),
        (FakeSession(), True, 200, SessionAction.NOTHING),
        (FakeSession(modified=True), True, 200, SessionAction.SAVE),
        (FakeSession(modified=True, due=True), True, 404, SessionAction.SAVE),
        (FakeSession(modified=True), True, 500, SessionAction.NOTHING),
        (FakeSession(modified=True), True, 503, SessionAction.NOTHING),
        (FakeSession(due=True), True, 200, SessionAction.TOUCH),
        (FakeSession(due=True), True, 500, SessionAction.NOTHING),
        (FakeSession(due=True, accessed=False), True, 200, SessionAction.NOTHING),
    ],
    ids=[
        "anonymous", "emptied", "emptied, failed", "emptied without cookie", "read", "changed",
        "changed and due", "changed, failed", "changed, unavailable", "due", "due, failed", "due, unread",
    ],
)  # fmt: skip
def test_response_action_depends_on_session_cookie_and_status(session, cookie_sent, status, action):
    assert response_action(session, cookie_sent=cookie_sent, status=status) is action


def test_session_is_saved_if_the_site_saves_every_request(settings):
    settings.SESSION_SAVE_EVERY_REQUEST = True
    assert (
        response_action(FakeSession(accessed=False), cookie_sent=True, status=200)
        is SessionAction.SAVE
    )
