"""The table of actions, from which endpoints, forms, pages, lists, the history and the schema are derived.

The fields of a human step are the inputs of its action. The system check `assistant.E010` compares them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from assistant_app.contract.workflow import ActionEntry, Field, Output
from assistant_app.errors import DoesNotFit, NothingToRegenerate
from assistant_app.phrases import gettext_noop
from assistant_app.workflow import chosen_envelope, drafts, knowledge, words


def _with_plain_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_current(text: str, state: Mapping[str, Any]) -> bool:
    """Return whether a cleaned text equals the current draft, apart from line ends and outer spaces."""
    return text == _with_plain_lines(state.get("current_draft") or "").strip()


def _is_changed(inputs: dict[str, Any], state: Mapping[str, Any]) -> None:
    if is_current(inputs["text"], state):
        raise DoesNotFit(fields={"text": [gettext_noop("Nothing was changed, so no new draft was made.")]})


def _is_there(inputs: dict[str, Any], state: Mapping[str, Any]) -> None:
    number = len(state["draft_history"])
    if inputs["draft"] > number:
        problem = gettext_noop(
            "There is no draft %(draft)s. The newest is %(newest)s.", draft=inputs["draft"], newest=number
        )
        raise DoesNotFit(fields={"draft": [problem]})


def _was_written(state: Mapping[str, Any]) -> None:
    source = drafts.source_of_current(state)
    if source is None or source["by"] == drafts.PERSON:
        raise NothingToRegenerate


def _may_begin(inputs: dict[str, Any], state: Mapping[str, Any]) -> None:
    knowledge.check(inputs, state)
    if problems := chosen_envelope.problems_of_sender("reply_as", inputs["reply_as"]):
        raise DoesNotFit(fields=problems)


PROCESS_INPUT = ActionEntry(
    action="process_input",
    template="work/_form_process_input.html",
    buttons="assistant_app.pages.work.buttons",
    label=gettext_noop("Paste the email"),
    words=words.PROCESS_INPUT,
    outputs=(
        Output(
            name="email_to_respond",
            key="incoming_email",
            label=gettext_noop("The email"),
            help="null until it is sent",
            is_nullable=True,
            value=lambda state: state["incoming_email"] or None,
        ),
        Output(
            name="response_instructions",
            key="response_instructions",
            label=gettext_noop("Instructions"),
            help='null until the email is sent; "" if you gave none',
            is_nullable=True,
            may_be_blank=True,
            value=lambda state: state["response_instructions"] if state["incoming_email"] else None,
        ),
        Output(
            name="reply_as",
            key="chosen_identity",
            label=gettext_noop("Reply as"),
            help="the identity you chose before the first draft; null if you chose none",
            is_nullable=True,
            on_page=False,
        ),
    ),
    endpoint="initialize_draft",
    title=gettext_noop("Answer an email"),
    button=gettext_noop("Get a draft"),
    fields=(
        Field(
            name="email_to_respond",
            label=gettext_noop("The email you’re replying to"),
            help=gettext_noop("Paste the whole email. We’ll pick up the sender, recipients and subject."),
            limit="MAX_EMAIL_CHARACTERS",
            too_long=gettext_noop("Cut off old quoted messages at the end."),
            missing=gettext_noop("Paste the email you’re replying to."),
            verbatim=True,
            kept_in="incoming_email",
        ),
        Field(
            name="response_instructions",
            label=gettext_noop("What do you want to say?"),
            help=gettext_noop(
                "“Yes to Tuesday, and ask for the invoice number”. Empty: we’ll suggest a suitable reply."
            ),
            required=False,
        ),
        Field(
            name="left_out",
            label=gettext_noop("What to leave out"),
            help=gettext_noop("about, style, always, notes, or note: and its number; one on each line."),
            required=False,
            may_be_missing=True,
            is_list=True,
            kept_in="left_out_sources",
        ),
        Field(
            name="reply_as",
            label=gettext_noop("Reply as"),
            help=gettext_noop("Your name and address. Empty: those that the email was sent to."),
            required=False,
            may_be_missing=True,
            is_line=True,
            kept_in="chosen_identity",
        ),
    ),
    fits=_may_begin,
)


def _questions(state: Mapping[str, Any]) -> list[str] | None:
    return state["clarification_questions"] or ([] if state["draft_history"] else None)


def _reasons(state: Mapping[str, Any]) -> list[str] | None:
    questions = _questions(state)
    return questions and (state["clarification_reasons"] or [""] * len(questions))


def _choices(state: Mapping[str, Any]) -> list[list[str]] | None:
    questions = _questions(state)
    return None if questions is None else state["clarification_choices"] or [[] for _ in questions]


DETERMINE_CLARIFICATIONS = ActionEntry(
    action="determine_clarifications",
    label=gettext_noop("Look for questions"),
    words=words.DETERMINE_CLARIFICATIONS,
    outputs=(
        Output(
            name="questions",
            key="clarification_questions",
            help="null until they are known; empty if the model needs none",
            kind="texts",
            is_nullable=True,
            value=_questions,
        ),
        Output(
            name="question_reasons",
            key="clarification_reasons",
            help='why each question is asked; "" if the model gave no reason; null until they are known',
            kind="texts",
            is_nullable=True,
            may_be_blank=True,
            value=_reasons,
        ),
        Output(
            name="question_choices",
            key="clarification_choices",
            help="up to four likely answers to each question; an answer may be any other text",
            kind="lists",
            is_nullable=True,
            on_page=False,
            value=_choices,
        ),
        Output(
            name="questions_error",
            key="clarification_error",
            help='why no questions could be asked; null if they could; the code is "skipped" if you did',
            kind="error",
            is_nullable=True,
            on_page=False,
        ),
    ),
)
CLARIFY_INSTRUCTIONS = ActionEntry(
    action="clarify_instructions",
    template="work/_form_clarify_instructions.html",
    label=gettext_noop("Answer the questions"),
    words=words.CLARIFY_INSTRUCTIONS,
    outputs=(
        Output(
            name="answers",
            key="clarification_answers",
            label=gettext_noop("Your answers"),
            help='one for each question, "" for a skipped one; null until they are sent',
            kind="texts",
            is_nullable=True,
            may_be_blank=True,
        ),
    ),
    endpoint="clarify_instructions",
    title=gettext_noop("A few questions first"),
    button=gettext_noop("Send answers"),
    fields=(
        Field(
            name="answers",
            label=gettext_noop("Your answers"),
            help=gettext_noop("Leave a field empty to skip it."),
            required=False,
            one_per="clarification_questions",
            explained_by="clarification_reasons",
            offered_by="clarification_choices",
            kept_in="clarification_answers",
        ),
    ),
)
FORMULATE_DRAFT = ActionEntry(
    action="formulate_draft",
    label=gettext_noop("Write a draft"),
    words=words.FORMULATE_DRAFT,
    outputs=(
        Output(name="drafts", key="draft_history", help="oldest first", kind="texts"),
        Output(
            name="draft_number",
            key="draft_number",
            help="number of the current draft, from 1; feedback and acceptance apply to it",
            kind="number",
            is_nullable=True,
            value=drafts.current_number,
        ),
        Output(
            name="assumptions",
            key="assumptions",
            help="what the model assumed in the current draft",
            kind="texts",
        ),
    ),
)
PROCESS_FEEDBACK = ActionEntry(
    action="process_feedback",
    buttons="assistant_app.pages.work.buttons",
    label=gettext_noop("Read the draft"),
    words=words.PROCESS_FEEDBACK,
    outputs=(Output(name="feedback_history", key="feedback_history", help="oldest first", kind="texts"),),
    endpoint="process_feedback",
    title=gettext_noop("Is this draft right?"),
    button=gettext_noop("Send feedback"),
    fields=(
        Field(
            name="feedback",
            label=gettext_noop("What should change?"),
            help=gettext_noop("“Warmer”, “leave out the discount”. Leave it empty to accept the draft."),
            required=False,
            empty_decides=True,
        ),
    ),
)
EDIT_DRAFT = ActionEntry(
    action="edit_draft",
    template="work/_form_edit_draft.html",
    label=gettext_noop("Edit the draft"),
    words=words.EDIT_DRAFT,
    outputs=(),
    endpoint="edit",
    title=gettext_noop("Edit the draft"),
    button=gettext_noop("Save as a new draft"),
    instead_of="process_feedback",
    adds_draft=True,
    fits=_is_changed,
    fields=(
        Field(
            name="text",
            label=gettext_noop("Your text"),
            limit="MAX_EMAIL_CHARACTERS",
            begins_with="current_draft",
        ),
    ),
)
WRITE_DRAFT = ActionEntry(
    action="write_draft",
    template="work/_form_write_draft.html",
    label=gettext_noop("Finish a draft by hand"),
    words=words.WRITE_DRAFT,
    outputs=(),
    endpoint="write",
    title=gettext_noop("Finish the draft yourself"),
    button=gettext_noop("Save draft"),
    when_stopped_at=(DETERMINE_CLARIFICATIONS.action, FORMULATE_DRAFT.action),
    adds_draft=True,
    fields=(
        Field(
            name="text",
            label=gettext_noop("Your text"),
            limit="MAX_EMAIL_CHARACTERS",
            begins_with_partial=True,
        ),
    ),
)
USE_DRAFT = ActionEntry(
    action="use_draft",
    label=gettext_noop("Go back to a draft"),
    words=words.USE_DRAFT,
    outputs=(),
    endpoint="use",
    title=gettext_noop("Go back to an earlier draft"),
    button=gettext_noop("Use this draft"),
    instead_of="process_feedback",
    fits=_is_there,
    fields=(Field(name="draft", label=gettext_noop("Its number"), is_number=True),),
)
REGENERATE = ActionEntry(
    action="regenerate",
    label=gettext_noop("Try again"),
    words=words.REGENERATE,
    outputs=(),
    endpoint="regenerate",
    method="post",
    title=gettext_noop("Write the draft again"),
    button=gettext_noop("Try again"),
    instead_of="process_feedback",
    needs=_was_written,
)
CHOOSE_SOURCES = ActionEntry(
    action="choose_sources",
    label=gettext_noop("Leave out sources"),
    words=words.CHOOSE_SOURCES,
    outputs=(
        Output(
            name="left_out_sources",
            key="left_out_sources",
            help="what the model is not told about you for this email: about, style, always, notes, note:ID",
            kind="texts",
            on_page=False,
            value=lambda state: state["left_out_sources"] or [],
        ),
    ),
    endpoint="sources",
    title=gettext_noop("Write it without some of your texts or notes"),
    button=gettext_noop("Leave them out"),
    instead_of="process_feedback",
    needs=_was_written,
    fits=knowledge.check,
    fields=(
        Field(
            name="left_out",
            label=gettext_noop("What to leave out"),
            help=gettext_noop("about, style, always, notes, or note: and its number; one on each line."),
            required=False,
            is_list=True,
            kept_in="left_out_sources",
        ),
    ),
)
REOPEN = ActionEntry(
    action="reopen",
    label=gettext_noop("Reopen"),
    words=words.REOPEN,
    outputs=(),
    endpoint="reopen",
    method="post",
    title=gettext_noop("Go on with a finished email"),
    button=gettext_noop("Reopen"),
    when_finished=True,
)

FINAL_RESULT = ActionEntry(
    action="final_result",
    label=gettext_noop("Finish"),
    words=words.FINAL_RESULT,
    outputs=(
        Output(name="final_draft", key="final_draft", label=gettext_noop("The reply"), is_nullable=True),
    ),
)

CHANGE_ENVELOPE = ActionEntry(
    action="change_envelope",
    label=gettext_noop("Change the envelope"),
    words=words.CHANGE_ENVELOPE,
    outputs=(
        Output(
            name="envelope",
            key="envelope",
            help="who gets the reply, as you chose; null while it is the proposed one",
            kind="record",
            parts=(
                Output(name="to", key="to", kind="texts"),
                Output(name="cc", key="cc", kind="texts"),
                Output(name="subject", key="subject", may_be_blank=True),
                Output(name="identity", key="identity", may_be_blank=True),
                Output(name="quote", key="quote", may_be_blank=True),
            ),
            is_nullable=True,
            on_page=False,
        ),
    ),
    endpoint="envelope",
    title=gettext_noop("Who gets the reply"),
    button=gettext_noop("Save"),
    at_any_time=True,
    fits=chosen_envelope.check,
    fields=(
        Field(
            name="to",
            label=gettext_noop("To"),
            help=gettext_noop("One address on each line."),
            required=False,
            is_list=True,
        ),
        Field(
            name="cc",
            label=gettext_noop("Cc"),
            help=gettext_noop("They get a copy."),
            required=False,
            is_list=True,
        ),
        Field(name="subject", label=gettext_noop("Subject"), required=False, is_line=True),
        Field(
            name="identity",
            label=gettext_noop("From"),
            help=gettext_noop("Your name and address."),
            required=False,
            is_line=True,
        ),
        Field(
            name="quote",
            label=gettext_noop("Quote the email in the file"),
            required=False,
            choices=chosen_envelope.PLACES,
        ),
    ),
)

STEPS = [
    PROCESS_INPUT,
    DETERMINE_CLARIFICATIONS,
    CLARIFY_INSTRUCTIONS,
    FORMULATE_DRAFT,
    PROCESS_FEEDBACK,
    EDIT_DRAFT,
    WRITE_DRAFT,
    USE_DRAFT,
    REGENERATE,
    CHOOSE_SOURCES,
    FINAL_RESULT,
    REOPEN,
    CHANGE_ENVELOPE,
]

# Feedback by one button: its label, and the sentence to append to the typed feedback.
REFINEMENTS = {
    "shorter": (gettext_noop("Shorter"), "Make it shorter."),
    "longer": (gettext_noop("Longer"), "Make it longer."),
    "more_formal": (gettext_noop("More formal"), "Make it more formal."),
    "friendlier": (gettext_noop("Friendlier"), "Make it friendlier."),
    "simpler": (gettext_noop("Simpler words"), "Use simpler words."),
}

ASSUMED = re.compile(r"^You assumed: .*\n(?=Instead: )", re.MULTILINE)  # as `corrected` writes it


def refined(key: str, typed: str, language: str = "") -> str:
    """Return the feedback of a refinement button: the typed text, then its sentence.

    The key `language` asks for a draft in `language`. If the text ends with the sentence already, because
    an earlier press was refused, don't repeat it. Raise `KeyError` for an unknown key.
    """
    sentence = f"Write it in {language.strip()}." if key == "language" else REFINEMENTS[key][1]
    text = typed.strip()
    return text if text.endswith(sentence) else "\n\n".join(part for part in (text, sentence) if part)


def said_oneself(feedback: str) -> str:
    """Return feedback without the quoted assumptions that it corrects."""
    return ASSUMED.sub("", feedback)


def corrected(assumption: str, instead: str) -> str:
    """Return the feedback that corrects an assumption of the model."""
    return f"You assumed: {assumption.strip()}\nInstead: {instead.strip()}"
