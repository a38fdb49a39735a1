"""The state machine: actions, transitions, and which of them wait for a person.

Knows Burr and the prompts, nothing of Django. Every action is `async`: Burr's async engine saves a
sync one with the state from before it. No action leads to itself: that is how the persister tells a
finished step from a cancelled one.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import lru_cache
from typing import Any

from burr.core import GraphBuilder, State, action, default, expr
from burr.core.action import streaming_action
from burr.core.graph import Graph

from assistant_app import prompts
from assistant_app.llm.base import Model

ENTRYPOINT = "process_input"
HUMAN = "human"  # the tag of an action that takes a person's input; it calls no model

# What a state holds before its first step. Conditions raise on absent keys, so every key is here.
DEFAULT_STATE: dict[str, Any] = {
    "incoming_email": "",
    "response_instructions": "",
    "clarification_questions": [],
    "clarification_answers": None,
    "draft_history": [],
    "current_draft": None,
    "feedback": "",
    "feedback_history": [],
    "final_draft": None,
}


@action(reads=[], writes=["incoming_email", "response_instructions"], tags=[HUMAN])
async def process_input(state: State, email_to_respond: str, response_instructions: str) -> State:
    """Take the email and what the person wants to say."""
    return state.update(incoming_email=email_to_respond, response_instructions=response_instructions)


@action(reads=["incoming_email", "response_instructions"], writes=["clarification_questions"])
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
    return state.update(clarification_questions=prompts.parse_questions(reply))


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
        "current_draft",
        "feedback_history",
        "draft_history",
    ],
    writes=["current_draft", "draft_history"],
)
async def formulate_draft(
    state: State, model: Model
) -> AsyncGenerator[tuple[dict[str, str], State | None], None]:
    """Write a draft, yielding its text as it comes: what was yielded, joined, is the draft."""
    messages = prompts.draft_messages(
        email=state["incoming_email"],
        instructions=state["response_instructions"],
        questions=state["clarification_questions"],
        answers=state["clarification_answers"] or [],
        previous_draft=state["current_draft"],
        feedback_history=state["feedback_history"],
        demonstration=model.is_demonstration,
    )
    cleaner = prompts.DraftCleaner()
    pieces: list[str] = []
    async with aclosing(model.stream("draft", messages)) as chunks:
        async for chunk in chunks:
            if text := cleaner.feed(chunk):
                pieces.append(text)
                yield {"token": text}, None
    if text := cleaner.finish():
        pieces.append(text)
        yield {"token": text}, None
    draft = "".join(pieces)
    yield {"token": ""}, state.update(current_draft=draft).append(draft_history=draft)


@action(reads=["feedback_history"], writes=["feedback", "feedback_history"], tags=[HUMAN])
async def process_feedback(state: State, feedback: str) -> State:
    """Take what should change; nothing at all accepts the draft."""
    state = state.update(feedback=feedback)
    return state.append(feedback_history=feedback) if feedback else state


@action(reads=["current_draft"], writes=["final_draft"])
async def final_result(state: State) -> State:
    """Hand over the accepted draft."""
    return state.update(final_draft=state["current_draft"])


ACTIONS: dict[str, Any] = {  # functions; Burr's decorators give them a `bind`
    "process_input": process_input,
    "determine_clarifications": determine_clarifications,
    "clarify_instructions": clarify_instructions,
    "formulate_draft": formulate_draft,
    "process_feedback": process_feedback,
    "final_result": final_result,
}
TRANSITIONS = [
    ("process_input", "determine_clarifications", default),
    ("determine_clarifications", "clarify_instructions", expr("len(clarification_questions) > 0")),
    ("determine_clarifications", "formulate_draft", default),
    ("clarify_instructions", "formulate_draft", default),
    ("formulate_draft", "process_feedback", default),
    ("process_feedback", "formulate_draft", expr("len(feedback) > 0")),
    ("process_feedback", "final_result", default),
]


def build_graph(model: Model | None = None) -> Graph:
    """Return the graph with the model bound in; without one it can be looked at, not run.

    Made once for each model: Burr reads an action's source whenever something is bound to it, which
    takes longer than a step.
    """
    return _build_graph(tuple(ACTIONS.items()), tuple(TRANSITIONS), model)  # type: ignore[arg-type]


@lru_cache(maxsize=8)
def _build_graph(actions: tuple[tuple[str, Any], ...], transitions: tuple[Any, ...], model: Any) -> Graph:
    bound = {name: act.bind(model=model) if _takes_model(act) else act for name, act in actions}
    return GraphBuilder().with_actions(**bound).with_transitions(*transitions).build()


def _takes_model(act: Any) -> bool:
    return "model" in inspect.signature(getattr(act, "fn", act)).parameters


def may_call_model(graph: Graph, position: str) -> bool:
    """Whether this action, or one that may follow it before it is a person's turn, calls a model."""
    ahead, seen = [position], {position}
    for name in ahead:
        if is_human(graph, name):
            continue
        if _takes_model(graph.get_action(name)):
            return True
        following = {edge.to.name for edge in graph.transitions if edge.from_.name == name} - seen
        seen |= following
        ahead.extend(following)
    return False


def is_human(graph: Graph, position: str) -> bool:
    action = graph.get_action(position)
    return action is not None and HUMAN in action.tags
