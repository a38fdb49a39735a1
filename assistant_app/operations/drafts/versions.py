"""The drafts of an email as versions, each with its text, origin, feedback, model and time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assistant_app.engine import history
from assistant_app.errors import ApplicationNotFound
from assistant_app.models import Application
from assistant_app.operations import heavy
from assistant_app.phrases import gettext_noop
from assistant_app.workflow import diffs, drafts, knowledge
from assistant_app.workflow.graph import DEFAULT_STATE


@dataclass(frozen=True, slots=True)
class Version:
    """A draft; `number` counts from 1."""

    number: int
    text: str
    by: str  # "model" or "person"
    of: int | None  # number of the draft that it was made from
    feedback: str  # that it answers; empty for a first draft and for an edit
    assumptions: list[str]
    left_out: list[dict[str, str]]  # what the model wrote around it: where ("before" or "after"), and text
    shortened: dict[str, int] | None  # how many `quoted_messages` and `feedback` the model was not told
    began_with: str | None  # what the model had written of a draft that the owner finished; None of others
    told: dict[str, Any]  # what the model was told about the owner: see `workflow.knowledge`
    is_current: bool  # feedback applies to it, and it can be accepted
    model: str  # that wrote it; empty for the owner's own text
    created_at: datetime | None  # None if it was not recorded


def versions_of(row: Application) -> list[Version]:
    """Return all drafts, oldest first, with two queries for any number of drafts."""
    state = {**DEFAULT_STATE, **row.state}
    if not state["draft_history"]:
        return []
    current = drafts.current_number(state)
    taken = history.taken(row, history.path_to(row, row.sequence_id))
    with_origins = drafts.origins(state, taken)
    both = zip(state["draft_history"], with_origins, strict=True)
    return [
        Version(
            number=number,
            text=text,
            by=source["by"],
            of=source["of"],
            feedback=drafts.feedback_for(state, source),
            assumptions=source.get("assumptions", []),
            left_out=source.get("left_out", []),
            shortened=source.get("shortened"),
            began_with=source.get("began_with"),
            told=knowledge.of_draft(state, source),
            is_current=number == current,
            model=source.get("model", ""),
            created_at=datetime.fromisoformat(source["at"]) if "at" in source else None,
        )
        for number, (text, source) in enumerate(both, start=1)
    ]


def version_of(row: Application, number: int) -> Version:
    """Return the draft with that number. Raise `ApplicationNotFound` if it is unknown."""
    found = versions_of(row)
    if not 0 < number <= len(found):
        raise ApplicationNotFound(gettext_noop("There is no draft %(number)s.", number=number))
    return found[number - 1]


def compare(before: str, after: str, *, person_id: int) -> diffs.Comparison:
    """Compare two drafts for a person. Raise `TooBusy` if they are long and another comparison runs."""
    with heavy.admitted(person_id, len(before) + len(after)):
        return diffs.compare(before, after)


def text_of(row: Application, number: int) -> str:
    """Return the text of a draft, without a query. Raise `ApplicationNotFound` if it is unknown."""
    texts = row.state.get("draft_history", [])
    if not 0 < number <= len(texts):
        raise ApplicationNotFound(gettext_noop("There is no draft %(number)s.", number=number))
    return str(texts[number - 1])
