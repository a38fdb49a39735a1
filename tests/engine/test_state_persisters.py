"""The plain persisters keep Burr's contract: the sync one, and the async one with a loop for each call."""

import asyncio
import json
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
import uvloop
from burr.core import ApplicationBuilder, State, action, default
from burr.core.state import FIELD_SERIALIZATION, register_field_serde
from burr.integrations.serde.pickle import register_type_to_pickle
from django.core.exceptions import SynchronousOnlyOperation
from django.db import DatabaseError, IntegrityError, connection, transaction
from pydantic import BaseModel

from assistant_app.engine.state_persisters import AsyncDjangoStatePersister, DjangoStatePersister
from assistant_app.models import Application, BurrState

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)


class Plant(BaseModel):
    name: str
    watered: datetime
    price: Decimal = Decimal("1.50")
    id: UUID = UUID(int=7)


class Weed(BaseModel):
    name: str


class Moss(Plant):
    pass


@dataclass
class Pot:
    litres: int


class Jar:
    """A class that a program registered with Burr's pickling."""


class OnLoops:
    """The async persister, each of whose calls runs on an event loop of its own."""

    def __init__(self, allow=()):
        self.persister = AsyncDjangoStatePersister(allow)

    def __getattr__(self, name):
        method = getattr(self.persister, name)

        def call(*args, **kwargs):
            async def run():
                return await method(*args, **kwargs)

            return asyncio.run(run())

        return call


@pytest.fixture(params=[DjangoStatePersister, OnLoops], ids=["sync", "async"])
def make(request):
    return request.param


@pytest.fixture
def persister(make):
    return make()


def save(persister, app_id="garden", sequence_id=0, position="sow", partition_key="anna", **state):
    persister.save(partition_key, app_id, sequence_id, position, State(state), "completed")


# --- Save and load --------------------------------------------------------------------------------


def test_what_is_saved_is_loaded(persister):
    state = State({"beds": [1, 2.5, None, True], "plan": {"may": "peas"}, "note": "ü 🌱"})
    persister.save("anna", "garden", 3, "sow", state, "completed")
    loaded = persister.load("anna", "garden")
    assert loaded["state"] == state
    del loaded["state"]
    created_at = datetime.fromisoformat(loaded.pop("created_at"))
    assert abs((datetime.now(UTC) - created_at).total_seconds()) < 3600
    assert loaded == {
        "partition_key": "anna",
        "app_id": "garden",
        "sequence_id": 3,
        "position": "sow",
        "status": "completed",
    }


def test_an_unknown_application_loads_as_nothing(persister):
    save(persister)
    assert persister.load("anna", "another") is None
    assert persister.load("berta", "garden") is None
    assert persister.load("anna", "garden", 1) is None
    assert persister.load("anna", "garden", 10**12) is None
    assert persister.load("berta", None) is None


@pytest.mark.parametrize(
    "name", ["", "with space", "a/b?c", "Ünïcode 🌱", "'; DROP TABLE x; --", "x" * 500, "None"]
)
def test_any_text_is_a_key(persister, name):
    persister.save(f"p{name}", f"a{name}", 0, f"s{name}", State({"n": 1}), "completed")
    loaded = persister.load(f"p{name}", f"a{name}")
    assert (loaded["app_id"], loaded["position"]) == (f"a{name}", f"s{name}")
    assert persister.list_app_ids(f"p{name}") == [f"a{name}"]


def test_a_uuid_is_a_key_like_its_text(persister):
    app_id = uuid4()
    save(persister, app_id=app_id)
    assert persister.load("anna", str(app_id))["app_id"] == str(app_id)


@pytest.mark.parametrize("wrong", ["a\x00b", "a\ud800b"])
def test_a_key_that_one_database_refuses_is_refused_on_both(persister, wrong):
    for name, keys in {"partition_key": (wrong, "a", 0, "s"), "app_id": ("p", wrong, 0, "s")}.items():
        with pytest.raises(ValueError, match=name):
            persister.save(*keys, State({}), "completed")
        with pytest.raises(ValueError, match=name):
            persister.load(*keys[:2])
    with pytest.raises(ValueError, match="position"):
        persister.save("p", "a", 0, wrong, State({}), "completed")
    with pytest.raises(ValueError, match="app_id is missing"):
        persister.save("p", None, 0, "s", State({}), "completed")
    assert not BurrState.objects.exists()


