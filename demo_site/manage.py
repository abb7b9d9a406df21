#!/usr/bin/env python
"""Django's command line for the demo. `python demo_site/manage.py demo` prepares and runs the site."""

from __future__ import annotations

import os
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


def main() -> None:
    """Run one command, with the demo's settings unless the environment names others.

    Python puts the folder of this file on sys.path. Replace it by the repository's root, so that each
    module here can be imported under one name only, `demo_site.<name>`.
    """
    sys.path[0] = str(REPOSITORY)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo_site.settings")

    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(str(error))


if __name__ == "__main__":
    main()
