"""What a draft is based on: the owner's notes and texts that the model was told, each to be left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from assistant_app.phrases import gettext_noop
from assistant_app.translation import translated
from assistant_app.workflow import drafts, knowledge


@dataclass(frozen=True, slots=True)
class Basis:
    """A note or a text that the model was told, or was not told because its owner left it out."""

    words: str
    title: str  # of a note
    others: tuple[str, ...]  # what is left out after a press

    @property
    def lines(self) -> str:
        return "\n".join(self.others)


@dataclass(frozen=True)
class BasedOn:
    state: Mapping[str, Any]

    @property
    def context(self) -> knowledge.Context:
        return knowledge.of_draft(self.state, drafts.source_of_current(self.state))

    @property
    def may_change(self) -> bool:
        """Return whether the draft can be written once more without some of it: the model wrote it."""
        return not drafts.is_own(self.state)

    @property
    def told(self) -> list[Basis]:
        """What the model was told, notes first."""
        without, context = knowledge.left_out(self.state), self.context
        notes = [
            Basis(gettext("your note"), note["title"], (*without, f"{knowledge.NOTE}{note['id']}"))
            for note in context.get("notes", ())
        ]
        texts = [
            Basis(_quoted(label), "", (*without, name)) for name, label in LABELS.items() if name in context
        ]
        return notes + texts

    @property
    def left_out(self) -> list[Basis]:
        """What the owner left out, to be taken in again."""
        without = knowledge.left_out(self.state)
        return [
            Basis(*self._named(name), tuple(other for other in without if other != name)) for name in without
        ]

    def _named(self, name: str) -> tuple[str, str]:
        if name == knowledge.NOTES:
            return gettext("your notes"), ""
        if name in LABELS:
            return _quoted(LABELS[name]), ""
        told = [note for context in self.state.get("contexts") or () for note in context.get("notes", ())]
        titles = (note["title"] for note in told if f"{knowledge.NOTE}{note['id']}" == name)
        return gettext("your note"), next(titles, "")

    @property
    def withheld(self) -> int:
        """How many notes fit, but are for models on this machine only."""
        return int(self.context.get("withheld", 0))


def _quoted(label: str) -> str:
    return f"“{translated(label)}”"


LABELS = {
    "about": gettext_noop("About you"),
    "style": gettext_noop("How you write"),
    "always": gettext_noop("Always"),
}