def test_no_partition_and_an_empty_one_are_the_same(persister):
    save(persister, partition_key=None, n=1)
    save(persister, partition_key="", sequence_id=1, n=2)
    assert persister.load("", "garden")["state"]["n"] == persister.load(None, "garden")["state"]["n"] == 2
    assert persister.load(None, "garden")["partition_key"] == ""
    assert persister.list_app_ids(None) == persister.list_app_ids("") == ["garden"]
    with pytest.raises(IntegrityError):
        save(persister, partition_key="", n=3)


def test_the_newest_is_what_was_inserted_last_not_the_highest_number(persister):
    save(persister, sequence_id=7, n=7)
    save(persister, sequence_id=3, n=3)
    save(persister, app_id="park", sequence_id=9, n=9)
    assert persister.load("anna", "garden")["sequence_id"] == 3
    assert persister.load("anna", "garden", 7)["state"]["n"] == 7
    assert persister.load("anna", None)["app_id"] == "park"


def test_two_actions_may_share_a_number_and_the_last_one_loads(persister):
    save(persister, position="sow", n=1)
    save(persister, position="reap", n=2)
    assert persister.load("anna", "garden", 0)["position"] == "reap"


def test_a_step_is_saved_once(persister):
    save(persister, n=1)
    with pytest.raises(IntegrityError):
        save(persister, n=2)
    assert persister.load("anna", "garden")["state"]["n"] == 1


def test_a_step_saved_twice_leaves_the_callers_transaction_usable():
    persister = DjangoStatePersister()
    with transaction.atomic():
        save(persister, n=1)
        with pytest.raises(IntegrityError):
            save(persister, n=2)
        save(persister, sequence_id=1, n=3)
    assert persister.load("anna", "garden")["state"]["n"] == 3


def test_what_a_rolled_back_transaction_saved_is_gone():
    persister = DjangoStatePersister()
    with transaction.atomic():
        save(persister)
        transaction.set_rollback(True)
    assert persister.load("anna", "garden") is None


def test_application_ids_come_once_each_and_the_one_saved_last_first(persister):
    for number, app_id in enumerate(["rose", "lily", "rose", "fern", "lily"]):
        save(persister, app_id=app_id, sequence_id=number)
    save(persister, partition_key="berta", app_id="oak")
    assert persister.list_app_ids("anna") == ["lily", "fern", "rose"]
    assert persister.list_app_ids("nobody") == []


def test_the_persister_is_ready_where_the_table_is(persister):
    assert persister.is_initialized()
    persister.initialize()
    persister.initialize()
    save(persister)
    persister.initialize()
    assert persister.load("anna", "garden") is not None


def test_a_database_without_the_table_is_told_to_migrate(persister):
    table = BurrState._meta.db_table
    with connection.schema_editor() as editor:
        editor.alter_db_table(BurrState, table, "elsewhere")
    try:
        assert not persister.is_initialized()
        with pytest.raises(RuntimeError, match=r"manage\.py migrate"):
            persister.initialize()
        with pytest.raises(DatabaseError):
            persister.load("anna", "garden")
    finally:
        with connection.schema_editor() as editor:
            editor.alter_db_table(BurrState, "elsewhere", table)
    assert persister.is_initialized()


def test_a_persister_goes_to_another_process():
    save(DjangoStatePersister([Plant]), plant=Plant(name="fig", watered=NOON))
    arrived = pickle.loads(pickle.dumps(DjangoStatePersister([Plant])))
    assert arrived.load("anna", "garden")["state"]["plant"].name == "fig"


def test_a_persister_is_a_context_manager():
    with DjangoStatePersister() as persister:
        save(persister, n=1)

    async def run():
        async with AsyncDjangoStatePersister() as persister:
            return await persister.load("anna", "garden")

    assert asyncio.run(run())["state"]["n"] == 1
    persister.cleanup()
    assert persister.load("anna", "garden") is not None


