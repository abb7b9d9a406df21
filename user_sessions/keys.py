"""Session keys, and the digests that replace them everywhere outside the cookie.

A session key works like a password: anyone who knows it can act as the user. Rows, URLs, pages and logs
therefore contain only its digest. A fast hash is enough, because a key has 165 random bits.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from hashlib import sha256

PREFIX = "sha256$"
DIGEST_LENGTH = len(PREFIX) + 43

_DIGEST = re.compile(re.escape(PREFIX) + r"[A-Za-z0-9_-]{43}")


class RawKey(str):
    """A session key in the form that django-user-sessions 2.0 stored: lookups don't hash it."""

    __slots__ = ()


def digest_of(session_key: str) -> str:
    """Return the digest of a session key, as it is stored: DIGEST_LENGTH characters.

    Every string has a digest, even with lone surrogates or NUL. A malformed cookie therefore needs no
    special case: no row has its digest.
    """
    hashed = sha256(session_key.encode("utf-8", "surrogatepass")).digest()
    return PREFIX + urlsafe_b64encode(hashed).rstrip(b"=").decode("ascii")


def is_digest(value: object) -> bool:
    """Return whether a value has the form of a digest. A digest is never accepted as a session key."""
    if not isinstance(value, str) or not value.startswith(PREFIX):  # fast path: most values
        return False
    return _DIGEST.fullmatch(value) is not None
