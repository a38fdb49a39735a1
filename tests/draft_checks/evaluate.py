"""`make evaluate`: measures the checks on labelled emails, side by side with the previous release.

Without a model. The published sets are `published.json`, `held_out.json`, which was written later and before
the rules were changed for it, and `several_values.json`, whose letters have several dates, times or amounts
that a model may swap; `--given FILE` adds drafts in the form of a list of
{id, kind, email, instructions, answers, feedback, by_hand, known, draft, right_alarms, right_missing}, where
drafts of the kind "error" have the same text without it as `base`, and a class as `error`.

`make evaluate MODEL=name` has a model answer the same emails instead: `with_model`.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant_app.workflow.checks.findings import Checks, check

PUBLISHED = Path(__file__).with_name("published.json")
HELD_OUT = Path(__file__).with_name("held_out.json")  # the last 34 emails after the rules were changed
SEVERAL_VALUES = Path(__file__).with_name("several_values.json")  # before the rules for swapped values
PREVIOUS = Path(__file__).with_name("previous_release.json")
SOURCES = ("email", "instructions", "answers", "feedback", "by_hand", "known")
OWNER = "nora Nora Vance"  # of the published emails


@dataclass
class Figures:
    """What the checks did on one set. Alarms and missing facts count once for an email."""

    drafts: int = 0
    with_false_alarm: int = 0
    right_alarms: int = 0
    false_alarms: int = 0
    right_missing: int = 0
    false_missing: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    shown: Counter[str] = field(default_factory=Counter)
    listed: int = 0  # errors among the things to check, not only in a quiet note


def figures_of(cases: Iterable[dict[str, Any]], details: list[str] | None = None) -> Figures:
    """Measure the checks; append what went wrong to `details`."""
    found = Figures()
    alarms: set[tuple[str, str, bool]] = set()
    missing: set[tuple[str, str, bool]] = set()
    for case in cases:
        email = case["id"].partition(".")[0]
        checks = _check(case, case["draft"])
        if case["kind"] == "natural":
            marked = {(email, text, text in case["right_alarms"]) for text in _marked(checks)}
            found.drafts += 1
            found.with_false_alarm += any(not is_right for _, _, is_right in marked)
            alarms |= marked
            missing |= {(email, text, text in case["right_missing"]) for text in _missing(checks)}
            continue
        before = _check(case, case["base"])
        new_missing = _missing(checks) - _missing(before)
        missing |= {(case["id"], text, True) for text in new_missing}
        found.errors[case["error"]] += 1
        found.listed += bool(new_missing or _listed(checks) - _listed(before))
        if new_missing or _shown(checks) - _shown(before):
            found.shown[case["error"]] += 1
        elif details is not None:
            details.append(f"not shown: {case['id']}")
    found.right_alarms = sum(is_right for _, _, is_right in alarms)
    found.false_alarms = len(alarms) - found.right_alarms
    found.right_missing = sum(is_right for _, _, is_right in missing)
    found.false_missing = len(missing) - found.right_missing
    if details is not None:
        details += [f"false alarm: {email} {text!r}" for email, text, is_right in alarms if not is_right]
        details += [f"false missing: {email} {text!r}" for email, text, is_right in missing if not is_right]
    return found


def published(labelled_emails: Path = PUBLISHED) -> Iterator[dict[str, Any]]:
    """Yield the published drafts: each email's right one, and one for each planted error."""
    for number, labelled in enumerate(json.loads(labelled_emails.read_text()), start=1):
        case = {
            "id": f"{labelled['language']}{number:02}",
            "email": labelled["email"],
            "instructions": labelled["instructions"],
            "answers": [],
            "feedback": [],
            "by_hand": [],
            "known": OWNER,
            "right_alarms": labelled.get("derived", []),
            "right_missing": [],
        }
        draft = labelled["draft"]
        yield {**case, "kind": "natural", "draft": draft}
        for error, right, wrong in labelled["errors"]:
            planted = {"kind": "error", "error": error, "base": draft, "draft": draft.replace(right, wrong)}
            yield {**case, **planted, "id": f"{case['id']}.{error}"}


def _check(case: dict[str, Any], draft: str) -> Checks:
    return check(draft, **{name: case[name] for name in SOURCES})


def _marked(checks: Checks) -> set[str]:
    return {*(found.text for found in checks.unsupported), *checks.links}


def _missing(checks: Checks) -> set[str]:
    return {text for given in checks.given for text in given.missing}


def _listed(checks: Checks) -> set[tuple[str, str]]:
    """Return what a page lists as a thing to check, beside what is missing."""
    links = (("link", text) for text in checks.links)
    return {*((found.kind, found.text) for found in checks.findings), *links}


def _shown(checks: Checks) -> set[tuple[str, str]]:
    """Return what a page says about a draft, in a quiet note as well."""
    notes = {
        *((found.kind, found.text) for found in checks.derived),
        *(("link", text) for text in checks.brought_in),
    }
    return _listed(checks) | notes


def table(now: Figures, before: Figures | None) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    yield "| | previous release | now |"
    yield "| --- | ---: | ---: |"
    rows = [
        ("correct drafts", lambda of: f"{of.drafts}"),
        ("of them with a false alarm", lambda of: f"{of.with_false_alarm}"),
        ("alarms, right / false", lambda of: f"{of.right_alarms} / {of.false_alarms}"),
        ("missing facts, right / false", lambda of: f"{of.right_missing} / {of.false_missing}"),
        # The figures of earlier releases don't have it.
        (
            "planted errors among the things to check",
            lambda of: f"{of.listed} of {sum(of.errors.values())}" if of.listed else "",
        ),
        ("planted errors shown", lambda of: f"{sum(of.shown.values())} of {sum(of.errors.values())}"),
    ]
    for name, value in rows:
        yield f"| {name} | {value(before) if before else ''} | {value(now)} |"
    for error in sorted(now.errors):
        old = f"{before.shown[error]} of {before.errors[error]}" if before else ""
        yield f"| {error} | {old} | {now.shown[error]} of {now.errors[error]} |"


def _previous(name: str) -> Figures | None:
    kept = json.loads(PREVIOUS.read_text()) if PREVIOUS.exists() else {}
    if name not in kept:
        return None
    return Figures(
        **{**kept[name], "errors": Counter(kept[name]["errors"]), "shown": Counter(kept[name]["shown"])}
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="make evaluate", description=__doc__)
    parser.add_argument("--given", type=Path, help="a file with further labelled drafts")
    parser.add_argument("--details", action="store_true", help="print each false alarm and each miss")
    parser.add_argument("--keep", action="store_true", help="keep these figures as those of the release")
    options = parser.parse_args()
    sets = {"published": list(published()), "held out": list(published(HELD_OUT))}
    sets["several values"] = list(published(SEVERAL_VALUES))
    if options.given:
        if not options.given.is_file():
            parser.error(f"--given: {options.given} is not a file.")
        sets["given"] = json.loads(options.given.read_text())
    kept = {}
    for name, cases in sets.items():
        details: list[str] | None = [] if options.details else None
        figures = figures_of(cases, details)
        kept[name] = {**vars(figures), "errors": dict(figures.errors), "shown": dict(figures.shown)}
        print(f"\n{name.capitalize()} set\n")
        print(*table(figures, _previous(name)), *sorted(details or []), sep="\n")
    if options.keep:
        PREVIOUS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
