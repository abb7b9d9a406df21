"""`manage.py make_site shop ../shop --theme bulma`: a site of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from demo_site import new_site


class Command(BaseCommand):
    """Everything is checked before anything is written."""

    help = "Writes a Django project with django-allauth, user_sessions and a theme, ready to run."
    requires_system_checks = ()  # of the demo, which this is not about

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the name of the site's package, e.g. shop")
        parser.add_argument("folder", help="where to write it; empty, or not there yet")
        parser.add_argument(
            "--theme", default="default", help=f"one of {', '.join(new_site.theme_names())}"
        )

    def handle(self, *args: Any, name: str, folder: str, theme: str, **options: Any) -> None:
        new_site.check_name(name)
        new_site.check_theme(theme)
        if not folder:
            raise CommandError(f"Say where the site shall be: {new_site.EXAMPLE}")
        path = Path(folder).expanduser().absolute()
        new_site.check_folder(path)
        try:
            new_site.write_site(name, theme, path)
            new_site.add_wheel(path / "wheels")
            new_site.add_environment(path / ".venv")
        except OSError as error:
            raise CommandError(f"DEST is {str(path)!r}, and can't be written: {error}") from error
        self.stdout.write(f"Made {folder}. Go there, and type make to see what it can do.")
