"""The drafts of one email: the current one, and the source of each. Pure functions of a state.

Drafts are numbered from 1, in the order in which they were made. Each has a source:

- `"by"`: `"model"` or `"person"`, which is the owner
- `"of"`: number of the draft that it was made from, or None
- `"feedback"`: number of the feedback that it answers, or 0; an edit copies it from the draft `of`
- `"began_with"`: only of a draft that the owner finished by hand: what the model had written, or ""
- `"assumptions"`: optional list
- `"left_out"`: optional list of `{"where": "before" or "after", "text": …}`: what the model wrote around it
- `"shortened"`: optional, what the model was not told because its window is too small: the number of
  `quoted_messages` and of `feedback`
- `"context"`: optional, the index of what the model was told about the owner, and `"without"`, what of that
  was left out: see `knowledge`
- `"at"` (ISO 8601), `"model"`, `"provider"`: only in a fork's copied drafts, whose model calls stay with the
  parent; the last two only for the model's drafts
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from assistant_app.contract.workflow import StepTaken
from assistant_app.workflow import diffs

State = Mapping[str, Any]
Source = dict[str, Any]

MODEL, PERSON = "model", "person"
MOST_COMPARED = 500_000  # characters of the owner's edits, and of what they edited; the newest count
MOST_OWN = 1_000  # passages of the owner's that are looked for


class Edit(NamedTuple):
    """What the owner changed by hand: a whole draft, or the beginning that the model wrote."""

    before: str
    after: str
    is_of_beginning: bool = False


def sources(state: State) -> list[Source]:
    """Return the source of each draft, oldest first.

    Versions before sources were added stored none. There the model made each draft from the one before it,
    with the feedback of that one's number.
    """
    known = list(state.get("draft_sources") or ())
    return known + [_in_turn(number) for number in range(len(known) + 1, len(state["draft_history"]) + 1)]


def _in_turn(number: int) -> Source:
    return {"by": MODEL, "of": number - 1 or None, "feedback": number - 1}


def current_number(state: State) -> int | None:
    """Return the number of the current draft; None before the first."""
    texts, current = state["draft_history"], state["current_draft"]
    if current is None:
        return None
    number = state.get("draft_number") or 0
    if 0 < number <= len(texts) and texts[number - 1] == current:
        return int(number)
    return next((found for found in range(len(texts), 0, -1) if texts[found - 1] == current), None)


def source_of_current(state: State) -> Source | None:
    number = current_number(state)
    return sources(state)[number - 1] if number else None


def source_of_next(
    state: State,
    assumptions: Sequence[str] = (),
    left_out: Sequence[Mapping[str, str]] = (),
    shortened: Mapping[str, int] | None = None,
) -> Source:
    """Return the source of the draft that the model writes next."""
    source: Source = {"by": MODEL, "of": current_number(state), "feedback": pending_feedback(state)}
    source |= {"assumptions": list(assumptions)} if assumptions else {}
    source |= {"left_out": [dict(each) for each in left_out]} if left_out else {}
    return source | ({"shortened": dict(shortened)} if shortened else {})


def source_of_edit(state: State, text: str) -> Source:
    """Return the source of an edit of the current draft.

    It keeps that draft's feedback, assumptions and sources, and what was left out of it and not put back.
    """
    before = source_of_current(state) or {}
    source = {"by": PERSON, "of": current_number(state), "feedback": before.get("feedback", 0)}
    source |= {key: before[key] for key in ("assumptions", "context", "without") if key in before}
    left_out = [each for each in before.get("left_out", ()) if each["text"] not in text]
    return source | ({"left_out": left_out} if left_out else {})


def source_of_written(state: State, began_with: str) -> Source:
    """Return the source of the draft that the owner finishes in place of the model."""
    source = {"by": PERSON, "of": current_number(state), "feedback": pending_feedback(state)}
    return source | {"began_with": began_with}


def answers_feedback(source: Source) -> bool:
    """Return whether a draft was made to answer its feedback; an edit only inherits it."""
    return source["by"] == MODEL or "began_with" in source


def put_back(text: str, left_out: Mapping[str, str]) -> str:
    """Return a draft with what was left out of it."""
    parts = [left_out["text"], text] if left_out["where"] == "before" else [text, left_out["text"]]
    return "\n\n".join(parts)


def feedback_for(state: State, source: Source) -> str:
    """Return the feedback that a draft answers; empty for a first draft and for an edit."""
    said, number = state["feedback_history"], source["feedback"]
    return str(said[number - 1]) if answers_feedback(source) and 0 < number <= len(said) else ""


def pending_feedback(state: State) -> int:
    """Return the number of the feedback that the next draft answers; 0 for none."""
    given, texts = state.get("feedback"), state["feedback_history"]
    if not given:
        return 0
    return next((number for number in range(len(texts), 0, -1) if texts[number - 1] == given), 0)


def feedback_that_counts(state: State) -> dict[int, str]:
    """Return the feedback that the next draft must follow, by its number, oldest first.

    That is the feedback that led to the current draft, and the pending one. Feedback on drafts that the
    owner went back from is left out.
    """
    return _feedback(state, _answered(state) | {pending_feedback(state)})


def feedback_behind(state: State) -> list[str]:
    """Return the feedback that led to the current draft, oldest first."""
    return list(_feedback(state, _answered(state)).values())


def _answered(state: State) -> set[int]:
    return {source["feedback"] for source in way_to_current(state).values()}


def _feedback(state: State, numbers: set[int]) -> dict[int, str]:
    return {number: state["feedback_history"][number - 1] for number in sorted(numbers - {0})}


def tried_before(state: State) -> str:
    """Return the newest draft that the model made from what it gets now; empty at its first try."""
    texts, wanted = state["draft_history"], (current_number(state), pending_feedback(state))
    tries = [
        texts[number - 1]
        for number, source in enumerate(sources(state), start=1)
        if source["by"] == MODEL
        and (source["of"], source["feedback"]) == wanted
        and source.get("without", []) == (state.get("left_out_sources") or [])
    ]
    return str(tries[-1]) if tries else ""


def way_to_current(state: State) -> dict[int, Source]:
    """Return the sources of the current draft and its ancestors by number, oldest first."""
    known, number = sources(state), current_number(state)
    way: dict[int, Source] = {}
    while number:
        way[number] = known[number - 1]
        number = way[number]["of"]
    return dict(reversed(way.items()))


def is_own(state: State) -> bool:
    """Return whether the current draft is the owner's own text."""
    source = source_of_current(state)
    return source is not None and source["by"] == PERSON


