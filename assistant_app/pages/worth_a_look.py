"""What stands under a draft before it is accepted: what the checks found, and where that is in the text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from assistant_app import diffs, drafts, steps
from assistant_app.draft_checks.findings import Checks, Finding, Given, check, facts_of
from assistant_app.mail.text import as_read

WHERE = {
    "instructions": "Your instructions",
    "answer": "Your answer to question",
    "feedback": "Your feedback",
}
Marked = list[list[tuple[str, str]]]  # paragraphs of pieces of text, each with the kind of its mark


@dataclass(frozen=True)
class WorthALook:
    text: str
    checks: Checks
    changed: list[Finding]  # in whose place the person's own words were
    lost: list[str]  # the person's own passages that are not there any more

    @property
    def unsupported(self) -> list[str]:
        return list(dict.fromkeys(found.text for found in self.checks.unsupported))

    @property
    def placeholders(self) -> list[str]:
        return list(dict.fromkeys(found.text for found in self.checks.placeholders))

    @property
    def is_clear(self) -> bool:
        return not (self.unsupported or self.placeholders or self.lost)

    @property
    def given(self) -> list[tuple[str, Given]]:
        return [(_where(given), given) for given in self.checks.given]

    @cached_property
    def paragraphs(self) -> Marked:
        """The text with its marks; put together again, it is the same to the last character."""
        return marked(self.text, [*self.checks.findings, *self.changed])


def look_at(state: Mapping[str, Any], text: str, known: str) -> WorthALook:
    """Return what is worth a look in the current draft. `known` is the person's own name.

    What was said about drafts that the person went back from is theirs, so it backs up what the draft has;
    this one need not have it.
    """
    said = [steps.said_oneself(text) for text in state["feedback_history"]]
    behind = [steps.said_oneself(text) for text in drafts.feedback_behind(state)]
    checks = check(
        text,
        email=as_read(state["incoming_email"] or ""),
        instructions=state["response_instructions"] or "",
        answers=state["clarification_answers"] or (),
        feedback=behind,
        by_hand=[*written_by_hand(state), *(text for text in said if text not in behind)],
        known=known,
    )
    lost, changed = changed_by_hand(state, text)
    return WorthALook(text, checks, changed, lost)


def written_by_hand(state: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the person wrote into the drafts that led to the current one.

    That is what is new in theirs, and each fact that a part of is new: whoever makes a 4 of the 3 in
    "3 May" wrote "4 May".
    """
    texts = state["draft_history"]
    for number, source in drafts.way_to_current(state).items():
        if source["by"] != drafts.PERSON:
            continue
        edited, new, position = texts[number - 1], list[tuple[int, int]](), 0
        for segment in diffs.compare(texts[source["of"] - 1] if source["of"] else "", edited).segments:
            if segment.op == "insert":
                new.append((position, position + len(segment.text)))
                yield segment.text
            position += len(segment.text) * (segment.op != "delete")
        for found in facts_of(edited):
            if any(start < found.end and found.start < stop for start, stop in new):
                yield found.text


def changed_by_hand(state: Mapping[str, Any], text: str) -> tuple[list[str], list[Finding]]:
    """Return the passages that the person wrote and the draft changed, and what stands in their place.

    These are the passages of all their drafts, as far as they left them standing themselves.
    """
    way, texts = drafts.way_to_current(state), state["draft_history"]
    own = [number for number, source in way.items() if source["by"] == drafts.PERSON]
    if not own or own[-1] == drafts.current_number(state):
        return [], []
    edited, plain = texts[own[-1] - 1], _plain(text)
    lost = [passage for passage in drafts.own_passages_in(state, edited) if _plain(passage) not in plain]
    spans = [(start, start + len(passage)) for passage in lost if (start := edited.find(passage)) >= 0]
    return lost, list(_in_their_place(diffs.compare(edited, text), spans) if lost else ())


def _in_their_place(comparison: diffs.Comparison, spans: list[tuple[int, int]]) -> Iterable[Finding]:
    before = after = 0
    is_lost = False
    for segment in comparison.segments:
        end = before + len(segment.text)
        if segment.op == "delete":
            is_lost = any(start < end and before < stop for start, stop in spans)
        elif segment.op == "insert" and (is_lost or any(start <= before < stop for start, stop in spans)):
            lead = len(segment.text) - len(segment.text.lstrip())
            words = segment.text.strip()
            yield Finding("changed", after + lead, after + lead + len(words), words)
        if segment.op != "insert":
            before = end
        if segment.op != "delete":
            after += len(segment.text)
            is_lost = False


def marked(text: str, findings: Iterable[Finding]) -> Marked:
    """Split a text at blank lines and at its marks; of two that overlap the first counts."""
    pieces: list[tuple[str, str]] = []
    position = 0
    for found in sorted(findings, key=lambda found: found.start):
        if position <= found.start < found.end <= len(text):
            pieces += [(text[position : found.start], ""), (text[found.start : found.end], found.kind)]
            position = found.end
    pieces.append((text[position:], ""))
    paragraphs: Marked = [[]]
    for piece, kind in pieces:
        first, *others = piece.split("\n\n")
        paragraphs[-1].append((first, kind))
        paragraphs += [[(other, kind)] for other in others]
    return [[(piece, kind) for piece, kind in paragraph if piece] for paragraph in paragraphs]


def _plain(text: str) -> str:
    return " ".join(text.split())


def _where(given: Given) -> str:
    return WHERE[given.source] + (f" {given.number}" if given.source == "answer" else "")
