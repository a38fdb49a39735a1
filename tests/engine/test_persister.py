"""Burr's contract for persisters: the async one with our graph, the sync one with a small graph."""

import asyncio
import json

import pytest
from burr.core import ApplicationBuilder, GraphBuilder, State, action, default
from django.db import IntegrityError
from django.utils import timezone
from pydantic import BaseModel

from assistant_app import operations
from assistant_app.contract.actions import HUMAN
from assistant_app.contract.workflow import Workflow
from assistant_app.engine.persisters import AsyncDjangoPersister, DjangoPersister
from assistant_app.engine.threads import DatabasePool
from assistant_app.engine.writer import Writer
from assistant_app.errors import AlreadyRunning, ApplicationNotFound, ModelTimeout
from assistant_app.models import Application, ModelCall, Step, Usage
from assistant_app.workflow.graph import DEFAULT_STATE, ENTRYPOINT, build_graph

pytestmark = pytest.mark.django_db(transaction=True)

DONE = {"__PRIOR_STEP": "process_input"}
INPUT = {"email_to_respond": "Hello", "response_instructions": "Yes"}


class Weather(BaseModel):
    sky: str


@pytest.fixture
def pool():
    pool = DatabasePool(2)
    yield pool
    pool.close()


@pytest.fixture
def new(owner):
    return lambda: operations.create(actor=owner)[0]


def history(row):
    return list(row.steps.values_list("sequence_id", "base", "position", "status"))


# --- The async persister, with Burr's own `arun()` ------------------------------------------------


async def built(pool, row, model):
    graph = build_graph(model.session(lambda call: None))
    persister = AsyncDjangoPersister(pool, graph=graph)
    return await (
        ApplicationBuilder()
        .with_graph(graph)
        .with_identifiers(app_id=str(row.pk), partition_key=str(row.owner_id))
        .with_state_persister(persister)
        .initialize_from(
            persister,
            resume_at_next_action=True,
            default_state=DEFAULT_STATE,
            default_entrypoint=ENTRYPOINT,
        )
        .abuild()
    )


def arun(pool, row, model, **inputs):
    """Run up to the next human step in a new Burr application, as a stateless server would."""

    async def run():
        application = await built(pool, row, model)
        return await application.arun(
            halt_before=[f"@tag:{HUMAN}"], halt_after=["final_result"], inputs=inputs
        )

    return asyncio.run(run())


def test_an_email_is_answered_through_burrs_own_arun(pool, new, model):
    row = new()
    model.will_ask("When?")
    arun(pool, row, model, **INPUT)
    arun(pool, row, model, answers=["Monday"])
    arun(pool, row, model, feedback="Shorter")
    _, _, state = arun(pool, row, model, feedback="")
    row.refresh_from_db()
    assert state["final_draft"] == row.state["final_draft"] == "Draft 2."
    assert (row.status, row.lease_token) == ("finished", None)
    assert [sequence_id for sequence_id, *_ in history(row)] == list(range(8))


def test_what_arun_began_the_operations_go_on_with(pool, owner, new, model):
    row = new()
    arun(pool, row, model, **INPUT)
    operations.wait_until_ended(
        operations.submit(actor=owner, app_id=row.pk, step="process_feedback", data={"feedback": ""})
    )
    row.refresh_from_db()
    assert row.status == "finished"


def test_a_failed_step_is_a_row_and_its_retry_the_next(pool, new, model):
    row = new()
    model.will_write(ModelTimeout())
    with pytest.raises(ModelTimeout):
        arun(pool, row, model, **INPUT)
    row.refresh_from_db()
    assert (row.status, row.sequence_id, row.last_sequence_id) == ("failed", 1, 2)
    arun(pool, row, model)
    assert history(row)[2:] == [
        (2, 1, "formulate_draft", "failed"),
        (3, 1, "formulate_draft", "completed"),
    ]


def test_a_task_cancelled_inside_arun_is_not_recorded_as_success(pool, new, model):
    row = new()
    model.will_wait_to_ask()

    async def run():
        application = await built(pool, row, model)
        task = asyncio.ensure_future(application.arun(halt_before=[f"@tag:{HUMAN}"], inputs=INPUT))
        await asyncio.to_thread(model.wait_until_asked, "questions")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    row.refresh_from_db()
    assert (row.status, row.error_code, row.position) == ("failed", "interrupted", "process_input")
    assert history(row)[1] == (1, 0, "determine_clarifications", "failed")
    arun(pool, row, model)
    row.refresh_from_db()
    assert row.state["draft_history"] == ["Draft 1."]


