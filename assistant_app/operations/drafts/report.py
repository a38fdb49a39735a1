"""Checks of a draft: unsupported facts, missing facts, and changes to the owner's own words.

A report is computed once and remembered for some minutes in the process, never stored: it holds mail.
"""

from __future__ import annotations

import re
import threading
import time
import uuid
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cachetools import TTLCache

from assistant_app.mail.text import as_read
from assistant_app.models import Application
from assistant_app.operations import deletion, heavy
from assistant_app.operations.drafts import versions
from assistant_app.operations.writers import writer_of
from assistant_app.workflow import diffs, drafts, knowledge, steps, wording
from assistant_app.workflow.checks.findings import RULES_VERSION, Checks, Finding, Text, check, facts_of
from assistant_app.workflow.graph import DEFAULT_STATE

Cut = Text | Literal["edits"]
REMEMBERED_BYTES = 20_000_000  # in each process
REMEMBERED_SECONDS = 300
BYTES_OF_FINDING = 500  # roughly, with its texts


@dataclass(frozen=True, slots=True)
class Report:
    text: str  # the draft
    checks: Checks
    changed: list[Finding]  # passages that replace the owner's own words
    lost: list[str]  # the owner's own passages that the draft no longer has, word-for-word notes last
    cut: tuple[Cut, ...] = ()  # what was too long to be read or compared to its end
    restored: str = ""  # the draft with word-for-word notes in their own wording; "" if it has them

    @property
    def size(self) -> int:
        """A rough size in bytes."""
        findings = len(self.checks.findings) + self.checks.facts_given + len(self.changed) + len(self.lost)
        return 4 * (len(self.text) + len(self.restored)) + BYTES_OF_FINDING * (findings + 1)


@dataclass(frozen=True, slots=True)
class _Remembered:
    report: Report
    of: tuple[int, str]  # what else it depends on: the number of pieces of feedback, and the owner's names


# By application, number of the draft, and version of the rules. A draft never changes.
_Key = tuple[uuid.UUID, int, int]
_remembered: TTLCache[_Key, _Remembered] = TTLCache(
    REMEMBERED_BYTES, REMEMBERED_SECONDS, time.monotonic, getsizeof=lambda each: each.report.size
)
_lock = threading.Lock()


def report_on(row: Application, number: int) -> Report:
    """Check the draft with that number. Raise `ApplicationNotFound` if it is unknown.

    Raise `TooBusy` if it is very long and a report on another one is being made for this person.
    """
    text = versions.text_of(row, number)
    state = {**DEFAULT_STATE, **row.state}
    state |= drafts.with_current(state, number)
    writer = writer_of(row)
    name = writer.name if writer else row.signature
    known = _names_of_writer(row, name)
    key, of = (row.pk, number, RULES_VERSION), (len(state["feedback_history"]), known)
    with _lock:
        _remembered.expire()  # or texts would stay until the next report
        found = _remembered.get(key)
    if found is not None and found.of == of:
        return found.report
    with heavy.admitted(row.owner_id, _length_of(state)):
        report = _report(state, text, known, name)
    if report.size <= REMEMBERED_BYTES:
        with _lock:
            _remembered[key] = _Remembered(report, of)
    return report


def forget(application_ids: Sequence[uuid.UUID]) -> None:
    """Drop what is remembered of deleted applications in this process. Other processes drop it in minutes."""
    gone = set(application_ids)
    with _lock:
        for key in [key for key in _remembered if key[0] in gone]:
            _remembered.pop(key, None)


deletion.forgetting.append(forget)


def _length_of(state: Mapping[str, Any]) -> int:
    """Return how many characters a report reads and compares."""
    edits, _ = drafts.own_edits(state)
    own = [*(state["clarification_answers"] or ()), *state["feedback_history"]]
    texts = [state["current_draft"], state["incoming_email"], state["response_instructions"], *own]
    return sum(len(text or "") for text in [*texts, *(text for edit in edits for text in edit[:2])])


