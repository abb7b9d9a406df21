"""The site and the account of the journeys, from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

EXAMPLE = (
    "Use a test account of the site, because all of its sessions are ended: "
    "make e2e BASE_URL=... E2E_USER=... E2E_PASSWORD=..."
)


class InvalidEnvironment(Exception):
    """An environment variable is missing or invalid; the message says how to fix it."""


@dataclass(frozen=True)
class Account:
    """An account on a site."""

    site: str  # its URL, without a slash at its end
    username: str
    password: str = field(repr=False)


def account_from(environment: Mapping[str, str]) -> Account:
    """Return the account of BASE_URL, E2E_USER and E2E_PASSWORD. Raises InvalidEnvironment."""
    site = environment.get("BASE_URL", "").strip().rstrip("/")
    if not is_site_url(site):
        raise InvalidEnvironment(
            f"BASE_URL is {site!r}, which is not the URL of a site. Use a URL such as "
            "https://example.org, without a query."
        )
    if missing := [name for name in ("E2E_USER", "E2E_PASSWORD") if not environment.get(name)]:
        raise InvalidEnvironment(f"{' and '.join(missing)} must be set. {EXAMPLE}")
    return Account(site, environment["E2E_USER"], environment["E2E_PASSWORD"])


def is_site_url(site: str) -> bool:
    try:
        parts = urlsplit(site)
        valid_port = (
            parts.port is None or parts.port > 0
        )  # raises ValueError if the port is no number
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and valid_port
        and not (parts.query or parts.fragment)
    )


def origin_of(address: str) -> str:
    """Return the origin of a URL: scheme, host and port."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
