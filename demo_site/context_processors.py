"""What every page of the demo knows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from demo_site.address import address_again, other_parameters
from demo_site.conf import demo_mode, themes
from demo_site.look import current_look


def demo(request: HttpRequest) -> dict[str, Any]:
    """Tell the templates whether made-up devices are to be had here, and what the switches need."""
    return {
        "demo_mode": demo_mode(),
        "look": current_look(),
        "themes": themes(),
        "address_again": address_again(request),
        "other_parameters": other_parameters(request),
    }
