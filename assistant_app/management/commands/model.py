"""Talk to the model's server: `manage.py model test` says what works and what to set."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assistant_app import conf
from assistant_app.llm.examination import examine


class Command(BaseCommand):
    help = "Asks the model's server, and each fallback, for two small answers, and says what to set."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["test"], help="test: ask for two small answers")

    def handle(self, *args: Any, **options: Any) -> None:
        if not asyncio.run(self._test()):
            raise CommandError("Not every model answered.")

    async def _test(self) -> bool:
        is_good = True
        async for finding in examine(conf.model_config()):
            self.stdout.write(finding.server)
            for line in finding.lines:
                self.stdout.write(f"  {line}")
            self.stdout.flush()
            is_good = is_good and finding.is_good
        return is_good
