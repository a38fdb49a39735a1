"""The state machine: its actions and transitions, and which actions wait for a person.

It knows Burr and the prompts, not Django. Rules for actions:

- Every action is `async`: Burr's async engine saves a sync action with the state before it.
- No action leads to itself, because the persister could not tell a completed step from a cancelled one.
- A step that a person may send instead of the due one is a transition with a `Choice`. Burr never takes it;
  the persister starts there when the step is sent.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from burr.core import Condition, GraphBuilder, State, action, default
from burr.core.action import streaming_action
from burr.core.graph import Graph

from assistant_app.contract.actions import HUMAN, Choice, takes_model
from assistant_app.contract.told import NOTHING, Told
from assistant_app.errors import AssistantError, InternalError, ModelFailed
from assistant_app.llm.base import Model, Replacement
from assistant_app.phrases import gettext_noop
from assistant_app.workflow import chosen_envelope, drafts, knowledge, prompts
from assistant_app.workflow.questions import Question, is_readable, parse_questions
from assistant_app.workflow.reply_cleaner import DraftCleaner

logger = logging.getLogger(__name__)

ENTRYPOINT = "process_input"

# The state before the first step. It has every key, because conditions raise on missing ones.
DEFAULT_STATE: dict[str, Any] = {
    "incoming_email": "",
    "response_instructions": "",
    "clarification_questions": [],
    # The reason for each question, "" if the model gave none. None rather than [], so that a step sets the
    # whole list: a version that does not know the key can read a set, but cannot append to a missing list.
    "clarification_reasons": None,
    # Up to four likely answers for each question, in the same way.
    "clarification_choices": None,
    "clarification_answers": None,
    # Why no questions could be asked: {"code": …, "message": …}. The code "skipped" means that the owner did.
    "clarification_error": None,
    "draft_history": [],
    "draft_sources": [],  # one per draft; see `drafts`
    "current_draft": None,
    "draft_number": None,  # of the current draft, from 1
    "assumptions": [],  # of the current draft, made by the model
    "feedback": "",
    "feedback_history": [],
    "final_draft": None,
    # To whom the reply goes and from whom; see `envelopes`. None until the owner changes what is proposed.
    "envelope": None,
    # The identity that the owner chose before the first draft, as a line.
    "chosen_identity": None,
    # What the model was told about the owner, and what of it they leave out here; see `knowledge`.
    "contexts": None,
    "left_out_sources": None,
    # The days on which the owner said what: ISO dates of "instructions", "answers", each feedback by number.
    # No list, because a version that does not know the key leaves feedback without a day.
    "said_on": {},
}
# Keys that are written once or only appended to, so each value is a prefix of all later ones. The first step
# of a fork relies on this (`contract.changes.leaning`). A new key waits until no version that doesn't know it
# serves beside this one: it could not read the fork. Until then, forks keep `contexts`, which only grows, in
# their first step as well as in the row.
LASTING = [
    "incoming_email",
    "response_instructions",
    "clarification_questions",
    "clarification_reasons",
    "clarification_answers",
    "draft_history",
    "draft_sources",
    "feedback_history",
]
# Keys that tell which draft is the current one and what it was made from.
_VERSIONS = [
    "draft_history",
    "draft_sources",
    "current_draft",
    "draft_number",
    "feedback_history",
    "feedback",
]
_CURRENT = ["current_draft", "draft_number", "assumptions"]


def if_any(key: str) -> Condition:
    """Return the condition that a key is not empty. Faster than Burr's `expr`, which compiles its text."""
    return Condition([key], lambda state: bool(state[key]), name=f"len({key}) > 0")


_COMPARING = ThreadPoolExecutor(1, thread_name_prefix="comparing")  # one at a time: it is only computing


def _said_on(state: State, what: str, told: Told) -> dict[str, Any]:
    """Return the state change that notes when something was said."""
    return {"said_on": {**(state["said_on"] or {}), what: told.today}} if told.today else {}


def _case(state: State, told: Told) -> prompts.Case:
    return prompts.Case(
        email=state["incoming_email"],
        instructions=state["response_instructions"],
        fence=told.fence or secrets.token_hex(8),
        name=chosen_envelope.sender_name(state) or told.name,
        recipients=chosen_envelope.recipients(state, told.addresses),
        today=told.today,
        time_zone=told.time_zone,
        said_on=state["said_on"] or {},
        about=_context(state, told),
        room=told.prompt_tokens,
    )


def _context(state: State, told: Told) -> knowledge.Context:
    """Return what the model is told about the owner."""
    name = chosen_envelope.sender_name(state) or told.name
    return knowledge.told({**told.about, "name": name}, knowledge.left_out(state))


