"""The table: what every door needs to know about the actions."""

from __future__ import annotations

from assistant_app.contract.changes import Changes
from assistant_app.contract.workflow import ActionEntry, Counted, Field, Output, Purpose, Words, Workflow
from docs.examples.trip_planner.graph import DEFAULT_STATE, ENTRYPOINT, PACES, build_graph


def headline(changes: Changes) -> dict[str, str]:
    """Return the title of a trip once it is described."""
    told = changes.get("set", {})
    return {"title": f"{told['days']} days in {told['destination']}"} if "destination" in told else {}


TRIP_PLANNER = Workflow(
    name="trip_planner",
    title="Plan a trip",
    noun="trip",
    result="plan",
    busy="A plan is being written already.",
    build_graph=build_graph,
    entrypoint=ENTRYPOINT,
    default_state=DEFAULT_STATE,
    lasting=["destination", "days", "pace", "plans", "wishes"],
    purposes={"plan": Purpose(label="Write a plan", is_round=True)},
    counted={"plans": Counted("plans")},
    rounds=Counted("plans"),
    searched=["destination", "accepted"],
    headline=headline,
    entries=[
        ActionEntry(
            action="describe_trip",
            label="Describe the trip",
            title="Where do you want to go?",
            button="Plan it",
            fields=(
                Field(name="destination", label="Where to", is_line=True),
                Field(name="days", label="How many days", is_number=True, most=30),
                Field(name="pace", label="How full the days are", choices=tuple(PACES.items())),
            ),
            words=Words(
                read="Trip read",
                done="You described the trip",
                saved="Your trip is saved.",
                not_sent="Your trip wasn’t sent",
            ),
        ),
        ActionEntry(
            action="write_plan",
            label="Write a plan",
            words=Words(
                running=lambda numbers: f"Writing plan {numbers['plans'] + 1}",
                failed="The plan could not be written",
                done="A plan was written",
            ),
        ),
        ActionEntry(
            action="say_wish",
            label="Read the plan",
            title="Do you like the plan?",
            button="Send",
            fields=(
                Field(
                    name="wish",
                    label="What should be different?",
                    help="Leave it empty to take the plan as it is.",
                    required=False,
                    empty_decides=True,
                ),
            ),
            words=Words(
                due=lambda numbers: f"Read plan {numbers['plans']}",
                waiting=lambda numbers: f"Plan {numbers['plans']} is ready",
                done="You answered the plan",
                saved="Your wish is saved.",
                not_sent="Your wish wasn’t sent",
            ),
            outputs=(Output(name="wishes", key="wishes", kind="texts"),),
        ),
        ActionEntry(
            action="accept_plan",
            label="Accept the plan",
            words=Words(ended="You accepted the plan", done="The plan was accepted"),
            outputs=(Output(name="accepted", key="accepted", label="The plan", may_be_blank=True),),
        ),
    ],
)
