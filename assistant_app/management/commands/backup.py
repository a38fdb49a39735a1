"""Copy the SQLite database while the server runs: `manage.py backup /backups/2026-11-22.sqlite3`."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from django.db import connection


class Command(BaseCommand):
    help = "Copies the SQLite database to a new file while the server runs. For PostgreSQL, use pg_dump."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="where to write the copy; the file must not exist yet")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        if connection.vendor != "sqlite":
            raise CommandError(
                f'For PostgreSQL, run: pg_dump --format=custom --file="{file}" "$DATABASE_URL"'
            )
        if not connection.introspection.table_names():  # with a wrong DATA_DIR, SQLite just made a new file
            name = connection.settings_dict["NAME"]
            raise CommandError(f"{name} has no tables. Are DATA_DIR and DATABASE_URL the server's?")
        if file.exists():
            raise CommandError(f"{file} already exists.")
        before = os.umask(0o077)  # the file contains everyone's mail
        try:
            with connection.cursor() as cursor:
                cursor.execute("VACUUM INTO %s", [str(file)])
        except DatabaseError as problem:
            raise CommandError(f"{file} cannot be written: {problem}.") from None
        finally:
            os.umask(before)
        self.stdout.write(f"Wrote {file}, {file.stat().st_size:,} bytes.")
