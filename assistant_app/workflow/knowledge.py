"""What the model was told about the owner of an email. Pure functions of a state.

`contexts` is a list of snapshots that only grows, one whenever it differs from the last. The source of a
draft of the model's holds the index of its snapshot under `"context"`. A snapshot may have:

- `"name"`: the name with which the owner writes
- `"about"`, `"style"`, `"always"`: who they are, how they write, and their standing instructions
- `"notes"`: list of `{"id", "title", "text", "verbatim"}`
- `"withheld"`: how many notes fit, but are for models on this machine only

`left_out_sources` has what the owner doesn't want to be told for this email: names of texts, `notes` for
all of them, and `note:ID`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from assistant_app.errors import DoesNotFit
from assistant_app.phrases import gettext_noop
from assistant_app.workflow import drafts

Context = dict[str, Any]
TEXTS = {"about": "About me", "style": "How I write", "always": "My standing instructions"}
NOTES, NOTE = "notes", "note:"
MOST_LEFT_OUT = 100


def is_prompt_next(step: str | None, inputs: Mapping[str, Any]) -> bool:
    """Return whether a run that starts with this step asks a model. None continues a run that stopped."""
    if step == "process_feedback":
        return bool(inputs.get("feedback"))
    return step not in ("change_envelope", "edit_draft", "use_draft", "write_draft", "reopen")


def is_first_prompt(step: str | None) -> bool:
    """Return whether the notes are told for a draft for the first time: its questions are answered later."""
    return step not in ("clarify_instructions", None)


def said(state: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[str]:
    """Return what the owner said last about the email, by which notes are found."""
    now = (text for name, text in inputs.items() if name in ("response_instructions", "feedback"))
    return [state.get("response_instructions") or "", *(state.get("feedback_history") or ())[-3:], *now]


def left_out(state: Mapping[str, Any]) -> list[str]:
    """Return what the owner left out for this email."""
    return list(state.get("left_out_sources") or ())


def notes_left_out(names: Iterable[str]) -> list[int]:
    """Return the keys of the notes among these names."""
    numbers = (name.removeprefix(NOTE) for name in names if name.startswith(NOTE))
    return [int(number) for number in numbers if number.isascii() and number.isdigit()]


def check(inputs: dict[str, Any], state: Mapping[str, Any]) -> None:
    """Raise `DoesNotFit` for names that can't be left out."""
    names = inputs["left_out"]
    known = {*TEXTS, NOTES}
    wrong = [name for name in names if name not in known and notes_left_out([name]) == []]
    if wrong:
        raise DoesNotFit(
            fields={"left_out": [gettext_noop("“%(name)s” can’t be left out.", name=wrong[0][:100])]}
        )
    if len(names) > MOST_LEFT_OUT:
        raise DoesNotFit(fields={"left_out": [gettext_noop("%(most)s are enough.", most=MOST_LEFT_OUT)]})


def told(about: Mapping[str, Any], without: Iterable[str]) -> Context:
    """Return the snapshot of what the model is told: all of it that wasn't left out."""
    without = list(without)
    gone = notes_left_out(without)
    context = {key: value for key, value in about.items() if key not in without}
    if NOTES in without:
        context.pop("withheld", None)
    if "notes" in context:
        context["notes"] = [note for note in context["notes"] if note["id"] not in gone]
    return {key: value for key, value in context.items() if value}


def recorded(state: Mapping[str, Any], context: Context) -> tuple[list[Context], int]:
    """Return the snapshots with this one, and its index."""
    known = list(state.get("contexts") or ())
    if not known or known[-1] != context:
        known.append(context)
    return known, len(known) - 1


def of_draft(state: Mapping[str, Any], source: Mapping[str, Any] | None) -> Context:
    """Return what the model was told for a draft; empty if that is not known or nothing."""
    known, index = state.get("contexts") or (), (source or {}).get("context")
    return known[index] if index is not None and index < len(known) else {}


def behind(state: Mapping[str, Any]) -> list[Context]:
    """Return what the model was told for the current draft and those that led to it, oldest first."""
    found = (of_draft(state, source) for source in drafts.way_to_current(state).values())
    return [context for context in found if context]


def sources(contexts: Iterable[Context]) -> dict[str, str]:
    """Return the owner's texts in these snapshots by title: what a draft may take from them.

    A note that was changed between two of them is there in both wordings.
    """
    found: dict[str, dict[str, None]] = {}
    for context in contexts:
        for note in context.get("notes", ()):
            found.setdefault(f"note:{note['id']}", {})[f"{note['title']}\n{note['text']}"] = None
        for key in TEXTS:
            if key in context:
                found.setdefault(key, {})[context[key]] = None
    return {title: "\n\n".join(wordings) for title, wordings in found.items()}


def verbatim(context: Mapping[str, Any]) -> list[str]:
    """Return the texts of the notes whose wording drafts keep."""
    return [note["text"] for note in context.get("notes", ()) if note["verbatim"]]