@action(
    reads=["said_on"],
    writes=["incoming_email", "response_instructions", "left_out_sources", "chosen_identity", "said_on"],
    tags=[HUMAN],
)
async def process_input(
    state: State,
    email_to_respond: str,
    response_instructions: str,
    left_out: Sequence[str] = (),
    reply_as: str = "",
    told: Told = NOTHING,
) -> State:
    """Take the email, the instructions, what the model is not told about the owner, and who they reply as."""
    return state.update(
        incoming_email=email_to_respond,
        response_instructions=response_instructions,
        left_out_sources=list(dict.fromkeys(left_out)) or None,
        chosen_identity=chosen_envelope.cleaned_sender(reply_as) or None,
        **_said_on(state, "instructions", told),
    )


@action(
    reads=["incoming_email", "response_instructions", "said_on", "envelope", "left_out_sources"],
    writes=[
        "clarification_questions",
        "clarification_reasons",
        "clarification_choices",
        "clarification_error",
    ],
)
async def determine_clarifications(state: State, model: Model, told: Told = NOTHING) -> State:
    """Ask the model for up to three questions; with none, the draft follows at once.

    Questions are a help. Whatever goes wrong with them, the draft is written, and the state says why there
    are none. A wait for them ends when the owner skips them.
    """
    questions, error = await _ask(state, model, told)
    reasons = [question.reason for question in questions]
    choices = [list(question.choices) for question in questions]
    return state.update(
        clarification_questions=[question.text for question in questions],
        clarification_reasons=reasons if any(reasons) else None,
        clarification_choices=choices if any(choices) else None,
        clarification_error=error,
    )


async def _ask(state: State, model: Model, told: Told) -> tuple[list[Question], dict[str, str] | None]:
    """Return the model's questions, and why there are none."""
    skipped = {"code": "skipped", "message": gettext_noop("You skipped the questions.")}
    if told.skipped and told.skipped.is_set():
        return [], skipped
    asking = asyncio.ensure_future(
        model.structured(
            "questions",
            prompts.questions_messages(_case(state, told), demonstration=model.is_demonstration),
            prompts.questions_schema(demonstration=model.is_demonstration),
        )
    )
    skipping = asyncio.ensure_future(told.skipped.wait()) if told.skipped else None
    try:
        await asyncio.wait({asking, skipping} if skipping else {asking}, return_when=asyncio.FIRST_COMPLETED)
        if told.skipped and told.skipped.is_set():
            return [], skipped
        reply = asking.result()
        questions = parse_questions(reply)
        if questions or is_readable(reply):
            return questions, None
        return [], _why(ModelFailed(gettext_noop("The model gave something other than questions.")))
    except Exception as problem:  # noqa: BLE001  (questions are a help, and the call is recorded)
        return [], _why(problem)
    finally:
        for task in (asking, skipping):
            if task is not None:
                task.cancel()
        await asyncio.gather(*filter(None, (asking, skipping)), return_exceptions=True)


def _why(problem: Exception) -> dict[str, str]:
    error = problem if isinstance(problem, AssistantError) else InternalError()
    if error is not problem:
        logger.error("The questions failed with %s", type(problem).__name__)
    return {"code": error.code, "message": str(error.message)}


@action(
    reads=["clarification_questions", "said_on"],
    writes=["clarification_answers", "said_on"],
    tags=[HUMAN],
)
async def clarify_instructions(state: State, answers: list[str], told: Told = NOTHING) -> State:
    """Take one answer per question; an empty answer skips the question."""
    return state.update(clarification_answers=list(answers), **_said_on(state, "answers", told))