def _report(state: Mapping[str, Any], text: str, known: str, name: str) -> Report:
    """Check the current draft of a state.

    Feedback on drafts that did not lead to this one still supports the facts in it, because the owner wrote
    it. But this draft need not contain its facts.
    """
    said = [steps.said_oneself(each) for each in state["feedback_history"]]
    behind = [steps.said_oneself(each) for each in drafts.feedback_behind(state)]
    told = knowledge.behind(state)
    edits, has_older_edits = drafts.own_edits(state)
    compared = [drafts.compared(edit) for edit in edits]
    by_hand, was_cut = written_by_hand(edits, compared)
    checks = check(
        text,
        email=as_read(state["incoming_email"] or ""),
        instructions=state["response_instructions"] or "",
        answers=state["clarification_answers"] or (),
        feedback=behind,
        by_hand=[*(each for each in said if each not in behind), *by_hand],
        known=known,
        writer=name,
        notes=knowledge.sources(told),
    )
    lost, changed, is_coarse = own_words_changed(state, edits, compared, text)
    reworded = wording.changed(knowledge.verbatim(told[-1]) if told else (), text)
    cut: tuple[Cut, ...] = checks.cut
    if has_older_edits or was_cut or is_coarse:
        cut = (*cut, "edits")
    restored = wording.restored(reworded, text) if reworded else ""
    return Report(text, checks, changed, [*lost, *reworded], cut, restored if restored != text else "")


def _names_of_writer(row: Application, name: str) -> str:
    return f"{row.owner.get_username()} {row.owner.get_full_name()}\n{row.signature}\n{name}"


def written_by_hand(
    edits: Sequence[drafts.Edit], compared: Sequence[diffs.Comparison]
) -> tuple[list[str], bool]:
    """Return what the owner wrote into the drafts, and whether a draft was too long to be read to its end.

    That is all text that is new in their edits, and each fact with a new part: an owner who changes the 3
    in "3 May" to a 4 wrote "4 May". The newest edit comes first.
    """
    written: list[str] = []
    has_cut = False
    for edit, comparison in reversed(list(zip(edits, compared, strict=True))):
        spans = list(_new_spans(comparison))
        inserted = [segment.text for segment in comparison.segments if segment.op == "insert"]
        facts, was_cut = facts_of(edit.after)
        has_cut = has_cut or was_cut or comparison.is_coarse
        written += inserted
        written += [found.text for found in facts if _is_touched(spans, found.start, found.end)]
    return written, has_cut


def _new_spans(comparison: diffs.Comparison) -> Iterator[tuple[int, int]]:
    """Yield where the inserted texts are in the edited one, in order."""
    position = 0
    for segment in comparison.segments:
        if segment.op == "insert":
            yield position, position + len(segment.text)
        position += len(segment.text) * (segment.op != "delete")


def _is_touched(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Return whether one of the spans, which are in order and apart, overlaps this one."""
    last = bisect_right(spans, (end, -1)) - 1
    return last >= 0 and spans[last][1] > start


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans in order; those that overlap are one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def own_words_changed(
    state: Mapping[str, Any],
    edits: Sequence[drafts.Edit],
    compared: Sequence[diffs.Comparison],
    text: str,
) -> tuple[list[str], list[Finding], bool]:
    """Return the owner's passages that the draft changed, and what it has in their place.

    Passages that the owner later changed themselves don't count. The third value tells whether something was
    too long to be compared in full.
    """
    own = [number for number, source in drafts.way_to_current(state).items() if source["by"] == drafts.PERSON]
    if not own or own[-1] == drafts.current_number(state):
        return [], [], False
    edited, plain = edits[-1].after, _plain(text)
    passages = drafts.passages_still_in(edited, zip(edits, compared, strict=True))
    lost = [passage for passage in passages if _plain(passage) not in plain]
    if not lost:
        return [], [], False
    starts = ((passage, edited.find(passage)) for passage in lost)
    spans = [(start, start + len(passage)) for passage, start in starts if start >= 0]
    comparison = diffs.compare(edited, text)
    return lost, list(_in_their_place(comparison, text, spans)), comparison.is_coarse


def _in_their_place(
    comparison: diffs.Comparison, text: str, spans: list[tuple[int, int]]
) -> Iterable[Finding]:
    places: Sequence[int] = range(len(text) + 1)
    if "\r" in text:  # the comparison counts every line end, CRLF too, as one character
        places = [match.start() for match in re.finditer(r"\r\n|.", text, re.DOTALL)] + [len(text)]
    spans = _joined(spans)
    before = after = 0
    is_lost = False
    for segment in comparison.segments:
        end = before + len(segment.text)
        if segment.op == "delete":
            is_lost = _is_touched(spans, before, end)
        elif segment.op == "insert" and (is_lost or _is_touched(spans, before, before + 1)):
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
