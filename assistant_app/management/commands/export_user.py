"""Export all data of a user to a zip file: `manage.py export_user ida ida.zip`."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from assistant_app.people import export


class Command(BaseCommand):
    help = "Writes all data of a user to a zip file that only you can read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="the user whose data to export")
        parser.add_argument("file", type=Path, help="where to write it; the file must not exist yet")

    def handle(self, *args: Any, username: str, file: Path, **options: Any) -> None:
        user = get_user_model()._default_manager.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user {username!r}.")
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as problem:
            raise CommandError(f"{file} cannot be created: {problem.strerror}.") from None
        with os.fdopen(descriptor, "wb") as target:
            for part in export.archive(user):
                target.write(part)
        self.stdout.write(f"Wrote {file}, {file.stat().st_size:,} bytes.")