@streaming_action(
    reads=[
        "incoming_email",
        "response_instructions",
        "clarification_questions",
        "clarification_answers",
        "assumptions",
        "said_on",
        "envelope",
        "contexts",
        "left_out_sources",
        *_VERSIONS,
    ],
    writes=["draft_history", "draft_sources", "contexts", *_CURRENT],
)
async def formulate_draft(
    state: State, model: Model, told: Told = NOTHING
) -> AsyncGenerator[tuple[dict[str, str], State | None], None]:
    """Write a draft and yield its text in pieces; the joined pieces are the draft."""
    own_passages, struck_out = await _by_hand(state, model)
    draft = prompts.Draft(
        questions=state["clarification_questions"],
        answers=state["clarification_answers"] or [],
        previous=state["current_draft"] or "",
        own_passages=own_passages,
        struck_out=struck_out,
        assumptions=state["assumptions"] or [],
        feedback=drafts.feedback_that_counts(state),
        unlike=drafts.tried_before(state),
        is_own=drafts.is_own(state),
    )
    messages, shortened = prompts.draft_messages(
        _case(state, told), draft, demonstration=model.is_demonstration
    )
    is_told_form = not model.is_demonstration  # of the answer: markers, and assumptions below
    cleaner = DraftCleaner(states_assumptions=is_told_form, waits_for_marker=is_told_form)
    pieces: list[str] = []
    async with aclosing(model.stream("draft", messages)) as chunks:
        async for chunk in chunks:
            if isinstance(chunk, Replacement):
                cleaner = DraftCleaner(states_assumptions=is_told_form, waits_for_marker=is_told_form)
                text = Replacement(cleaner.feed(chunk)) if pieces else cleaner.feed(chunk)
                pieces.clear()
            else:
                text = cleaner.feed(chunk)
            if text or isinstance(text, Replacement):
                pieces.append(text)
                yield {"token": text}, None
    if text := cleaner.finish():
        pieces.append(text)
        yield {"token": text}, None
    source = drafts.source_of_next(
        state, cleaner.assumptions, cleaner.left_out, asdict(shortened) if shortened else None
    )
    contexts = state["contexts"]
    if is_told_form and (context := _context(state, told)):  # the demonstration model is told the name only
        contexts, source["context"] = knowledge.recorded(state, context)
    if without := knowledge.left_out(state):
        source["without"] = without
    changes = drafts.with_draft(state, "".join(pieces), source)
    yield {"token": ""}, state.update(contexts=contexts, **changes)


async def _by_hand(state: State, model: Model) -> tuple[list[str], list[str]]:
    """Return what the owner wrote and struck out by hand.

    Compare drafts in a thread: long ones take long, and all runs share the event loop.
    """
    if model.is_demonstration or not drafts.has_own(state):
        return [], []
    return await asyncio.get_running_loop().run_in_executor(
        _COMPARING, lambda: (drafts.own_passages(state), drafts.struck_out(state))
    )


@action(
    reads=["feedback_history", "said_on"],
    writes=["feedback", "feedback_history", "said_on"],
    tags=[HUMAN],
)
async def process_feedback(state: State, feedback: str, told: Told = NOTHING) -> State:
    """Take feedback; an empty text accepts the draft."""
    state = state.update(feedback=feedback)
    if not feedback:
        return state
    state = state.append(feedback_history=feedback)
    return state.update(**_said_on(state, str(len(state["feedback_history"])), told))


@action(reads=_VERSIONS, writes=["draft_history", "draft_sources", *_CURRENT], tags=[HUMAN])
async def edit_draft(state: State, text: str) -> State:
    """Take the owner's own text as the next draft."""
    return state.update(**drafts.with_draft(state, text, drafts.source_of_edit(state, text)))


@action(reads=_VERSIONS, writes=["draft_history", "draft_sources", *_CURRENT], tags=[HUMAN])
async def write_draft(state: State, text: str, told: Told = NOTHING) -> State:
    """Take the owner's own text as the draft at which a run stopped."""
    return state.update(**drafts.with_draft(state, text, drafts.source_of_written(state, told.partial)))


@action(reads=_VERSIONS, writes=_CURRENT, tags=[HUMAN])
async def use_draft(state: State, draft: int) -> State:
    """Make an earlier draft the current one again."""
    return state.update(**drafts.with_current(state, draft))


@action(reads=_VERSIONS, writes=["feedback", *_CURRENT], tags=[HUMAN])
async def regenerate(state: State) -> State:
    """Go back to what the current draft was made from, to write it once more."""
    source = drafts.source_of_current(state) or {"of": None, "feedback": 0}
    number = source["feedback"]
    feedback = state["feedback_history"][number - 1] if number else ""
    return state.update(feedback=feedback, **drafts.with_current(state, source["of"]))


@action(reads=_VERSIONS, writes=["feedback", "left_out_sources", *_CURRENT], tags=[HUMAN])
async def choose_sources(state: State, left_out: list[str]) -> State:
    """Take what the model is not to be told about the owner, to write the current draft once more."""
    source = drafts.source_of_current(state) or {"of": None, "feedback": 0}
    number = source["feedback"]
    feedback = state["feedback_history"][number - 1] if number else ""
    changes = drafts.with_current(state, source["of"])
    return state.update(feedback=feedback, left_out_sources=list(dict.fromkeys(left_out)), **changes)


@action(reads=["current_draft"], writes=["final_draft"])
async def final_result(state: State) -> State:
    """Hand over the accepted draft."""
    return state.update(final_draft=state["current_draft"])


