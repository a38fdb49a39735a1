"""The forms for accounts: Django's own, in our words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm, PasswordChangeForm
from django.core.exceptions import ValidationError

from assistant_app import accounts

PASSWORD_HELP = "At least 8 characters, not a common one. A short sentence is good."  # noqa: S105


class SignInForm(AuthenticationForm):
    """Django's, with a number of tries."""

    left: int = accounts.TRIES

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User name"

    @property
    def is_throttled(self) -> bool:
        return self.left < 0

    def clean(self) -> dict[str, Any]:
        who = self.cleaned_data.get("username") or "", self._address()
        self.left = accounts.take_try(*who)
        if self.is_throttled:
            raise ValidationError("Too many tries.", code="throttled")
        cleaned = super().clean()
        accounts.forget_tries(*who)
        return cleaned

    def _address(self) -> str:
        return str(self.request.META.get("REMOTE_ADDR", "")) if self.request else ""


class NewAccountForm(BaseUserCreationForm):
    """For the first account, and for open sign-up."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields["username"], "User name", "Letters, digits and . - _ are fine.")
        _say(self.fields["password1"], "Password", PASSWORD_HELP)
        _say(self.fields["password2"], "The password again", "")


class NewPasswordForm(PasswordChangeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields["old_password"], "The password now", "")
        _say(self.fields["new_password1"], "New password", PASSWORD_HELP)
        _say(self.fields["new_password2"], "The new password again", "")


def _say(field: forms.Field, label: str, help_text: str) -> None:
    field.label, field.help_text = label, help_text
