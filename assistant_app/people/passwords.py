"""A password rule beside Django's: the user name is no part of a password."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy

PROBLEM = gettext_lazy("The password contains your user name. Leave the name out.")
# A shorter name is in many passwords by chance, so it counts only as a word of its own.
SHORTEST_PART = 3


class WithoutUserName:
    """Refuse a password that contains the user name.

    Case, width, accents and separators make no difference: `ｊｏ-ＨＮ` counts as `john`.
    """

    def validate(self, password: str, user: Any = None) -> None:
        name = user.get_username() if user is not None else ""
        if name and _contains(password, name):
            raise ValidationError(PROBLEM, code="password_contains_name")

    def get_help_text(self) -> str:
        return gettext("Your password can’t contain your user name.")


def _contains(password: str, name: str) -> bool:
    password, name = _folded(password), _folded(name)
    bare = _letters_and_digits(name)
    if not bare:  # a name of signs only
        return name in password
    if len(bare) >= SHORTEST_PART:
        return name in password or bare in _letters_and_digits(password)
    rest = _letters_and_digits(password).replace(bare, "")
    return not re.search(r"[^\W\d]", rest) or bare in re.findall(r"[^\W\d_]+|\d+", password)


def _folded(text: str) -> str:
    """Return the text without case, width and accents."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def _letters_and_digits(folded: str) -> str:
    return re.sub(r"[\W_]+", "", folded)