def has_own(state: State) -> bool:
    """Return whether the current draft or an ancestor is the owner's own text."""
    return any(source["by"] == PERSON for source in way_to_current(state).values())


def own_edits(state: State) -> tuple[list[Edit], bool]:
    """Return the owner's edits that led to the current draft, and whether older ones were left out.

    The oldest is first. There are as many of the newest ones as can be compared in a fraction of a second:
    see `MOST_COMPARED`.
    """
    edits, left = list[Edit](), MOST_COMPARED
    own = [(number, source) for number, source in way_to_current(state).items() if source["by"] == PERSON]
    for number, source in reversed(own):
        edit = _edit(state, number, source)
        left -= len(edit.before) + len(edit.after)
        if edits and left < 0:
            return edits[::-1], True
        edits.append(edit)
    return edits[::-1], False


def _edit(state: State, number: int, source: Source) -> Edit:
    text = state["draft_history"][number - 1]
    if "began_with" in source:
        return Edit(source["began_with"], text, is_of_beginning=True)
    return Edit(state["draft_history"][source["of"] - 1] if source["of"] else "", text)


def compared(edit: Edit) -> diffs.Comparison:
    return diffs.compare(edit.before, edit.after)


def own_passages(state: State) -> list[str]:
    """Return the passages of the current draft that the owner wrote. Slow for long drafts."""
    edits, _ = own_edits(state)
    text = (state["current_draft"] or "").replace("\r\n", "\n")
    return passages_still_in(text, ((edit, compared(edit)) for edit in edits))


