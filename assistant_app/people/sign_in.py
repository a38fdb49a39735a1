"""Throttled sign-in and password checks, shared by pages and admin. `tries.take_try` counts the tries."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from assistant_app.people import hashing, tries
from assistant_app.translation import translated

TOO_MANY_TRIES = gettext_lazy("Too many tries. Wait 5 minutes.")


class CountsTries(AuthenticationForm):
    """Django's sign-in form with throttling."""

    left: int = tries.TRIES

    @property
    def is_throttled(self) -> bool:
        return self.left < 0

    def clean(self) -> dict[str, Any]:
        with hashing.turn():  # before the attempt is counted: a burst must not queue at the database either
            return self._check_password()

    def _check_password(self) -> dict[str, Any]:
        who = self.cleaned_data.get("username") or "", tries.network_of(self.request)
        self.left = tries.take_try(*who)
        if self.is_throttled:
            raise ValidationError(TOO_MANY_TRIES, code="throttled")
        cleaned = super().clean()
        tries.forget_tries(*who)
        return cleaned


class SignInForm(CountsTries):
    is_refused_for_now = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = gettext_lazy("Username")

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except hashing.TooManySignIns as refusal:
            self.is_refused_for_now = True
            raise ValidationError(translated(refusal.message), code=refusal.code) from None


def check_own_password(request: HttpRequest, password: str) -> str:
    """Return the password if it is the current user's; otherwise raise `ValidationError`.

    Attempts count as sign-in attempts, so an unattended browser is no way around the throttle.
    """
    who = request.user.get_username(), tries.network_of(request)
    with hashing.turn():
        if tries.take_try(*who) < 0:
            raise ValidationError(TOO_MANY_TRIES, code="throttled")
        if not request.user.check_password(password):
            raise ValidationError(gettext_lazy("That’s not your current password."))
        tries.forget_tries(*who)
    return password
