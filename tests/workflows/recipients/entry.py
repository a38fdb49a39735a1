"""Its entry in the table."""

from dataclasses import replace

from assistant_app.contract.workflow import ActionEntry, Field, Words
from assistant_app.workflow import steps
from assistant_app.workflow.email import EMAIL
from tests.workflows.recipients.graph import DEFAULT_STATE, LASTING, build_graph

CHOOSE_RECIPIENTS = ActionEntry(
    action="choose_recipients",
    label="Choose the recipients",
    title="Who gets the reply?",
    button="Go on",
    fields=(Field(name="recipients", label="Recipients", help="One address or several."),),
    words=Words(
        due="Choose the recipients",
        waiting="The recipients come before the first draft",
        done=lambda before, after: ("You chose the recipients", after["recipients"]),
        saved="Your recipients are saved.",
        not_sent="Your recipients weren’t sent",
    ),
)
WITH_RECIPIENTS = replace(
    EMAIL,
    build_graph=build_graph,
    default_state=DEFAULT_STATE,
    lasting=LASTING,
    entries=[steps.STEPS[0], CHOOSE_RECIPIENTS, *steps.STEPS[1:]],
)
