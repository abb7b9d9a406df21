"""What every page of the demo knows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from demo_site.conf import demo_mode


def demo(request: HttpRequest) -> dict[str, Any]:
    """Tell the templates whether made-up devices are to be had here."""
    return {"demo_mode": demo_mode()}
