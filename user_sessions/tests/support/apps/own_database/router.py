"""Routers for these tables; docs/how-to/databases.md shows the first one."""

from __future__ import annotations


class SessionsRouter:
    app_label = "own_database"

    def db_for_read(self, model, **hints):
        return "replica" if model._meta.app_label == self.app_label else "default"

    def db_for_write(self, model, **hints):
        return "sessions" if model._meta.app_label == self.app_label else "default"

    def allow_relation(self, one, other, **hints):
        return True

    def allow_migrate(self, db, app_label, **hints):
        return (app_label == self.app_label) == (db != "default")


class OldSessionsRouter:
    """Puts the sessions to be moved into the database of ours."""

    def db_for_write(self, model, **hints):
        return "sessions" if model._meta.app_label == "theirs" else None

    db_for_read = db_for_write
