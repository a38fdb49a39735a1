"""Programs as Burr's tutorials have them run on the plain persister: only the line that makes it differs."""

import asyncio

import pytest
from burr.core import ApplicationBuilder, GraphBuilder, State, action, default, expr, when
from burr.core.action import streaming_action
from burr.core.parallelism import MapStates, RunnableGraph
from burr.core.persistence import AsyncInMemoryPersister, SQLitePersister
from burr.integrations.pydantic import PydanticTypingSystem
from pydantic import BaseModel

from assistant_app.engine.state_persisters import AsyncDjangoStatePersister, DjangoStatePersister
from assistant_app.models import BurrState

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["burr", "django"])
def make(request, tmp_path):
    """The line that differs."""
    if request.param == "burr":
        path = str(tmp_path / "states.db")
        return lambda: SQLitePersister(path, connect_kwargs={"check_same_thread": False})
    return lambda: DjangoStatePersister()


@pytest.fixture(params=["burr", "django"])
def make_async(request):
    kept = AsyncInMemoryPersister()
    return lambda: kept if request.param == "burr" else AsyncDjangoStatePersister()


# --- A counter ------------------------------------------------------------------------------------


@action(reads=["left"], writes=["left"])
def tick(state: State) -> State:
    return state.increment(left=-1)


@action(reads=["left"], writes=["shout"])
def lift_off(state: State) -> State:
    return state.update(shout=f"{state['left']}: lift-off")


def countdown(persister):
    persister.initialize()
    return (
        ApplicationBuilder()
        .with_actions(tick, lift_off)
        .with_transitions(("tick", "tick", expr("left > 0")), ("tick", "lift_off", default))
        .with_identifiers(app_id="rocket", partition_key="")
        .initialize_from(
            persister, resume_at_next_action=True, default_state={"left": 4}, default_entrypoint="tick"
        )
        .with_state_persister(persister)
        .build()
    )


def test_a_counter_counts_on_after_a_restart_in_the_middle(make):
    persister = make()
    application = countdown(persister)
    application.step()
    application.step()
    persister.cleanup()

    persister = make()
    application = countdown(persister)
    assert (application.state["left"], application.sequence_id) == (2, 1)
    _, _, state = application.run(halt_after=["lift_off"])
    assert state["shout"] == "0: lift-off"
    assert persister.load("", "rocket")["sequence_id"] == 4
    assert persister.list_app_ids("") == ["rocket"]
    persister.cleanup()


# --- A chatbot with a loop ------------------------------------------------------------------------


@action(reads=[], writes=["question", "log"])
def hear(state: State, question: str) -> State:
    return state.update(question=question).append(log={"who": "guest", "text": question})


@action(reads=["question"], writes=["is_rude"])
def judge(state: State) -> State:
    return state.update(is_rude="fool" in state["question"])


@action(reads=[], writes=["reply", "log"])
def decline(state: State) -> State:
    return state.update(reply="Please be kind.").append(log={"who": "bot", "text": "Please be kind."})


@streaming_action(reads=["question"], writes=["reply", "log"])
def talk(state: State):
    reply = ""
    for word in ("You", "asked:", state["question"]):
        reply = f"{reply} {word}".strip()
        yield {"word": word}, None
    yield {"word": ""}, state.update(reply=reply).append(log={"who": "bot", "text": reply})


CHAT = (
    GraphBuilder()
    .with_actions(hear, judge, decline, talk)
    .with_transitions(
        ("hear", "judge"),
        ("judge", "decline", when(is_rude=True)),
        ("judge", "talk", default),
        (["decline", "talk"], "hear"),
    )
    .build()
)


def chat(persister, question):
    persister.initialize()
    application = (
        ApplicationBuilder()
        .with_graph(CHAT)
        .with_identifiers(app_id="table 4", partition_key="café")
        .initialize_from(
            persister, resume_at_next_action=True, default_state={"log": []}, default_entrypoint="hear"
        )
        .with_state_persister(persister)
        .build()
    )
    _, words = application.stream_result(halt_after=["talk", "decline"], inputs={"question": question})
    return [item["word"] for item in words if "word" in item], words.get()[1]


