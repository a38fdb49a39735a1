"""How doors speak of the steps of an email. `Words` in the contract says where each text is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from assistant_app.contract.wording import count, quoted, sentence
from assistant_app.contract.workflow import Words
from assistant_app.workflow import drafts

State = Mapping[str, Any]
BEGINNING = 100  # characters of a draft in the history
Said = tuple[str, str]  # heading and detail


def _input(before: State, after: State) -> Said:
    said = after["response_instructions"]
    return ("You said what you want", quoted(said)) if said else ("You asked for a suitable reply", "")


def _questions(before: State, after: State) -> Said:
    number = len(after["clarification_questions"])
    error = after.get("clarification_error")
    if error and error["code"] == "skipped":
        return "You skipped the questions", ""
    if error:
        return "The assistant couldn’t ask questions", error["message"]
    asked = f"asked {count(number, 'question')}" if number else "had no questions"
    return f"The assistant {asked}", ""


def _answers(before: State, after: State) -> Said:
    answers = after["clarification_answers"] or []
    given = [answer for answer in answers if answer]
    skipped = len(answers) - len(given)
    parts = [f"answered {count(len(given), 'question')}"] if given else []
    parts += [f"skipped {skipped}" if given else f"skipped {count(skipped, 'question')}"] if skipped else []
    return f"You {', '.join(parts)}", quoted(given[0]) if given else ""


def _draft(before: State, after: State) -> Said:
    texts = after["draft_history"]
    if not texts:
        return "Draft", ""
    return f"Draft {len(texts)}, {count(len(texts[-1].split()), 'word')}", _beginning(texts[-1])


def _beginning(text: str) -> str:
    """Return the first words of a draft in one line."""
    line = " ".join(text[: 2 * BEGINNING].split())
    return line if len(line) <= BEGINNING else f"{line[: BEGINNING - 1].rstrip()}…"


def _feedback(before: State, after: State) -> Said:
    if after["feedback"]:
        return "You asked for a change", quoted(after["feedback"])
    return f"You accepted draft {drafts.current_number(after)}", ""


def _edit(before: State, after: State) -> Said:
    number = len(after["draft_history"])
    words = count(len(after["draft_history"][-1].split()), "word")
    return f"You edited draft {drafts.current_number(before)} into draft {number}, {words}", ""


def _written(before: State, after: State) -> Said:
    number = len(after["draft_history"])
    words = count(len(after["draft_history"][-1].split()), "word")
    verb = "finished" if drafts.sources(after)[-1].get("began_with") else "wrote"
    return f"You {verb} draft {number} yourself, {words}", ""


def _numbered(sentence: str) -> Callable[[State, State], Said]:
    return lambda before, after: (sentence.format(drafts.current_number(after)), "")


def _draft_is_ready(state: State) -> str:
    number = drafts.current_number(state)
    if not number:
        return ""
    return f"Draft {number} is ready, {count(len(state['draft_history'][number - 1].split()), 'word')}."


PROCESS_INPUT = Words(
    due="Paste the email",
    waiting="Nothing was pasted yet",
    due_again="Change the instructions",
    failed="Couldn’t read the email",
    done=_input,
    read="Email read",
    typed="email and instructions",
)
DETERMINE_CLARIFICATIONS = Words(
    running="Reading the email", failed="Couldn’t read the email", stopped="You stopped it", done=_questions
)
CLARIFY_INSTRUCTIONS = Words(
    due=lambda numbers: f"Answer {count(numbers['questions'], 'question')}",
    waiting=lambda numbers: f"{sentence(count(numbers['questions'], 'question'))} before the first draft",
    done=_answers,
    read="Answers read",
    typed="answers",
    gone="You’ve already answered these in another window",
)
FORMULATE_DRAFT = Words(
    running=lambda numbers: f"Writing draft {numbers['drafts'] + 1}",
    failed=lambda numbers: f"Draft {numbers['drafts'] + 1} couldn’t be finished",
    stopped=lambda numbers: f"You stopped draft {numbers['drafts'] + 1}",
    done=_draft,
)
PROCESS_FEEDBACK = Words(
    due=lambda numbers: f"Read draft {numbers['current']}",
    waiting=lambda numbers: f"Draft {numbers['current']} is ready",
    news=_draft_is_ready,
    done=_feedback,
    read="Feedback read",
    typed="feedback",
)
EDIT_DRAFT = Words(done=_edit)
WRITE_DRAFT = Words(
    done=_written,
    typed="draft",
    gone="The draft was finished in another window",
)
USE_DRAFT = Words(done=_numbered("You restored draft {}"))
CHOOSE_SOURCES = Words(done="You left some of your texts or notes out, or took them in again")
REGENERATE = Words(done="You asked for another try")


def _ended(numbers: Mapping[str, int]) -> str:
    return f"You accepted draft {numbers['current']}"


def _finished(state: State) -> str:
    return f"Finished with draft {drafts.current_number(state)}."


FINAL_RESULT = Words(
    ended=_ended,
    news=_finished,
    done=_numbered("Accepted draft {}"),
)
REOPEN = Words(done="You reopened it")
CHANGE_ENVELOPE = Words(
    ended=_ended,
    news=_finished,
    done=lambda before, after: (
        "You changed who gets the reply",
        ", ".join([*after["envelope"]["to"], *after["envelope"]["cc"]]) or "No one",
    ),
    typed="recipients",
    gone="The recipients were changed in another window",
)
