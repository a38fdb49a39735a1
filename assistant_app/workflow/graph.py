"""The state machine: actions, transitions, and which of them wait for a person.

Knows Burr and the prompts, nothing of Django. Every action is `async`: Burr's async engine saves a
sync one with the state from before it. No action leads to itself: that is how the persister tells a
finished step from a cancelled one. What a person may do instead of the step that is due is a transition
with a `Choice`: Burr never takes it by itself, the persister begins there when it is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import lru_cache
from typing import Any

from burr.core import Condition, GraphBuilder, State, action, default
from burr.core.action import streaming_action
from burr.core.graph import Graph

from assistant_app.contract.actions import HUMAN, Choice, takes_model
from assistant_app.llm.base import Model
from assistant_app.workflow import drafts, prompts

ENTRYPOINT = "process_input"

# What a state holds before its first step. Conditions raise on absent keys, so every key is here.
DEFAULT_STATE: dict[str, Any] = {
    "incoming_email": "",
    "response_instructions": "",
    "clarification_questions": [],
    # Why each is asked, "" where the model did not say. None and not [], so that a step sets the whole list:
    # a version that does not know the key yet can read that, but has nothing to append to.
    "clarification_reasons": None,
    "clarification_answers": None,
    "draft_history": [],
    "draft_sources": [],  # one for each draft; see `drafts`
    "current_draft": None,
    "draft_number": None,  # of the current draft, from 1
    "assumptions": [],  # of the current draft: what the model took for granted
    "feedback": "",
    "feedback_history": [],
    "final_draft": None,
}
# Keys that are written once or only appended to: each value of theirs is the beginning of all later ones,
# which the first step of a fork relies on (`history.leaning`).
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
# What says which draft is the current one and what it was made from.
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
    """Return the condition that there is something under a key. Burr's `expr` compiles its text each time."""
    return Condition([key], lambda state: bool(state[key]), name=f"len({key}) > 0")


@action(reads=[], writes=["incoming_email", "response_instructions"], tags=[HUMAN])
async def process_input(state: State, email_to_respond: str, response_instructions: str) -> State:
    """Take the email and what the person wants to say."""
    return state.update(incoming_email=email_to_respond, response_instructions=response_instructions)


@action(
    reads=["incoming_email", "response_instructions"],
    writes=["clarification_questions", "clarification_reasons"],
)
async def determine_clarifications(state: State, model: Model) -> State:
    """Ask the model for up to three questions; none means that it can write at once."""
    reply = await model.structured(
        "questions",
        prompts.questions_messages(
            email=state["incoming_email"],
            instructions=state["response_instructions"],
            demonstration=model.is_demonstration,
        ),
        prompts.questions_schema(demonstration=model.is_demonstration),
    )
    questions = prompts.parse_questions(reply)
    reasons = [question.reason for question in questions]
    return state.update(
        clarification_questions=[question.text for question in questions],
        clarification_reasons=reasons if any(reasons) else None,
    )


@action(reads=["clarification_questions"], writes=["clarification_answers"], tags=[HUMAN])
async def clarify_instructions(state: State, answers: list[str]) -> State:
    """Take one answer for each question; an empty one skips its question."""
    return state.update(clarification_answers=list(answers))


@streaming_action(
    reads=[
        "incoming_email",
        "response_instructions",
        "clarification_questions",
        "clarification_answers",
        *_VERSIONS,
    ],
    writes=["draft_history", "draft_sources", *_CURRENT],
)
async def formulate_draft(
    state: State, model: Model, signature: str = ""
) -> AsyncGenerator[tuple[dict[str, str], State | None], None]:
    """Write a draft, yielding its text as it comes: what was yielded, joined, is the draft."""
    messages = prompts.draft_messages(
        email=state["incoming_email"],
        instructions=state["response_instructions"],
        questions=state["clarification_questions"],
        answers=state["clarification_answers"] or [],
        previous_draft=state["current_draft"],
        feedback_history=drafts.feedback_that_counts(state),
        demonstration=model.is_demonstration,
        own_passages=await _own_passages(state, model),
        is_own=drafts.is_own(state),
        signature=signature,
    )
    cleaner = prompts.DraftCleaner(states_assumptions=_states_assumptions(state, model))
    pieces: list[str] = []
    async with aclosing(model.stream("draft", messages)) as chunks:
        async for chunk in chunks:
            if text := cleaner.feed(chunk):
                pieces.append(text)
                yield {"token": text}, None
    if text := cleaner.finish():
        pieces.append(text)
        yield {"token": text}, None
    source = drafts.source_of_next(state, cleaner.assumptions)
    yield {"token": ""}, state.update(**drafts.with_draft(state, "".join(pieces), source))


