"""Print a new API token: `manage.py create_token ida --name laptop --days 30 --scope read`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.management.base import BaseCommand, CommandError

from assistant_app.errors import InvalidInput
from assistant_app.models import ApiToken
from assistant_app.operations import tokens


class Command(BaseCommand):
    help = "Prints a new API token. Only its hash is stored, so it cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="whose token it is")
        parser.add_argument("--name", default="", help="what it is for, up to 100 characters")
        parser.add_argument(
            "--days", type=int, default=settings.API_TOKEN_DAYS, help="how many days it is valid"
        )
        parser.add_argument(
            "--scope", choices=ApiToken.Scope.values, default=ApiToken.Scope.WRITE, help="what it may do"
        )

    def handle(self, *args: Any, username: str, name: str, days: int, scope: str, **options: Any) -> str:
        try:
            _, secret = tokens.create(owner=_active_user(username), name=name, days=days, scope=scope)
        except InvalidInput as problem:
            said = [f"--{name}: {' '.join(texts)}" for name, texts in problem.fields.items()]
            raise CommandError("\n".join(said)) from None
        return secret


def _active_user(username: str) -> AbstractBaseUser:
    user = get_user_model()._default_manager.filter(username=username).first()
    if user is None:
        raise CommandError(f"There is no user {username!r}. Create one with `manage.py createsuperuser`.")
    if not user.is_active:
        raise CommandError(f"The account of {username!r} is inactive.")
    return user
