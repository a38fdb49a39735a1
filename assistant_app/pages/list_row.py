"""What a row of the list says: the state, and the beginning of what its owner would read next.

The functions of the row of a workflow's own stand in the module `list_row` of its door, beside `BEGINNINGS`
and `IN`. What is said of a run that stopped, and of what a newer version made, is the same for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Expression
from django.utils.translation import gettext

from assistant_app.contract.workflow import Numbers
from assistant_app.models import Application, Identity
from assistant_app.pages import words
from assistant_app.pages.doors import door_of
from assistant_app.phrases import Phrase
from assistant_app.translation import translated

EXCERPT = 160  # characters of a snippet
STOPPED, WAITING, WRITING, DONE = range(4)  # the order of open emails
BEGINNINGS: Mapping[str, tuple[str, ...]] = {}  # what is read of the state: its name on the row, and the keys
IN: Mapping[str, str] = {}  # how the text around a hit is shown, by the key where it was found


def rank_of(email: Application) -> int:
    """Return the number that `listing` sorts by: stopped, waiting, being written, finished."""
    if email.has_stopped:
        return STOPPED
    if email.is_running:
        return WRITING
    return DONE if email.is_finished else WAITING


def kind(email: Application) -> str:
    """Return the class of the state's colour."""
    if email.has_stopped:
        return "turn" if email.is_stopped_by_owner else "stopped"
    if email.is_running:
        return "writing"
    return "done" if email.is_finished else "turn"


def state_of(email: Application, numbers: Numbers) -> str:
    """Return the state in one to three words."""
    if words.kind(email) == "newer":
        return translated(words.KINDS["newer"])
    if email.is_stopped_by_owner:
        return gettext("Stopped")
    if email.is_interrupted:
        return gettext("Interrupted")
    said: str = door_of(email).list_row.state(email, numbers)
    return said


def snippet_of(email: Any, numbers: Numbers) -> str:
    """Return what the owner would read next."""
    if words.kind(email) == "newer":
        return ""
    if email.is_stopped_by_owner:
        return gettext("What’s written so far is kept.")
    if email.has_stopped:
        return translated(one_line(email.error_now[1]))
    said: str = door_of(email).list_row.snippet(email, numbers)
    return said


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


def sentence_with_hit(email: Any, query: str, keys: Iterable[str]) -> str:
    """Return the text around the first hit of a search, and where it is; "" if it is in title or sender."""
    said: Mapping[str, str] = door_of(email).list_row.IN
    for key in sorted(keys, key=lambda key: list(said).index(key) if key in said else len(said)):
        text = one_line(getattr(email, f"hit_{key}"))
        if re.search(re.escape(query), text, re.IGNORECASE):
            return translated(Phrase(said.get(key, "%(text)s"), {"text": f"…{text}…"}))
    return ""


def one_line(text: Any) -> str:
    return " ".join(str(text or "").split())
