"""Write all that is stored of a person into a zip file: `manage.py export_user ida ida.zip`."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from assistant_app.people import export


class Command(BaseCommand):
    help = "Writes a zip file with all that is stored of a person. Only you can read it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="whose data it is")
        parser.add_argument("file", type=Path, help="where to write it; it must not be there yet")

    def handle(self, *args: Any, username: str, file: Path, **options: Any) -> None:
        user = get_user_model()._default_manager.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user {username!r}.")
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as problem:
            raise CommandError(f"{file} cannot be made: {problem.strerror}.") from None
        with os.fdopen(descriptor, "wb") as target:
            for part in export.archive(user):
                target.write(part)
        self.stdout.write(f"Wrote {file}, {file.stat().st_size:,} bytes.")
