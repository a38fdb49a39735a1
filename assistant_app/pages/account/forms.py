"""Django's account forms with our labels and help texts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import BaseUserCreationForm, PasswordChangeForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest
from django.utils.translation import gettext

from assistant_app.people import hashing, tries
from assistant_app.people.sign_in import check_own_password
from assistant_app.phrases import gettext_noop
from assistant_app.translation import translated

PASSWORD_HELP = gettext_noop("At least 8 characters. A short phrase works well.")


class NewAccountForm(BaseUserCreationForm):
    """The form for the first account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields["username"], gettext("Username"), gettext("Letters, digits and . - _"))
        _say(self.fields["password1"], gettext("Password"), translated(PASSWORD_HELP))
        _say(self.fields["password2"], gettext("Confirm password"), "")


class SignUpForm(NewAccountForm):
    """The throttled form for open sign-up."""

    is_refused_for_now = False

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._network = tries.network_of(request)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not tries.may_sign_up(self._network):
            raise ValidationError(gettext("Too many new accounts from your network. Try again in an hour."))
        return cleaned

    def create(self) -> User | None:
        """Save and return the account. Return None, with a form error, if that is impossible now.

        The name may have been taken after validation, or too many people sign in.
        """
        try:
            return self.save()
        except IntegrityError:
            self.add_error("username", User().unique_error_message(User, ("username",)))
            return None
        except hashing.TooManySignIns as refusal:
            self.is_refused_for_now = True
            self.add_error(None, translated(refusal.message))
            return None


class NewPasswordForm(PasswordChangeForm):
    def __init__(self, user: User, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self._request = request
        _say(self.fields["old_password"], gettext("Current password"), "")
        _say(self.fields["new_password1"], gettext("New password"), translated(PASSWORD_HELP))
        _say(self.fields["new_password2"], gettext("Confirm new password"), "")

    def clean_old_password(self) -> str:
        return check_own_password(self._request, self.cleaned_data["old_password"])


def _say(field: forms.Field, label: str, help_text: str) -> None:
    field.label, field.help_text = label, help_text
