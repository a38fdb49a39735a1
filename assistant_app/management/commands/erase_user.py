"""Erase a user with all their data: `manage.py erase_user ida`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from assistant_app.people import erasure


class Command(BaseCommand):
    help = "Erases an account with its emails and all other texts of that user. This cannot be undone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="the user to erase")
        parser.add_argument("--no-input", action="store_true", help="do not ask for confirmation")

    def handle(self, *args: Any, username: str, no_input: bool, **options: Any) -> None:
        user = get_user_model()._default_manager.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user {username!r}.")
        if not no_input and _typed(f"Type {username} to erase this user permanently: ") != username:
            raise CommandError("Nothing was erased.")
        emails = erasure.erase(user)
        self.stdout.write(f"Erased the account and {emails} emails. Existing backups still contain them.")


def _typed(prompt: str) -> str:
    try:
        return input(prompt)
    except EOFError:  # no terminal; scripts must pass `--no-input`
        return ""