# --- Values ---------------------------------------------------------------------------------------


def test_text_that_a_json_column_refuses_is_kept(persister):
    texts = {"nul": "a\x00b", "surrogate": "\ud83d", "escaped": "\\u0000"}
    save(persister, **texts, big=10**40, order={"z": 1, "a": 2}, infinite=float("inf"))
    state = persister.load("anna", "garden")["state"]
    assert {key: state[key] for key in texts} == texts
    assert (state["big"], list(state["order"]), state["infinite"]) == (10**40, ["z", "a"], float("inf"))


def test_other_types_of_python_become_text_as_in_burrs_own_persisters(persister):
    save(persister, day=date(2026, 5, 1), pair=(1, 2), price=Decimal("1.50"))
    state = persister.load("anna", "garden")["state"]
    assert (state["day"], state["pair"], state["price"]) == ("2026-05-01", "(1, 2)", "1.50")


def test_an_allowed_model_comes_back_as_it_was(make):
    persister = make([Plant])
    fig = Plant(name="fig", watered=NOON)
    save(persister, plant=fig, beds=[{"plant": fig}, [fig]], n=1)
    state = persister.load("anna", "garden")["state"]
    assert state["plant"] == state["beds"][0]["plant"] == state["beds"][1][0] == fig
    assert type(state["plant"]) is Plant


@pytest.mark.parametrize("value", [Weed(name="x"), Moss(name="x", watered=NOON), Pot(3), object(), Pot, save])
@pytest.mark.parametrize(
    "wrap", [lambda value: value, lambda value: [{"deep": value}]], ids=["plain", "deep"]
)
def test_another_class_is_refused_by_name_and_nothing_is_saved(make, value, wrap):
    persister = make([Plant])
    with pytest.raises(ValueError, match=r"State key 'bed': .*") as refused:
        save(persister, bed=wrap(value))
    assert type(value).__name__ in str(refused.value)
    assert not BurrState.objects.exists()


def test_without_allow_every_model_is_refused_and_the_error_says_how_to_allow_it(persister):
    with pytest.raises(ValueError, match=r"allow=\[Weed\]"):
        save(persister, bed=Weed(name="x"))


def test_what_a_program_lets_burr_pickle_is_refused(persister):
    register_type_to_pickle(Jar)
    with pytest.raises(ValueError, match="Jar"):
        save(persister, jar=Jar())


@pytest.mark.parametrize("serde", ["pickle", "pydantic", "pandas.DataFrame", "", None])
def test_a_dict_with_burrs_own_key_is_refused(persister, serde):
    with pytest.raises(ValueError, match="__burr_serde__"):
        save(persister, typed=[{"__burr_serde__": serde, "__pydantic_class": "os.path"}])


def test_a_dict_whose_keys_json_does_not_have_is_refused(persister):
    with pytest.raises(ValueError, match=r"State key 'map': .*tuple"):
        save(persister, map=[{(1, 2): "peas"}])


@pytest.mark.parametrize(
    "stored",
    [
        {"__burr_serde__": "pickle", "value": "gASVAAAAAAA="},
        {
            "__burr_serde__": "pydantic",
            "__pydantic_class": "tests.engine.test_state_persisters.Weed",
            "name": "x",
        },
        {"__burr_serde__": "pydantic", "__pydantic_class": "antigravity.Anything"},
        {"__burr_serde__": "pydantic"},
        {"__burr_serde__": "lc", "value": {}},
        {"__burr_serde__": ["pydantic"]},
    ],
)
@pytest.mark.parametrize(
    "wrap", [lambda value: value, lambda value: [{"deep": value}]], ids=["plain", "deep"]
)
def test_a_row_that_names_another_class_is_refused(make, stored, wrap):
    persister = make([Plant])
    save(persister)
    BurrState.objects.update(state=json.dumps({"bed": wrap(stored)}))
    with pytest.raises(ValueError, match="State key 'bed'"):
        persister.load("anna", "garden")


def test_a_model_that_is_not_allowed_any_more_is_refused(make):
    save(make([Weed]), bed=Weed(name="x"))
    with pytest.raises(ValueError, match="Weed"):
        make([Plant]).load("anna", "garden")


