"""SQLite locks the whole file: a second writer fails at once, so there is no race to test."""

from __future__ import annotations

from django.db import connection

collect_ignore_glob = ["test_*.py"] if connection.vendor == "sqlite" else []