def test_a_second_writer_is_refused_before_it_calls_a_model(pool, new, model):
    row = new()
    arun(pool, row, model, **INPUT)

    async def two_at_once():
        first, second = await built(pool, row, model), await built(pool, row, model)
        await first.arun(halt_before=[f"@tag:{HUMAN}"], inputs={"feedback": "Warmer"})
        with pytest.raises(AlreadyRunning):
            await second.arun(halt_before=[f"@tag:{HUMAN}"], inputs={"feedback": "Colder"})

    asyncio.run(two_at_once())
    row.refresh_from_db()
    assert row.state["feedback_history"] == ["Warmer"]
    assert len(model.calls_for("draft")) == 2


@pytest.mark.parametrize("app_id", ["00000000-0000-4000-8000-000000000000", "no uuid", None])
def test_an_unknown_id_is_refused_not_taken_for_a_new_application(pool, owner, app_id):
    with pytest.raises(ApplicationNotFound):
        asyncio.run(AsyncDjangoPersister(pool).load(str(owner.pk), app_id))


@pytest.mark.parametrize("partition_key", [None, "", "x"])
def test_another_partition_finds_nothing(pool, new, stranger, partition_key):
    row = new()
    for key in (partition_key, str(stranger.pk)):
        with pytest.raises(ApplicationNotFound):
            DjangoPersister().load(key, str(row.pk))


def test_what_was_not_begun_loads_as_nothing(new):
    row = new()
    assert DjangoPersister().load(str(row.owner_id), str(row.pk)) is None


def test_an_earlier_step_can_be_loaded(pool, new, model):
    row = new()
    arun(pool, row, model, **INPUT)
    arun(pool, row, model, feedback="Warmer")
    loaded = DjangoPersister().load(str(row.owner_id), str(row.pk), 2)
    assert (loaded["position"], loaded["sequence_id"], loaded["status"]) == (
        "formulate_draft",
        2,
        "completed",
    )
    assert loaded["state"]["draft_history"] == ["Draft 1."]
    with pytest.raises(ApplicationNotFound):
        DjangoPersister().load(str(row.owner_id), str(row.pk), 99)


def test_the_sync_persister_reads_and_lists_what_the_async_one_wrote(pool, owner, new, model):
    first, second = new(), new()
    arun(pool, first, model, **INPUT)
    persister = DjangoPersister()
    loaded = persister.load(str(owner.pk), str(first.pk))
    assert loaded["state"]["current_draft"] == "Draft 1."
    assert (loaded["position"], loaded["sequence_id"]) == ("formulate_draft", 2)
    assert persister.list_app_ids(str(owner.pk)) == [str(first.pk), str(second.pk)]
    assert asyncio.run(AsyncDjangoPersister(pool).list_app_ids(str(owner.pk))) == [
        str(first.pk),
        str(second.pk),
    ]


def test_an_object_that_burr_would_import_stays_plain_data(pool, new, model):
    row = new()
    arun(pool, row, model, **INPUT)
    poison = {"__burr_serde__": "pickle", "value": "gASVAAAAAAA="}
    Application.objects.filter(pk=row.pk).update(state={**row.state, "current_draft": poison})
    loaded = DjangoPersister().load(str(row.owner_id), str(row.pk))
    assert loaded["state"]["current_draft"] == poison


def test_the_state_that_is_stored_is_json_of_our_keys_only(pool, new, model):
    row = new()
    arun(pool, row, model, **INPUT)
    row.refresh_from_db()
    assert set(row.state) == set(DEFAULT_STATE)
    json.dumps(row.state)


@pytest.mark.parametrize("deep", [False, True])
def test_a_value_that_json_does_not_have_is_refused_and_the_error_says_what_to_do(new, deep):
    row = new()
    value = Weather(sky="grey")
    state = State({"incoming_email": "Hello", "weather": [{"today": value}] if deep else value})
    with pytest.raises(TypeError, match="'weather'") as refused:
        DjangoPersister().save(
            str(row.owner_id), str(row.pk), 0, "process_input", state.update(**DONE), "completed"
        )
    for part in ("process_input", "model_dump(mode='json')", "DjangoStatePersister(allow=[Model])"):
        assert part in str(refused.value)
    row.refresh_from_db()
    assert (row.status, row.version, history(row)) == ("waiting", 0, [])


# --- The sync persister, with Burr's own `run()` on a graph of sync actions ------------------------


@action(reads=[], writes=["heard"], tags=[HUMAN])
def listen(state: State, words: str) -> State:
    return state.update(heard=words)


@action(reads=["heard", "said"], writes=["said"])
def repeat(state: State) -> State:
    if state["heard"] == "fail":
        raise ValueError
    return state.append(said=state["heard"])


