"""Drafts like a model writes them, with their unsupported facts labelled by hand in cases.json."""

import json
from dataclasses import dataclass
from pathlib import Path

from assistant_app.workflow.checks.findings import check

CASES = Path(__file__).with_name("cases.json")


@dataclass(frozen=True)
class Result:
    """The result of the checks for one draft: hits, false alarms and misses."""

    language: str
    draft: str
    right: list[str]
    wrong: list[str]
    missed: list[str]


def results():
    return [result(letter, case) for letter in json.loads(CASES.read_text()) for case in letter["drafts"]]


def result(letter, case):
    inputs = {name: letter[name] for name in ("email", "instructions", "answers", "feedback")}
    found = [finding.text for finding in check(case["draft"], **inputs, known=letter["known"]).findings]
    quiet = [finding.text for finding in check(case["draft"], **inputs, known=letter["known"]).derived]
    labels = case["unsupported"] + case["placeholders"]
    return Result(
        letter["language"],
        case["draft"],
        right=[text for text in found if any(is_same(text, label) for label in labels)],
        wrong=[text for text in found if not any(is_same(text, label) for label in labels)],
        missed=[label for label in labels if not any(is_same(text, label) for text in found + quiet)],
    )


def is_same(found, label):
    """Return whether an alarm matches a label: "14 days" matches "within 14 days"."""
    return found in label or label in found


def precision(some):
    right, wrong = (sum(len(getattr(one, kind)) for one in some) for kind in ("right", "wrong"))
    return right / (right + wrong)


def recall(some):
    right, missed = (sum(len(getattr(one, kind)) for one in some) for kind in ("right", "missed"))
    return right / (right + missed)
