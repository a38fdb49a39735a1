"""The Burr application: its actions, its transitions and its state. It knows nothing of the web."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from burr.core import Condition, State, action, default
from burr.core.action import streaming_action

from assistant_app.contract.actions import HUMAN
from assistant_app.contract.workflow import binding
from assistant_app.llm.base import Message, Model, joined

ENTRYPOINT = "describe_trip"
DEFAULT_STATE: dict[str, Any] = {
    "destination": "",
    "days": 0,
    "pace": "",
    "plans": [],
    "wishes": [],
    "wish": "",
    "accepted": "",
}
PACES = {"slow": "Slow, with long breaks", "steady": "Steady", "full": "Full days"}


@action(reads=[], writes=["destination", "days", "pace"], tags=[HUMAN])
async def describe_trip(state: State, destination: str, days: int, pace: str) -> State:
    """Take where the trip goes, how long it lasts, and how full the days are."""
    return state.update(destination=destination, days=days, pace=pace)


@streaming_action(reads=["destination", "days", "pace", "plans", "wishes"], writes=["plans"])
async def write_plan(state: State, model: Model) -> AsyncGenerator[tuple[dict[str, str], State | None], None]:
    """Write a plan and yield its text in pieces."""
    text = ""
    async with aclosing(model.stream("plan", prompt(state))) as pieces:
        async for piece in pieces:
            text = joined(text, piece)
            yield {"token": piece}, None
    yield {"token": ""}, state.append(plans=text)


def prompt(state: State) -> list[Message]:
    asked = f"Plan {state['days']} days in {state['destination']}. Pace: {PACES[state['pace']]}."
    messages = [Message("system", "You plan trips, day by day, in plain text."), Message("user", asked)]
    for plan, wish in zip(state["plans"], state["wishes"], strict=False):
        messages += [Message("assistant", plan), Message("user", wish)]
    return messages


@action(reads=["wishes"], writes=["wish", "wishes"], tags=[HUMAN])
async def say_wish(state: State, wish: str) -> State:
    """Take a wish for the next plan; an empty one accepts the plan."""
    state = state.update(wish=wish)
    return state.append(wishes=wish) if wish else state


@action(reads=["plans"], writes=["accepted"])
async def accept_plan(state: State) -> State:
    return state.update(accepted=state["plans"][-1])


has_wish = Condition(["wish"], lambda state: bool(state["wish"]), name="len(wish) > 0")
ACTIONS = {
    "describe_trip": describe_trip,
    "write_plan": write_plan,
    "say_wish": say_wish,
    "accept_plan": accept_plan,
}
TRANSITIONS = [
    ("describe_trip", "write_plan", default),
    ("write_plan", "say_wish", default),
    ("say_wish", "write_plan", has_wish),
    ("say_wish", "accept_plan", default),
]
build_graph = binding(ACTIONS, TRANSITIONS)
