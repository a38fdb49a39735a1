"""Delete old emails and expired records; `manage.py prune --dry-run` only counts them."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from assistant_app.people import retention
from assistant_app.people.retention import Policy

MAX_DAYS = 36_500  # as for KEEP_FINISHED_DAYS


class Command(BaseCommand):
    help = "Deletes emails that have passed their retention period, and expired sessions and tokens."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only report what would be deleted")
        for name, default in (
            ("finished", settings.KEEP_FINISHED_DAYS),
            ("unfinished", settings.KEEP_UNFINISHED_DAYS),
        ):
            parser.add_argument(
                f"--{name}-days",
                type=int,
                default=default,
                metavar="DAYS",
                help=f"keep {name} emails for DAYS after their last change; 0 keeps them forever"
                f" (default: {default})",
            )

    def handle(
        self, *args: Any, dry_run: bool, finished_days: int, unfinished_days: int, **options: Any
    ) -> None:
        if not all(0 <= days <= MAX_DAYS for days in (finished_days, unfinished_days)):
            raise CommandError(f"The number of days must be from 0 to {MAX_DAYS}.")
        counts = retention.prune(Policy(finished_days, unfinished_days), is_dry=dry_run)
        said = ", ".join(f"{number} {name}" for name, number in counts.items())
        self.stdout.write(f"{'Would delete' if dry_run else 'Deleted'} {said}.")
