"""How the history pages describe a step to the owner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assistant_app.errors import Cancelled
from assistant_app.inspection import drawing
from assistant_app.inspection.timeline import StepShown
from assistant_app.models import Application
from assistant_app.pages.words import count
from assistant_app.templatetags.letters import excerpt
from assistant_app.workflow import drafts

FAILED = {
    "determine_clarifications": "Couldn’t read the email",
    "process_input": "Couldn’t read the email",
}


@dataclass(frozen=True, slots=True)
class Said:
    heading: str
    detail: str = ""


def of_step(row: Application, shown: StepShown) -> Said:
    """Return a short description of a step. Unknown actions get their name in words."""
    step = shown.step
    if step.error_code:
        return Said(_failed(shown), step.error_message)
    if row.root_id is not None and step.base is None and step.started_at == row.created_at:
        return Said("This alternative starts here", "Everything before it came along.")
    say = _WORDS.get(step.position)
    return say(shown) if say else Said(drawing.in_words(step.position))


def _failed(shown: StepShown) -> str:
    is_stopped = shown.step.error_code == Cancelled.code
    if shown.step.position == "formulate_draft":
        number = len(shown.before["draft_history"]) + 1
        return f"You stopped draft {number}" if is_stopped else f"Draft {number} couldn’t be finished"
    if is_stopped:
        return "You stopped it"
    return FAILED.get(shown.step.position, "This couldn’t be done")


def _input(shown: StepShown) -> Said:
    return Said("You said what you want", f"“{excerpt(shown.after['response_instructions'])}”")


def _questions(shown: StepShown) -> Said:
    number = len(shown.after["clarification_questions"])
    error = shown.after.get("clarification_error")
    if error and error["code"] == "skipped":
        return Said("You skipped the questions")
    if error:
        return Said("The assistant couldn’t ask questions", error["message"])
    return Said(
        f"The assistant asked {count(number, 'question')}" if number else "The assistant had no questions"
    )


def _answers(shown: StepShown) -> Said:
    answers = shown.after["clarification_answers"] or []
    given = [answer for answer in answers if answer]
    skipped = len(answers) - len(given)
    parts = [f"answered {count(len(given), 'question')}"] if given else []
    parts += [f"skipped {skipped}" if given else f"skipped {count(skipped, 'question')}"] if skipped else []
    return Said(f"You {', '.join(parts)}", f"“{excerpt(given[0])}”" if given else "")


def _draft(shown: StepShown) -> Said:
    texts = shown.after["draft_history"]
    length = count(len(texts[-1].split()), "word") if texts else ""
    return Said(f"Draft {len(texts)}, {length}" if texts else "Draft")


def _feedback(shown: StepShown) -> Said:
    text = shown.after["feedback"]
    number = drafts.current_number(shown.after)
    return (
        Said("You asked for a change", f"“{excerpt(text)}”") if text else Said(f"You accepted draft {number}")
    )


def _edit(shown: StepShown) -> Said:
    number = len(shown.after["draft_history"])
    words = count(len(shown.after["draft_history"][-1].split()), "word")
    return Said(f"You edited draft {drafts.current_number(shown.before)} into draft {number}, {words}")


def _number(sentence: str) -> Callable[[StepShown], Said]:
    return lambda shown: Said(sentence.format(drafts.current_number(shown.after)))


_WORDS: dict[str, Callable[[StepShown], Said]] = {
    "process_input": _input,
    "determine_clarifications": _questions,
    "clarify_instructions": _answers,
    "formulate_draft": _draft,
    "process_feedback": _feedback,
    "final_result": _number("Accepted draft {}"),
    "edit_draft": _edit,
    "use_draft": _number("You restored draft {}"),
    "regenerate": lambda shown: Said("You asked for another try"),
    "reopen": lambda shown: Said("You reopened it"),
}
