"""Session keys and the digests that stand for them outside the cookie.

A session key is a password: whoever knows it is that user. Rows, URLs, pages and logs therefore hold
its digest. A fast hash is enough, because the key is 165 random bits and can't be guessed.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from hashlib import sha256

PREFIX = "sha256$"
DIGEST_LENGTH = len(PREFIX) + 43

_DIGEST = re.compile(re.escape(PREFIX) + r"[A-Za-z0-9_-]{43}")


class RawKey(str):
    """A session key as it stands in a row of django-user-sessions 2.0: it is compared unhashed."""

    __slots__ = ()


def digest_of(session_key: str) -> str:
    """Return the digest that is stored for a session key, of DIGEST_LENGTH characters.

    Any string has one, lone surrogates and NUL included, so a hostile cookie is a key like any
    other: one that no row has.
    """
    hashed = sha256(session_key.encode("utf-8", "surrogatepass")).digest()
    return PREFIX + urlsafe_b64encode(hashed).rstrip(b"=").decode("ascii")


def is_digest(value: object) -> bool:
    """Tell whether a value has the form of a digest. One is never accepted as a session key."""
    if not isinstance(value, str) or not value.startswith(
        PREFIX
    ):  # as nearly all that are asked about
        return False
    return _DIGEST.fullmatch(value) is not None