def test_a_class_that_could_not_be_loaded_again_is_refused_at_once(make):
    class Local(BaseModel):
        n: int

    for wrong in (Local, Pot, Plant(name="fig", watered=NOON), "Plant"):
        with pytest.raises(TypeError, match="allow"):
            make([wrong])


def test_a_field_that_a_program_serializes_itself_is_its_own(persister, monkeypatch):
    monkeypatch.setattr("burr.core.state.FIELD_SERIALIZATION", FIELD_SERIALIZATION)
    register_field_serde("pot", lambda value, **_: {"litres": value.litres}, lambda value, **_: Pot(**value))
    try:
        save(persister, pot=Pot(3))
        assert persister.load("anna", "garden")["state"]["pot"] == Pot(3)
    finally:
        del FIELD_SERIALIZATION["pot"]


# --- Connections, threads and loops ---------------------------------------------------------------


def test_the_sync_one_closes_its_threads_connection_after_each_call():
    persister = DjangoStatePersister()

    def save_again():
        with pytest.raises(IntegrityError):
            save(persister)

    calls = [
        lambda: save(persister),
        lambda: persister.load("anna", "garden"),
        lambda: persister.list_app_ids("anna"),
        lambda: persister.is_initialized(),
        save_again,
    ]
    with ThreadPoolExecutor(1) as thread:
        for call in calls:
            thread.submit(call).result()
            assert thread.submit(lambda: connection.connection).result() is None


def test_the_async_one_leaves_no_connection_in_the_loops_threads():
    async def run():
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as thread:
            loop.set_default_executor(thread)
            await AsyncDjangoStatePersister().save("anna", "garden", 0, "sow", State({}), "completed")
            return await loop.run_in_executor(None, lambda: connection.connection)

    assert asyncio.run(run()) is None


def test_the_connection_of_the_callers_transaction_stays_open():
    with transaction.atomic():
        before = connection.connection
        save(DjangoStatePersister())
        assert connection.connection is before


def test_a_copy_works_in_another_thread_and_allows_the_same():
    for original in (DjangoStatePersister([Weed]), AsyncDjangoStatePersister([Weed])):
        copy = original.copy()
        assert type(copy) is type(original)
        assert copy is not original
    save(DjangoStatePersister([Weed]), bed=Weed(name="x"))
    with ThreadPoolExecutor(1) as thread:
        copy = DjangoStatePersister([Weed]).copy()
        assert thread.submit(copy.load, "anna", "garden").result()["state"]["bed"] == Weed(name="x")


def test_the_sync_one_says_in_an_event_loop_what_to_use_instead():
    persister = DjangoStatePersister()

    async def call(method, *args):
        return method(*args)

    for method, args in [
        (persister.load, ("anna", "garden")),
        (persister.save, ("anna", "garden", 0, "sow", State({}), "completed")),
        (persister.list_app_ids, ("anna",)),
        (persister.is_initialized, ()),
        (persister.initialize, ()),
    ]:
        with pytest.raises(SynchronousOnlyOperation, match="AsyncDjangoStatePersister"):
            asyncio.run(call(method, *args))
    assert not BurrState.objects.exists()


def test_one_async_persister_serves_loops_of_two_kinds_at_once():
    persister, together = AsyncDjangoStatePersister(), threading.Barrier(2)

    async def run(app_id):
        together.wait(20)
        for number in range(5):
            await persister.save("anna", app_id, number, "sow", State({"n": number}), "completed")
        return (await persister.load("anna", app_id))["state"]["n"]

    with ThreadPoolExecutor(2) as threads:
        ours = threads.submit(lambda: asyncio.run(run("garden")))
        other = threads.submit(lambda: uvloop.run(run("park")))
        assert (ours.result(), other.result()) == (4, 4)


