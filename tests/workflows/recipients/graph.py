"""The action, where it stands in the graph, and its key in the state."""

from burr.core import action, default

from assistant_app.contract.actions import HUMAN
from assistant_app.contract.workflow import binding
from assistant_app.workflow import graph


@action(reads=[], writes=["recipients"], tags=[HUMAN])
async def choose_recipients(state, recipients):
    return state.update(recipients=recipients)


ACTIONS = {**graph.ACTIONS, "choose_recipients": choose_recipients}
DEFAULT_STATE = {**graph.DEFAULT_STATE, "recipients": ""}
LASTING = [*graph.LASTING, "recipients"]
TRANSITIONS = [
    ("process_input", "choose_recipients", default),
    ("choose_recipients", "determine_clarifications", default),
    *graph.TRANSITIONS[1:],
]
build_graph = binding(ACTIONS, TRANSITIONS)
