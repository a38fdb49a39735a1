"""A workflow in another style: actions are classes, nothing is streamed, each graph is built again.

A reading group proposes books, a model ranks them, and the group votes until it likes the order.
"""

from burr.core import Action, GraphBuilder, default, when

from assistant_app.contract.actions import HUMAN
from assistant_app.contract.workflow import ActionEntry, Counted, Field, Purpose, Words, Workflow
from assistant_app.llm.base import Message


class Plain(Action):
    """An action whose result is what it writes."""

    asked_for: tuple[str, ...] = ()

    @property
    def inputs(self):
        return list(self.asked_for)

    @property
    def tags(self):
        return [HUMAN] if self.asked_for else []

    def update(self, result, state):
        return state.update(**result)


class Propose(Plain):
    reads = []
    writes = asked_for = ["books", "members", "mood", "about"]

    async def run(self, state, **given):
        return given


class Rank(Plain):
    reads = ["books", "votes", "rounds"]
    writes = ["ranking", "votes", "rounds"]

    def __init__(self, model):
        super().__init__()
        self.model = model

    async def run(self, state, **_):
        asked = [Message("user", f"Rank {', '.join(state['books'])}. Votes so far: {state['votes']}")]
        reply = await self.model.structured("ranking", asked, {"title": "Ranking", "type": "object"})
        return {"ranking": reply["questions"], "votes": [], "rounds": state["rounds"] + 1}


class Vote(Plain):
    reads = ["ranking"]
    writes = ["votes", "verdict"]
    asked_for = ["votes", "verdict"]

    async def run(self, state, **given):
        return given


class Choose(Plain):
    reads = ["ranking"]
    writes = ["chosen"]

    async def run(self, state, **_):
        return {"chosen": state["ranking"][0]}


def build_graph(model):
    return (
        GraphBuilder()
        .with_actions(propose=Propose(), rank=Rank(model), vote=Vote(), choose=Choose())
        .with_transitions(
            ("propose", "rank", default),
            ("rank", "vote", default),
            ("vote", "rank", when(verdict="again")),
            ("vote", "choose", default),
        )
        .build()
    )


READING_ROUND = Workflow(
    name="reading_round",
    title="Choose a book",
    noun="round",
    result="ranking",
    build_graph=build_graph,
    entrypoint="propose",
    default_state={
        "books": [],
        "members": 0,
        "mood": "",
        "about": "",
        "ranking": [],
        "votes": [],
        "rounds": 0,
        "verdict": "",
        "chosen": "",
    },
    lasting=["books", "members", "mood", "about"],
    purposes={"ranking": Purpose(label="Rank the books", is_round=True)},
    counted={"rounds": Counted("ranking", number="rounds")},
    rounds=Counted("ranking", number="rounds"),
    headline=lambda changes: (
        {"title": " or ".join(changes.get("append", {}).get("books", []))}
        if "books" in changes.get("append", {})
        else {}
    ),
    entries=[
        ActionEntry(
            action="propose",
            title="Which books?",
            button="Propose them",
            fields=(
                Field(name="books", label="One on each line", is_list=True),
                Field(name="members", label="How many members", is_number=True, least=0, most=99),
                Field(
                    name="mood",
                    label="Which mood",
                    choices=(("calm", "Calm"), ("wild", "Wild")),
                    required=False,
                ),
                Field(name="about", label="About the group", required=False, verbatim=True),
            ),
        ),
        ActionEntry(
            action="vote",
            title="Is the order right?",
            button="Vote",
            fields=(
                Field(name="votes", label="Votes", one_per="ranking", required=False),
                Field(name="verdict", label="And now", choices=(("again", "Once more"), ("done", "Done"))),
            ),
            words=Words(due=lambda numbers: f"Vote on ranking {numbers['rounds']}"),
        ),
    ],
)
