"""What the model is told about an email's owner: their name, three short texts, and notes about the email."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F
from django.utils import timezone

from assistant_app import conf
from assistant_app.models import Application, Note
from assistant_app.operations.writers import identity_with, writer_of
from assistant_app.workflow import knowledge, note_choice


def about(row: Application, email: str, step: str | None, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a run that starts with this step may tell a model, as `contexts` keeps it.

    `email` is the text to answer; with none, as in other workflows, there is nothing to tell but the name.
    """
    writer = writer_of(row, email, inputs.get("reply_as", "")) if email else identity_with("", row.identities)
    told: dict[str, Any] = {"name": writer.name if writer else row.signature}
    if not email or not knowledge.is_prompt_next(step, inputs):
        return told
    told |= {key: text for key, text in row.texts.items() if text}
    if row.read_has_notes is not None and not row.read_has_notes:
        return told
    names = inputs.get("left_out", knowledge.left_out(row.state))
    if knowledge.NOTES in names:
        return told
    without = knowledge.notes_left_out(names)
    chosen, withheld = choose(row.owner_id, email, knowledge.said(row.state, inputs), without=without)
    if chosen:
        told["notes"] = [_told(note) for note in chosen]
        if knowledge.is_first_prompt(step):
            Note.objects.filter(pk__in=[note.pk for note in chosen]).update(
                used_at=timezone.now(), used_count=F("used_count") + 1
            )
    return told | ({"withheld": withheld} if withheld else {})


def choose(
    owner_id: int, email: str, said: Sequence[str] = (), *, without: Sequence[int] = ()
) -> tuple[list[Note], int]:
    """Return the notes for a prompt about this email, and how many fit but are for local models only."""
    found = Note.about(owner_id, note_choice.words_of_email(email, said), note_choice.targets_of(email))
    fits = note_choice.best(
        [(each.score / 100, len(each.text), each) for each in found if each.pk not in without]
    )
    if conf.is_local():
        return fits, 0
    return [each for each in fits if not each.is_local_only], sum(each.is_local_only for each in fits)


def _told(note: Note) -> dict[str, Any]:
    return {"id": note.pk, "title": note.title, "text": note.text, "verbatim": note.is_verbatim}
