"""`python -m e2e.other_site`: create the tables and the accounts, and serve on a free port."""

from __future__ import annotations

import os

import django
from django.core.management import call_command
from django.core.management.commands.runserver import Command as RunServer


class Server(RunServer):
    """Print the URL when it listens, as the demo does."""

    def on_bind(self, server_port: int) -> None:
        self.stdout.write(f"Open http://127.0.0.1:{server_port}/ \n")


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "e2e.other_site.settings"
    django.setup()
    call_command("migrate", verbosity=0)

    from django.contrib.auth.models import User

    from e2e.other_site.views import FAULTS

    for username in FAULTS:
        User.objects.create_user(username, password=username)
    call_command(Server(), "127.0.0.1:0", use_reloader=False)


if __name__ == "__main__":
    main()