@action(reads=[], writes=["final_draft"], tags=[HUMAN])
async def reopen(state: State) -> State:
    """Undo the acceptance."""
    return state.update(final_draft=None)


@action(reads=[], writes=["envelope"], tags=[HUMAN])
async def change_envelope(
    state: State, to: list[str], cc: list[str], subject: str, identity: str, quote: str
) -> State:
    """Take the recipients, the subject and the sender of the reply, and where it quotes the email."""
    return state.update(envelope=chosen_envelope.cleaned(to, cc, subject, identity, quote))


ARE_QUESTIONS_OPEN = Condition(
    ["clarification_questions", "clarification_answers"],
    lambda state: bool(state["clarification_questions"]) and state["clarification_answers"] is None,
    name=gettext_noop("questions are open"),
)
IS_NOT_ACCEPTED = Condition(
    ["final_draft"], lambda state: state["final_draft"] is None, name=gettext_noop("no draft is accepted")
)

EDITS = Choice(gettext_noop("if the person edits it"))
GOES_BACK = Choice(gettext_noop("if the person goes back"))
TRIES_AGAIN = Choice(gettext_noop("if the person tries again"))
LEAVES_OUT = Choice(gettext_noop("if the person leaves out sources"))
REOPENS = Choice(gettext_noop("if the person reopens it"))
CHANGES_ENVELOPE = Choice(gettext_noop("if the person changes the envelope"))
FINISHES = Choice(gettext_noop("if the person finishes the draft by hand"))


ACTIONS: dict[str, Any] = {  # functions to which Burr's decorators add `bind`
    "process_input": process_input,
    "determine_clarifications": determine_clarifications,
    "clarify_instructions": clarify_instructions,
    "formulate_draft": formulate_draft,
    "process_feedback": process_feedback,
    "edit_draft": edit_draft,
    "use_draft": use_draft,
    "regenerate": regenerate,
    "choose_sources": choose_sources,
    "final_result": final_result,
    "reopen": reopen,
    "change_envelope": change_envelope,
    "write_draft": write_draft,
}
TRANSITIONS = [
    ("process_input", "determine_clarifications", default),
    ("determine_clarifications", "clarify_instructions", if_any("clarification_questions")),
    ("determine_clarifications", "formulate_draft", default),
    ("clarify_instructions", "formulate_draft", default),
    ("formulate_draft", "edit_draft", EDITS),
    ("formulate_draft", "use_draft", GOES_BACK),
    ("formulate_draft", "regenerate", TRIES_AGAIN),
    ("formulate_draft", "choose_sources", LEAVES_OUT),
    ("formulate_draft", "process_feedback", default),
    ("edit_draft", "process_feedback", default),
    ("use_draft", "process_feedback", default),
    ("regenerate", "formulate_draft", default),
    ("choose_sources", "formulate_draft", default),
    ("process_feedback", "formulate_draft", if_any("feedback")),
    ("process_feedback", "final_result", default),
    ("final_result", "reopen", REOPENS),
    ("reopen", "process_feedback", default),
    # It comes instead of any due step, and leads back to it. Without a transition, the email is finished.
    ("determine_clarifications", "change_envelope", CHANGES_ENVELOPE),
    ("formulate_draft", "change_envelope", CHANGES_ENVELOPE),
    ("final_result", "change_envelope", CHANGES_ENVELOPE),
    ("change_envelope", "clarify_instructions", ARE_QUESTIONS_OPEN),
    ("change_envelope", "process_feedback", IS_NOT_ACCEPTED),
    ("change_envelope", "reopen", REOPENS),
    # It goes on from wherever a run stopped on the way to a draft.
    ("process_input", "write_draft", FINISHES),
    ("determine_clarifications", "write_draft", FINISHES),
    ("clarify_instructions", "write_draft", FINISHES),
    ("process_feedback", "write_draft", FINISHES),
    ("regenerate", "write_draft", FINISHES),
    ("write_draft", "process_feedback", default),
]


def build_graph(model: Model | None = None) -> Graph:
    """Return the graph with the model bound to its actions; without a model it cannot be run.

    It is built once per model, because Burr reads an action's source code at each `bind`, which takes
    longer than a step.
    """
    return _build_graph(tuple(ACTIONS.items()), tuple(TRANSITIONS), model)  # type: ignore[arg-type]


@lru_cache(maxsize=8)
def _build_graph(actions: tuple[tuple[str, Any], ...], transitions: tuple[Any, ...], model: Any) -> Graph:
    bound = {name: act.bind(model=model) if takes_model(act) else act for name, act in actions}
    return GraphBuilder().with_actions(**bound).with_transitions(*transitions).build()
