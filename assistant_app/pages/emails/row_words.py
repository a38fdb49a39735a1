"""What a row of the list says: the state, and the beginning of what its owner would read next.

What is said of a run that stopped, and of what a newer version made, is the same for all workflows. The rest
is said by the `list_row` of the workflow's pages; see `pages.applications.list_row`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext

from assistant_app.contract.workflow import Numbers
from assistant_app.mail.hidden import one_line
from assistant_app.models import Application
from assistant_app.pages import words
from assistant_app.pages.doors import door_of
from assistant_app.phrases import Phrase
from assistant_app.translation import translated

EXCERPT = 160  # characters of a snippet
STOPPED, WAITING, WRITING, DONE = range(4)  # the order of open emails


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
        return one_line(translated(email.error_now[1]))
    said: str = door_of(email).list_row.snippet(email, numbers)
    return said


def sentence_with_hit(email: Any, query: str, keys: Iterable[str]) -> str:
    """Return the text around the first hit of a search, and where it is; "" if it is in title or sender."""
    said: Mapping[str, str] = door_of(email).list_row.IN
    for key in sorted(keys, key=lambda key: list(said).index(key) if key in said else len(said)):
        text = one_line(getattr(email, f"hit_{key}") or "")
        if re.search(re.escape(query), text, re.IGNORECASE):
            return translated(Phrase(said.get(key, "%(text)s"), {"text": f"…{text}…"}))
    return ""
