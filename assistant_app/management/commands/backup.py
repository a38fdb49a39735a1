"""Copy the SQLite database while it is in use: `manage.py backup /backups/2026-11-22.sqlite3`."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from django.db import connection


class Command(BaseCommand):
    help = "Copies the SQLite database into a new file, while the server runs. PostgreSQL has pg_dump."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="where to write it; it must not be there yet")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        if connection.vendor != "sqlite":
            raise CommandError(f'This is PostgreSQL: pg_dump --format=custom --file="{file}" "$DATABASE_URL"')
        if not connection.introspection.table_names():  # another DATA_DIR than the server's makes a new file
            name = connection.settings_dict["NAME"]
            raise CommandError(f"There is nothing in {name}: are DATA_DIR and DATABASE_URL the server's?")
        if file.exists():
            raise CommandError(f"{file} is there already.")
        before = os.umask(0o077)  # it holds everybody's mail
        try:
            with connection.cursor() as cursor:
                cursor.execute("VACUUM INTO %s", [str(file)])
        except DatabaseError as problem:
            raise CommandError(f"{file} cannot be written: {problem}.") from None
        finally:
            os.umask(before)
        self.stdout.write(f"Wrote {file}, {file.stat().st_size:,} bytes.")
