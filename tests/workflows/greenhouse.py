"""A workflow without a model: numbers that may be negative, zero or left out, and an end that a person takes.

Someone asks for a climate, the program works out the setting, and the person takes it or asks again.
"""

from burr.core import State, action, default, when

from assistant_app.contract.actions import HUMAN
from assistant_app.contract.workflow import ActionEntry, Field, Workflow, binding


@action(reads=[], writes=["night", "hours", "plants", "air"], tags=[HUMAN])
async def ask_for_climate(state: State, night: int, hours: int | None, plants: int, air: str) -> State:
    return state.update(night=night, hours=hours, plants=plants, air=air)


@action(reads=["night", "hours", "plants"], writes=["day", "share", "zones", "is_frost_free"])
async def work_out(state: State) -> State:
    lit = 12 if state["hours"] is None else state["hours"]
    zones = [{"bed": "Left", "warm": True}, {"bed": "Right", "warm": False}]
    return state.update(
        day=state["night"] + lit, share=lit / 24, zones=zones, is_frost_free=state["night"] > 0
    )


@action(reads=["day"], writes=["verdict"], tags=[HUMAN])
async def decide(state: State, verdict: str) -> State:
    return state.update(verdict=verdict)


AIR = (("dry", "Dry, for succulents"), ("damp", "Damp, for ferns"))
GREENHOUSE = Workflow(
    name="greenhouse",
    title="Set the climate",
    noun="climate",
    entrypoint="ask_for_climate",
    build_graph=binding(
        {"ask_for_climate": ask_for_climate, "work_out": work_out, "decide": decide},
        [
            ("ask_for_climate", "work_out", default),
            ("work_out", "decide", default),
            ("decide", "work_out", when(verdict="again")),
        ],
    ),
    default_state={
        "night": 0,
        "hours": None,
        "plants": 0,
        "air": "",
        "day": 0,
        "share": 0.0,
        "zones": [],
        "is_frost_free": False,
        "verdict": "",
    },
    lasting=["night", "hours", "plants", "air"],
    headline=lambda changes: {"title": "Greenhouse"} if "air" in changes.get("set", {}) else {},
    entries=[
        ActionEntry(
            action="ask_for_climate",
            title="Which climate?",
            button="Work it out",
            fields=(
                Field(name="night", label="Degrees at night", is_number=True, least=-30, most=30),
                Field(name="hours", label="Hours of light", is_number=True, most=24, required=False),
                Field(name="plants", label="How many plants", is_number=True, least=0),
                Field(name="air", label="The air", choices=AIR),
            ),
        ),
        ActionEntry(
            action="decide",
            title="Is this right?",
            button="Answer",
            fields=(
                Field(name="verdict", label="And now", choices=(("again", "Once more"), ("keep", "Keep it"))),
            ),
        ),
    ],
)