def test_a_save_ends_though_its_task_is_cancelled():
    busy = threading.Event()

    async def run():
        loop, persister = asyncio.get_running_loop(), AsyncDjangoStatePersister()
        with ThreadPoolExecutor(1) as thread:
            loop.set_default_executor(thread)
            blocking = loop.run_in_executor(None, busy.wait, 20)
            saving = asyncio.ensure_future(persister.save("anna", "garden", 0, "sow", State({}), "completed"))
            await asyncio.sleep(0)  # now it waits for the thread
            saving.cancel()
            loop.call_soon(busy.set)
            with pytest.raises(asyncio.CancelledError):
                await saving
            await blocking
            return await persister.load("anna", "garden")

    assert asyncio.run(run()) is not None


# --- In Burr's own applications -------------------------------------------------------------------


@action(reads=["n"], writes=["n"])
def count(state: State, fail: bool = False) -> State:
    if fail:
        raise ZeroDivisionError
    return state.update(n=state["n"] + 1)


@action(reads=["n"], writes=["n"])
async def acount(state: State, fail: bool = False) -> State:
    if fail:
        raise ZeroDivisionError
    return state.update(n=state["n"] + 1)


def builder(persister, app_id, counting=count, **fork):
    return (
        ApplicationBuilder()
        .with_actions(count=counting)
        .with_transitions(("count", "count", default))
        .with_identifiers(app_id=app_id, partition_key="anna")
        .with_state_persister(persister)
        .initialize_from(
            persister,
            resume_at_next_action=True,
            default_state={"n": 0},
            default_entrypoint="count",
            **fork,
        )
    )


@pytest.fixture(params=["sync", "async"])
def step(request):
    """Build the application and take a step, as a program that was started anew."""

    def step(app_id, fail=False, **fork):
        if request.param == "sync":
            application = builder(DjangoStatePersister(), app_id, **fork).build()
            application.step(inputs={"fail": fail})
        else:

            async def run():
                application = await builder(AsyncDjangoStatePersister(), app_id, acount, **fork).abuild()
                await application.astep(inputs={"fail": fail})
                return application

            application = asyncio.run(run())
        return application

    return step


def rows(app_id):
    states = BurrState.objects.filter(app_id=app_id).order_by("id")
    return [(row.sequence_id, row.status, json.loads(row.state)["n"]) for row in states]


def test_an_application_goes_on_where_it_was(step):
    for _ in range(3):
        step("tally")
    assert rows("tally") == [(0, "completed", 1), (1, "completed", 2), (2, "completed", 3)]


def test_a_failed_step_is_a_row_and_its_retry_takes_the_next_number(step):
    step("tally")
    with pytest.raises(ZeroDivisionError):
        step("tally", fail=True)
    step("tally")
    assert rows("tally") == [(0, "completed", 1), (1, "failed", 1), (2, "completed", 2)]


def test_a_fork_goes_on_from_its_parent_under_an_id_that_was_never_made(step):
    for _ in range(3):
        step("tally")
    step("branch", fork_from_app_id="tally", fork_from_partition_key="anna")
    assert rows("branch") == [(3, "completed", 4)]
    step("branch")
    assert rows("branch") == [(3, "completed", 4), (4, "completed", 5)]
    assert len(rows("tally")) == 3


@pytest.mark.parametrize("number", [0, 1])
def test_a_fork_may_begin_at_any_step_the_first_too(step, number):
    for _ in range(3):
        step("tally")
    step("branch", fork_from_app_id="tally", fork_from_partition_key="anna", fork_from_sequence_id=number)
    assert rows("branch") == [(number + 1, "completed", number + 2)]


def test_a_resumed_application_is_no_fork_of_itself(step):
    """Burr sets a parent pointer, without an id, on every resume: nothing may follow from it."""
    step("tally")
    resumed = step("tally")
    assert resumed.parent_pointer.app_id is None
    assert rows("tally") == [(0, "completed", 1), (1, "completed", 2)]
    assert DjangoStatePersister().list_app_ids("anna") == ["tally"]


def test_of_two_writers_of_one_step_the_second_gets_an_error():
    first = builder(DjangoStatePersister(), "tally").build()
    second = builder(DjangoStatePersister(), "tally").build()
    first.step()
    with pytest.raises(IntegrityError):
        second.step()
    assert rows("tally") == [(0, "completed", 1)]


def test_nothing_of_it_touches_the_email_assistants_records(step):
    step("tally")
    assert not Application.objects.exists()
