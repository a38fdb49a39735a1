"""What the row of an application says in the list. A workflow's own module has the same names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Expression
from django.utils.translation import gettext

from assistant_app.contract.workflow import Numbers
from assistant_app.models import Application, Identity
from assistant_app.pages import words

BEGINNINGS: Mapping[str, tuple[str, ...]] = {}  # what is read of the state: its name on the row, and the keys
IN: Mapping[str, str] = {}  # how the text around a hit is shown, by the key where it was found


def state(email: Application, numbers: Numbers) -> str:
    """Return the state of an application that was neither stopped by its owner nor interrupted."""
    return gettext("Couldn’t finish") if email.has_stopped else words.to_do(email, numbers)


def snippet(email: Any, numbers: Numbers) -> str:
    """Return the snippet of an application that has not stopped."""
    return ""


def told_apart_by(email: Any) -> str:
    """Return what tells the alternatives of an application apart."""
    return ""


def read_besides(has_several: Expression) -> dict[str, Any]:
    """Return annotations that a row needs besides; the condition says if the owner has several identities."""
    return {}


def answers_as(email: Any, identities: Sequence[Identity]) -> str:
    """Return the address that the answer is from, if it is worth saying."""
    return ""