def passages_still_in(text: str, edits: Iterable[tuple[Edit, diffs.Comparison]]) -> list[str]:
    """Return the passages of a text that these edits brought, without repetition."""
    brought = dict.fromkeys(passage for edit, comparison in edits for passage in _brought(edit, comparison))
    return [passage for passage in list(brought)[-MOST_OWN:] if passage in text]


def _brought(edit: Edit, comparison: diffs.Comparison) -> list[str]:
    """Return the passages that an edit brought; nothing of them stands in a beginning by the model."""
    if not edit.is_of_beginning:
        return diffs.passages_in(comparison)
    begun = " ".join(edit.before.split())
    passages = diffs.passages_in(comparison, with_sentence=False)
    return [passage for passage in passages if " ".join(passage.split()) not in begun]


def struck_out(state: State) -> list[str]:
    """Return what the owner deleted from the current draft or its ancestors, and put nothing in its place.

    Slow for long drafts.
    """
    current, found = state["current_draft"] or "", list[str]()
    for number, source in way_to_current(state).items():
        edit = _edit(state, number, source)
        if source["by"] == PERSON and edit.before:
            deleted = diffs.deletions(edit.before, edit.after)
            found += [passage for passage in deleted if passage not in current]
    return list(dict.fromkeys(found))


def with_draft(state: State, text: str, source: Source) -> dict[str, Any]:
    """Return the state changes that add a draft and make it the current one."""
    return {
        "draft_history": [*state["draft_history"], text],
        "draft_sources": [*sources(state), source],
        **_current(len(state["draft_history"]) + 1, text, source),
    }


def with_current(state: State, number: int | None) -> dict[str, Any]:
    """Return the state changes that make a draft the current one; None stands for no draft."""
    if number is None:
        return _current(None, None, {})
    return _current(number, state["draft_history"][number - 1], sources(state)[number - 1])


def _current(number: int | None, text: str | None, source: Source) -> dict[str, Any]:
    return {
        "current_draft": text,
        "draft_number": number,
        "assumptions": source.get("assumptions", []),
    }


def up_to(state: State, number: int) -> dict[str, Any]:
    """Return the state as it was when that draft was the newest."""
    known = sources(state)[:number]
    said = max((source["feedback"] for source in known), default=0)
    told = max((source["context"] + 1 for source in known if "context" in source), default=0)
    earlier = {
        **state,
        "draft_history": state["draft_history"][:number],
        "draft_sources": known,
        "feedback_history": state["feedback_history"][:said],
        "contexts": (state.get("contexts") or [])[:told] or None,
        "left_out_sources": known[-1].get("without") if known else None,
        "final_draft": None,
    }
    earlier["feedback"] = earlier["feedback_history"][-1] if said else ""
    return {**earlier, **with_current(earlier, number)}


def origins(state: State, steps: Sequence[StepTaken]) -> list[Source]:
    """Return the sources of a state's drafts, completed with `at` (time), `model` and `provider`.

    `steps` lead to the state. Drafts that a fork copied have these values already; older versions did not
    store `provider`.
    """
    known = sources(state)
    made_by = drafting_steps(steps)[: len(known)]
    return [_with_origin(source, step) for source, step in zip_longest(known, made_by)]


def _with_origin(source: Source, step: StepTaken | None) -> Source:
    if "at" in source or step is None:
        return source
    model = {"model": step.model, "provider": step.provider} if step.model else {}
    return {**source, "at": step.at, **model}


def drafting_steps(steps: Sequence[StepTaken]) -> list[StepTaken]:
    """Return the step that added each draft on the path; copied drafts came with a fork's first step."""
    return [step for step in steps for _ in step.changes.get("append", {}).get("draft_history", ())]


def carried(state: State, steps: Sequence[StepTaken]) -> dict[str, Any]:
    """Return the state with time and model in the source of each draft: a fork has no copy of model calls."""
    return {**state, "draft_sources": origins(state, steps)}