SMALL = (
    GraphBuilder()
    .with_actions(listen, repeat)
    .with_transitions(("listen", "repeat", default), ("repeat", "listen", default))
    .build()
)
SMALL_STATE = {"heard": "", "said": []}
SMALL_WORKFLOW = Workflow(
    name="email",
    title="Repeats",
    build_graph=lambda model: SMALL,
    entrypoint="listen",
    default_state=SMALL_STATE,
)


def run_small(row, **inputs):
    persister = DjangoPersister(workflow=SMALL_WORKFLOW)
    application = (
        ApplicationBuilder()
        .with_graph(SMALL)
        .with_identifiers(app_id=str(row.pk), partition_key=str(row.owner_id))
        .with_state_persister(persister)
        .initialize_from(
            persister, resume_at_next_action=True, default_state=SMALL_STATE, default_entrypoint="listen"
        )
        .build()
    )
    application.run(halt_before=["listen"], inputs=inputs)
    row.refresh_from_db()
    return application


def test_the_sync_persister_keeps_the_same_contract(new):
    row = new()
    run_small(row, words="one")
    run_small(row, words="two")
    assert (row.status, row.next_step, row.state) == (
        "waiting",
        "listen",
        {"heard": "two", "said": ["one", "two"]},
    )
    with pytest.raises(ValueError, match=r"^$"):
        run_small(row, words="fail")
    row.refresh_from_db()
    assert (row.status, row.next_step) == ("failed", "listen")
    assert history(row) == [
        (0, None, "listen", "completed"),
        (1, 0, "repeat", "completed"),
        (2, 1, "listen", "completed"),
        (3, 2, "repeat", "completed"),
        (4, 3, "listen", "completed"),
        (5, 4, "repeat", "failed"),
    ]


def test_a_second_sync_writer_is_refused(new):
    row = new()
    application = run_small(row, words="one")
    run_small(row, words="two")
    with pytest.raises(AlreadyRunning):
        application.run(halt_before=["listen"], inputs={"words": "late"})
    assert Step.objects.filter(application=row).count() == 4


# --- Who has no application, or another one -------------------------------------------------------


def test_a_writer_without_an_application_claims_nothing():
    with pytest.raises(ApplicationNotFound):
        Writer().claim_without_step()


def test_a_save_for_another_application_is_refused(new):
    mine, other = new(), new()
    state = State({"__PRIOR_STEP": "process_input"})
    with pytest.raises(ApplicationNotFound):
        DjangoPersister(mine).save(str(mine.owner_id), str(other.pk), 0, "process_input", state, "completed")
    assert not Step.objects.exists()


def test_a_save_without_a_load_finds_its_application(new):
    row = new()
    state = State({**DEFAULT_STATE, "__PRIOR_STEP": "process_input"})
    DjangoPersister().save(str(row.owner_id), str(row.pk), 0, "process_input", state, "completed")
    assert history(row) == [(0, None, "process_input", "completed")]


def test_a_script_that_is_never_asked_says_so(model):
    with pytest.raises(TimeoutError):
        model.wait_until_asked("draft", deadline=0.01)


# --- All or nothing ----------------------------------------------------------------------------


def stored():
    return [
        list(Usage.objects.values("drafts", "tokens")),
        list(Application.objects.values("version", "status", "position", "state")),
        list(Step.objects.values("sequence_id", "position", "changes")),
        ModelCall.objects.count(),
    ]


def test_a_save_of_which_one_part_is_refused_changes_nothing(person, model, settings):
    """The save settles the budget, changes the row, and adds a step whose number is taken here."""
    settings.MAX_TOKENS_PER_DAY = 1_000_000
    gate = model.will_wait_to_write()
    run = person.begin("process_input", INPUT)
    model.wait_until_asked("draft")
    values = {"position": "formulate_draft", "status": "completed", "started_at": timezone.now()}
    Step.objects.create(application_id=person.app_id, sequence_id=2, **values)
    before = stored()
    gate.set()
    assert run.ended.result(10).error.code == "internal_error"
    assert stored() == before


# --- The schema --------------------------------------------------------------------------------


def test_the_schema_itself_refuses_a_step_twice(new, model, pool):
    row = new()
    arun(pool, row, model, **INPUT)
    step = row.steps.first()
    step.pk = None
    with pytest.raises(IntegrityError):
        step.save(force_insert=True)


def test_a_step_is_not_stored_under_another_partition(new, stranger):
    row = new()
    persister = DjangoPersister(workflow=SMALL_WORKFLOW)
    persister.load(str(row.owner_id), str(row.pk))
    with pytest.raises(ApplicationNotFound):
        persister.save(str(stranger.pk), str(row.pk), 0, "listen", State(SMALL_STATE), "completed")
    assert not row.steps.exists()
