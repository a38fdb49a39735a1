"""How doors speak of the steps of an email. `Words` in the contract says where each text is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant_app.contract.wording import quoted
from assistant_app.contract.workflow import Words
from assistant_app.phrases import Phrase, gettext_noop, ngettext
from assistant_app.workflow import drafts

State = Mapping[str, Any]
BEGINNING = 100  # characters of a draft in the history
Said = tuple[str, str]  # heading and detail


def _input(before: State, after: State) -> Said:
    said = after["response_instructions"]
    if said:
        return gettext_noop("You said what you want"), quoted(said)
    return gettext_noop("You asked for a suitable reply"), ""


def _questions(before: State, after: State) -> Said:
    number = len(after["clarification_questions"])
    error = after.get("clarification_error")
    if error and error["code"] == "skipped":
        return gettext_noop("You skipped the questions"), ""
    if error:
        return gettext_noop("The assistant couldn’t ask questions"), Phrase(error["message"])
    if not number:
        return gettext_noop("The assistant had no questions"), ""
    return ngettext(
        "The assistant asked %(number)s question", "The assistant asked %(number)s questions", number
    ), ""


def _answers(before: State, after: State) -> Said:
    answers = after["clarification_answers"] or []
    given = [answer for answer in answers if answer]
    skipped = len(answers) - len(given)
    if not given:
        return ngettext("You skipped %(number)s question", "You skipped %(number)s questions", skipped), ""
    first = quoted(given[0])
    if not skipped:
        said = ngettext("You answered %(number)s question", "You answered %(number)s questions", len(given))
        return said, first
    said = ngettext(
        "You answered %(number)s question, skipped %(skipped)s",
        "You answered %(number)s questions, skipped %(skipped)s",
        len(given),
        skipped=skipped,
    )
    return said, first


def _draft(before: State, after: State) -> Said:
    texts = after["draft_history"]
    if not texts:
        return gettext_noop("Draft"), ""
    said = ngettext(
        "Draft %(draft)s, %(number)s word",
        "Draft %(draft)s, %(number)s words",
        _words(texts[-1]),
        draft=len(texts),
    )
    return said, _beginning(texts[-1])


def _words(text: str) -> int:
    return len(text.split())


def _beginning(text: str) -> str:
    """Return the first words of a draft in one line."""
    line = " ".join(text[: 2 * BEGINNING].split())
    return line if len(line) <= BEGINNING else f"{line[: BEGINNING - 1].rstrip()}…"


def _feedback(before: State, after: State) -> Said:
    if after["feedback"]:
        return gettext_noop("You asked for a change"), quoted(after["feedback"])
    return _accepted(drafts.current_number(after)), ""


def _accepted(number: int | None) -> str:
    return gettext_noop("You accepted draft %(draft)s", draft=number)


def _edit(before: State, after: State) -> Said:
    said = ngettext(
        "You edited draft %(before)s into draft %(draft)s, %(number)s word",
        "You edited draft %(before)s into draft %(draft)s, %(number)s words",
        _words(after["draft_history"][-1]),
        before=drafts.current_number(before),
        draft=len(after["draft_history"]),
    )
    return said, ""


def _written(before: State, after: State) -> Said:
    number, draft = _words(after["draft_history"][-1]), len(after["draft_history"])
    if drafts.sources(after)[-1].get("began_with"):
        said = ngettext(
            "You finished draft %(draft)s yourself, %(number)s word",
            "You finished draft %(draft)s yourself, %(number)s words",
            number,
            draft=draft,
        )
    else:
        said = ngettext(
            "You wrote draft %(draft)s yourself, %(number)s word",
            "You wrote draft %(draft)s yourself, %(number)s words",
            number,
            draft=draft,
        )
    return said, ""


def _used(before: State, after: State) -> Said:
    return gettext_noop("You restored draft %(draft)s", draft=drafts.current_number(after)), ""


def _draft_is_ready(state: State) -> str:
    draft = drafts.current_number(state)
    if not draft:
        return ""
    return ngettext(
        "Draft %(draft)s is ready, %(number)s word.",
        "Draft %(draft)s is ready, %(number)s words.",
        _words(state["draft_history"][draft - 1]),
        draft=draft,
    )


PROCESS_INPUT = Words(
    due=gettext_noop("Paste the email"),
    waiting=gettext_noop("Nothing was pasted yet"),
    due_again=gettext_noop("Change the instructions"),
    failed=gettext_noop("Couldn’t read the email"),
    done=_input,
    read=gettext_noop("Email read"),
    saved=gettext_noop("Your email and instructions are saved."),
    not_sent=gettext_noop("Your email and instructions weren’t sent"),
)
DETERMINE_CLARIFICATIONS = Words(
    running=gettext_noop("Reading the email"),
    failed=gettext_noop("Couldn’t read the email"),
    stopped=gettext_noop("You stopped it"),
    done=_questions,
)
CLARIFY_INSTRUCTIONS = Words(
    due=lambda numbers: ngettext(
        "Answer %(number)s question", "Answer %(number)s questions", numbers["questions"]
    ),
    waiting=lambda numbers: ngettext(
        "%(number)s question before the first draft",
        "%(number)s questions before the first draft",
        numbers["questions"],
    ),
    done=_answers,
    read=gettext_noop("Answers read"),
    saved=gettext_noop("Your answers are saved."),
    not_sent=gettext_noop("Your answers weren’t sent"),
    gone=gettext_noop("You’ve already answered these in another window"),
)
FORMULATE_DRAFT = Words(
    running=lambda numbers: gettext_noop("Writing draft %(draft)s", draft=numbers["drafts"] + 1),
    failed=lambda numbers: gettext_noop("Draft %(draft)s couldn’t be finished", draft=numbers["drafts"] + 1),
    stopped=lambda numbers: gettext_noop("You stopped draft %(draft)s", draft=numbers["drafts"] + 1),
    done=_draft,
)
PROCESS_FEEDBACK = Words(
    due=lambda numbers: gettext_noop("Read draft %(draft)s", draft=numbers["current"]),
    waiting=lambda numbers: gettext_noop("Draft %(draft)s is ready", draft=numbers["current"]),
    news=_draft_is_ready,
    done=_feedback,
    read=gettext_noop("Feedback read"),
    saved=gettext_noop("Your feedback is saved."),
    not_sent=gettext_noop("Your feedback wasn’t sent"),
)
EDIT_DRAFT = Words(done=_edit)
WRITE_DRAFT = Words(
    done=_written,
    saved=gettext_noop("Your draft is saved."),
    not_sent=gettext_noop("Your draft wasn’t sent"),
    gone=gettext_noop("The draft was finished in another window"),
)
USE_DRAFT = Words(done=_used)
CHOOSE_SOURCES = Words(done=gettext_noop("You left some of your texts or notes out, or took them in again"))
REGENERATE = Words(done=gettext_noop("You asked for another try"))


def _ended(numbers: Mapping[str, int]) -> str:
    return _accepted(numbers["current"])


def _finished(state: State) -> str:
    return gettext_noop("Finished with draft %(draft)s.", draft=drafts.current_number(state))


def _final(before: State, after: State) -> Said:
    return gettext_noop("Accepted draft %(draft)s", draft=drafts.current_number(after)), ""


FINAL_RESULT = Words(ended=_ended, news=_finished, done=_final)
REOPEN = Words(done=gettext_noop("You reopened it"))


def _envelope(before: State, after: State) -> Said:
    recipients = ", ".join([*after["envelope"]["to"], *after["envelope"]["cc"]])
    return gettext_noop("You changed who gets the reply"), recipients or Phrase(gettext_noop("No one"))


CHANGE_ENVELOPE = Words(
    ended=_ended,
    news=_finished,
    done=_envelope,
    saved=gettext_noop("Your recipients are saved."),
    not_sent=gettext_noop("Your recipients weren’t sent"),
    gone=gettext_noop("The recipients were changed in another window"),
)
