"""Checks of a draft: unsupported facts, missing facts, and changes to the owner's own words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assistant_app.mail.text import as_read
from assistant_app.models import Application
from assistant_app.operations import versions
from assistant_app.workflow import diffs, drafts, steps
from assistant_app.workflow.checks.findings import Checks, Finding, check, facts_of
from assistant_app.workflow.graph import DEFAULT_STATE


@dataclass(frozen=True, slots=True)
class Report:
    text: str  # the draft
    checks: Checks
    changed: list[Finding]  # passages that replace the owner's own words
    lost: list[str]  # the owner's own passages that the draft no longer has


def report_on(row: Application, number: int) -> Report:
    """Check the draft with that number. Raise `ApplicationNotFound` if it is unknown.

    Feedback on drafts that did not lead to this one still supports the facts in it, because the owner wrote
    it. But this draft need not contain its facts.
    """
    text = versions.text_of(row, number)
    state = {**DEFAULT_STATE, **row.state}
    state |= drafts.with_current(state, number)
    said = [steps.said_oneself(each) for each in state["feedback_history"]]
    behind = [steps.said_oneself(each) for each in drafts.feedback_behind(state)]
    checks = check(
        text,
        email=as_read(state["incoming_email"] or ""),
        instructions=state["response_instructions"] or "",
        answers=state["clarification_answers"] or (),
        feedback=behind,
        by_hand=[*written_by_hand(state), *(each for each in said if each not in behind)],
        known=_names_of_writer(row),
    )
    lost, changed = own_words_changed(state, text)
    return Report(text, checks, changed, lost)


def _names_of_writer(row: Application) -> str:
    return f"{row.owner.get_username()} {row.owner.get_full_name()}\n{row.signature}"


def written_by_hand(state: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the owner wrote into the drafts that led to the current one.

    That is all text that is new in their edits, and each fact with a new part: an owner who changes the 3
    in "3 May" to a 4 wrote "4 May".
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


def own_words_changed(state: Mapping[str, Any], text: str) -> tuple[list[str], list[Finding]]:
    """Return the owner's passages that the draft changed, and what it has in their place.

    Passages that the owner later changed themselves don't count.
    """
    way, texts = drafts.way_to_current(state), state["draft_history"]
    own = [number for number, source in way.items() if source["by"] == drafts.PERSON]
    if not own or own[-1] == drafts.current_number(state):
        return [], []
    edited, plain = texts[own[-1] - 1], _plain(text)
    lost = [passage for passage in drafts.own_passages_in(state, edited) if _plain(passage) not in plain]
    spans = [(start, start + len(passage)) for passage in lost if (start := edited.find(passage)) >= 0]
    return lost, list(_in_their_place(edited, text, spans) if lost else ())


def _in_their_place(edited: str, text: str, spans: list[tuple[int, int]]) -> Iterable[Finding]:
    # The comparison counts every line end, CRLF too, as one character.
    places = [match.start() for match in re.finditer(r"\r\n|.", text, re.DOTALL)] + [len(text)]
    before = after = 0
    is_lost = False
    for segment in diffs.compare(edited, text).segments:
        end = before + len(segment.text)
        if segment.op == "delete":
            is_lost = any(start < end and before < stop for start, stop in spans)
        elif segment.op == "insert" and (is_lost or any(start <= before < stop for start, stop in spans)):
            lead = len(segment.text) - len(segment.text.lstrip())
            start, stop = places[after + lead], places[after + lead + len(segment.text.strip())]
            if start < stop:  # more than white space
                yield Finding("changed", start, stop, text[start:stop])
        if segment.op != "insert":
            before = end
        if segment.op != "delete":
            after += len(segment.text)
            is_lost = False


def _plain(text: str) -> str:
    return " ".join(text.split())
