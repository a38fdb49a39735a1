"""Erase a person with all that is theirs: `manage.py erase_user ida`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from assistant_app.people import erasure


class Command(BaseCommand):
    help = "Erases an account, its emails and whatever else holds a text of that person. Cannot be undone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="who is erased")
        parser.add_argument("--no-input", action="store_true", help="do not ask")

    def handle(self, *args: Any, username: str, no_input: bool, **options: Any) -> None:
        user = get_user_model()._default_manager.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user {username!r}.")
        if not no_input and _typed(f"Type {username} to erase this person for good: ") != username:
            raise CommandError("Nothing was erased.")
        emails = erasure.erase(user)
        self.stdout.write(
            f"Erased the account and {emails} emails. Backups that were made before hold them still."
        )


def _typed(prompt: str) -> str:
    try:
        return input(prompt)
    except EOFError:  # nobody is there to ask: `--no-input` is for that
        return ""