def test_a_chatbot_remembers_every_turn_though_each_is_a_new_program(make):
    with make() as persister:
        words, _ = chat(persister, "Coffee?")
        assert words[:3] == ["You", "asked:", "Coffee?"]
    with make() as persister:
        _, state = chat(persister, "You fool")
        assert state["reply"] == "Please be kind."
    with make() as persister:
        _, state = chat(persister, "Tea?")
        assert [turn["text"] for turn in state["log"]] == [
            "Coffee?",
            "You asked: Coffee?",
            "You fool",
            "Please be kind.",
            "Tea?",
            "You asked: Tea?",
        ]
        assert persister.load("café", "table 4")["sequence_id"] == 8


# --- Parallel sub-applications --------------------------------------------------------------------


@action(reads=["city"], writes=["sky"])
def look(state: State) -> State:
    return state.update(sky=f"{state['city']} is grey")


@action(reads=["sky"], writes=["report"])
def write(state: State) -> State:
    return state.update(report=state["sky"].upper())


FORECAST = RunnableGraph(
    graph=GraphBuilder().with_actions(look, write).with_transitions(("look", "write")).build(),
    entrypoint="look",
    halt_after=["write"],
)


class Forecasts(MapStates):
    def action(self, state, inputs):
        return FORECAST

    def states(self, state, context, inputs):
        for city in state["cities"]:
            yield state.update(city=city)

    def reduce(self, state, states):
        return state.update(reports=[each["report"] for each in states])

    @property
    def reads(self):
        return ["cities"]

    @property
    def writes(self):
        return ["reports"]


CITIES = ["Bergen", "Cork", "Gdynia", "Porto", "Riga", "Turku"]
REPORTS = [f"{city.upper()} IS GREY" for city in CITIES]


def forecast(persister, forecasts):
    return (
        ApplicationBuilder()
        .with_actions(forecasts=forecasts)
        .with_transitions()
        .with_identifiers(app_id="today", partition_key="weather")
        .initialize_from(
            persister,
            resume_at_next_action=True,
            default_state={"cities": CITIES},
            default_entrypoint="forecasts",
        )
        .with_state_persister(persister)
    )


def test_parallel_sub_applications_save_under_ids_of_their_own(make):
    persister = make()
    persister.initialize()
    _, _, state = forecast(persister, Forecasts()).build().run(halt_after=["forecasts"])
    assert state["reports"] == REPORTS
    ids = persister.list_app_ids("weather")
    assert len(ids) == len(CITIES) + 1
    children = [persister.load("weather", app_id) for app_id in ids if app_id != "today"]
    assert sorted(child["state"]["report"] for child in children) == REPORTS
    assert {(child["position"], child["sequence_id"]) for child in children} == {("write", 1)}
    persister.cleanup()


class AsyncForecasts(Forecasts):
    async def reduce(self, state, states):
        return state.update(reports=[each["report"] async for each in states])

    def is_async(self):
        return True


def test_async_sub_applications_save_side_by_side(make_async):
    async def forecasts():
        persister = make_async()
        await persister.initialize()
        application = await forecast(persister, AsyncForecasts()).abuild()
        _, _, state = await application.arun(halt_after=["forecasts"])
        return state, await persister.list_app_ids("weather")

    state, ids = asyncio.run(forecasts())
    assert state["reports"] == REPORTS
    assert len(ids) == len(CITIES) + 1


# --- A typed state --------------------------------------------------------------------------------


class Guest(BaseModel):
    name: str


class Party(BaseModel):
    guests: list[Guest] = []
    host: Guest | None = None


@action(reads=["guests", "host"], writes=["guests", "host"])
def invite(state: State, name: str) -> State:
    guest = Guest(name=name)
    return state.append(guests=guest).update(host=state["host"] or guest)


def test_a_state_typed_with_pydantic_is_restored_with_its_models():
    def party(name):
        persister = DjangoStatePersister(allow=[Guest])
        application = (
            ApplicationBuilder()
            .with_typing(PydanticTypingSystem(Party))
            .with_actions(invite)
            .with_transitions(("invite", "invite", default))
            .with_identifiers(app_id="party", partition_key="")
            .initialize_from(
                persister,
                resume_at_next_action=True,
                default_state={"guests": [], "host": None},
                default_entrypoint="invite",
            )
            .with_state_persister(persister)
            .build()
        )
        return application.step(inputs={"name": name})[2]

    party("Ada")
    state = party("Bo")
    assert (state["guests"], state["host"]) == ([Guest(name="Ada"), Guest(name="Bo")], Guest(name="Ada"))
    assert BurrState.objects.count() == 2