async def _own_passages(state: State, model: Model) -> list[str]:
    """Long drafts take long to compare, and all runs of a process share one thread."""
    if model.is_demonstration or not drafts.has_own(state):
        return []
    return await asyncio.to_thread(drafts.own_passages, state)


def _states_assumptions(state: State, model: Model) -> bool:
    answers = state["clarification_answers"] or []
    return not model.is_demonstration and prompts.has_skipped(state["clarification_questions"], answers)


@action(reads=["feedback_history"], writes=["feedback", "feedback_history"], tags=[HUMAN])
async def process_feedback(state: State, feedback: str) -> State:
    """Take what should change; an empty text accepts the draft."""
    state = state.update(feedback=feedback)
    return state.append(feedback_history=feedback) if feedback else state


@action(reads=_VERSIONS, writes=["draft_history", "draft_sources", *_CURRENT], tags=[HUMAN])
async def edit_draft(state: State, text: str) -> State:
    """Take the person's own text as the next draft."""
    return state.update(**drafts.with_draft(state, text, drafts.source_of_edit(state)))


@action(reads=_VERSIONS, writes=_CURRENT, tags=[HUMAN])
async def use_draft(state: State, draft: int) -> State:
    """Make the draft of that number the current one again."""
    return state.update(**drafts.with_current(state, draft))


@action(reads=_VERSIONS, writes=["feedback", *_CURRENT], tags=[HUMAN])
async def regenerate(state: State) -> State:
    """Go back to what the current draft was made from, for another try at the same."""
    source = drafts.source_of_current(state) or {"of": None, "feedback": 0}
    number = source["feedback"]
    feedback = state["feedback_history"][number - 1] if number else ""
    return state.update(feedback=feedback, **drafts.with_current(state, source["of"]))


@action(reads=["current_draft"], writes=["final_draft"])
async def final_result(state: State) -> State:
    """Hand over the accepted draft."""
    return state.update(final_draft=state["current_draft"])


@action(reads=[], writes=["final_draft"], tags=[HUMAN])
async def reopen(state: State) -> State:
    """Take the acceptance back."""
    return state.update(final_draft=None)


ACTIONS: dict[str, Any] = {  # functions; Burr's decorators give them a `bind`
    "process_input": process_input,
    "determine_clarifications": determine_clarifications,
    "clarify_instructions": clarify_instructions,
    "formulate_draft": formulate_draft,
    "process_feedback": process_feedback,
    "edit_draft": edit_draft,
    "use_draft": use_draft,
    "regenerate": regenerate,
    "final_result": final_result,
    "reopen": reopen,
}
TRANSITIONS = [
    ("process_input", "determine_clarifications", default),
    ("determine_clarifications", "clarify_instructions", if_any("clarification_questions")),
    ("determine_clarifications", "formulate_draft", default),
    ("clarify_instructions", "formulate_draft", default),
    ("formulate_draft", "edit_draft", Choice("edits it")),
    ("formulate_draft", "use_draft", Choice("goes back")),
    ("formulate_draft", "regenerate", Choice("tries again")),
    ("formulate_draft", "process_feedback", default),
    ("edit_draft", "process_feedback", default),
    ("use_draft", "process_feedback", default),
    ("regenerate", "formulate_draft", default),
    ("process_feedback", "formulate_draft", if_any("feedback")),
    ("process_feedback", "final_result", default),
    ("final_result", "reopen", Choice("goes on")),
    ("reopen", "process_feedback", default),
]


def build_graph(model: Model | None = None) -> Graph:
    """Return the graph with the model bound in; without one it can be looked at, not run.

    Made once for each model: Burr reads an action's source whenever something is bound to it, which
    takes longer than a step.
    """
    return _build_graph(tuple(ACTIONS.items()), tuple(TRANSITIONS), model)  # type: ignore[arg-type]


@lru_cache(maxsize=8)
def _build_graph(actions: tuple[tuple[str, Any], ...], transitions: tuple[Any, ...], model: Any) -> Graph:
    bound = {name: act.bind(model=model) if takes_model(act) else act for name, act in actions}
    return GraphBuilder().with_actions(**bound).with_transitions(*transitions).build()
