"""`manage.py make_site shop ../shop --theme bulma`: write a new project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from demo_site import new_site


class Command(BaseCommand):
    """Write a new project. All arguments are checked before a file is written."""

    help = "Writes a Django project with django-allauth, user_sessions and a theme, ready to run."
    requires_system_checks = ()  # they check the demo, not the new site

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the name of the site's package, e.g. shop")
        parser.add_argument("folder", help="the folder to create; it may exist if it is empty")
        parser.add_argument(
            "--theme", default="default", help=f"one of {', '.join(new_site.theme_names())}"
        )

    def handle(self, *args: Any, name: str, folder: str, theme: str, **options: Any) -> None:
        new_site.check_name(name)
        new_site.check_theme(theme)
        if not folder:
            raise CommandError(f"Set DEST to the folder of the new site: {new_site.EXAMPLE}")
        path = Path(folder).expanduser().absolute()
        new_site.check_folder(path)
        try:
            new_site.write_site(name, theme, path)
            new_site.add_wheel(path / "wheels")
            new_site.add_environment(path / ".venv")
        except OSError as error:
            raise CommandError(f"DEST is {str(path)!r}, which can't be written: {error}") from error
        self.stdout.write(f"Created {folder}. Run make there to list its targets.")
