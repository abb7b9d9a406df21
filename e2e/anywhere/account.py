"""Which site the journeys visit, and as whom: what the environment says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

WHOSE = (
    "Name an account of the site that exists for tests, since all of its sessions are ended: "
    "make e2e BASE_URL=... E2E_USER=... E2E_PASSWORD=..."
)


class Unusable(Exception):
    """What the environment says can't be used; the text says how to mend it."""


@dataclass(frozen=True)
class Account:
    """Somebody's account on a site."""

    site: str  # its address, without a slash at its end
    username: str
    password: str = field(repr=False)


def account_from(environment: Mapping[str, str]) -> Account:
    """Read BASE_URL, E2E_USER and E2E_PASSWORD. Raises Unusable."""
    site = environment.get("BASE_URL", "").strip().rstrip("/")
    if not is_address(site):
        raise Unusable(
            f"BASE_URL is {site!r}, which is no address of a site: write https://example.org, "
            "without a question mark."
        )
    if missing := [name for name in ("E2E_USER", "E2E_PASSWORD") if not environment.get(name)]:
        raise Unusable(f"{' and '.join(missing)} must be set. {WHOSE}")
    return Account(site, environment["E2E_USER"], environment["E2E_PASSWORD"])


def is_address(site: str) -> bool:
    try:
        parts = urlsplit(site)
        valid_port = parts.port is None or parts.port > 0  # raises ValueError for what is no number
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and valid_port
        and not (parts.query or parts.fragment)
    )


def host_of(address: str) -> str:
    """Return the part of an address that says whom one talks to: scheme, host and port."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
