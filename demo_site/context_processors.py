"""The context variables of every page of the demo."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from demo_site.address import current_url, other_parameters
from demo_site.conf import demo_mode, themes
from demo_site.look import current_look


def demo(request: HttpRequest) -> dict[str, Any]:
    """Return the variables of the header and the footer: demo mode, look, and this page's URL."""
    return {
        "demo_mode": demo_mode(),
        "look": current_look(),
        "themes": themes(),
        "current_url": current_url(request),
        "other_parameters": other_parameters(request),
    }
