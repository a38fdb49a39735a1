"""What Burr does, as far as its documentation is silent."""

import asyncio
import logging
from contextlib import aclosing
from itertools import pairwise

import pytest
from burr.core import ApplicationBuilder, State, action
from burr.core.action import streaming_action
from burr.core.application import PRIOR_STEP
from burr.core.persistence import AsyncBaseStatePersister
from burr.lifecycle import PostRunStepHook

from assistant_app.contract.actions import is_choice, may_call_model
from assistant_app.engine.runs import read_to_its_end
from assistant_app.inspection import way
from assistant_app.workflow.graph import build_graph
from tests.private_names.places import GRAPH, RUNNER, RUNS, SETTINGS, TRACKING, WAY, WRITER, otherwise


class Kept(AsyncBaseStatePersister):
    """Notes what Burr saves; gives it what it is to begin with."""

    def __init__(self, **given):
        self.given = {"partition_key": "1", "app_id": "a", "created_at": "", "state": State({}), **given}
        self.saved, self.done = [], []

    async def list_app_ids(self, partition_key, **kwargs):
        return []

    async def load(self, partition_key, app_id, sequence_id=None, **kwargs):
        return self.given if "position" in self.given else None

    async def save(self, partition_key, app_id, sequence_id, position, state, status, **kwargs):
        self.saved.append((sequence_id, position, status))
        self.state = state
        if status == "completed" and state.get(PRIOR_STEP) == position:
            self.done.append(position)


@action(reads=[], writes=["said"], tags=["human"])
async def speak(state: State) -> State:
    return state.update(said="hello")


@action(reads=[], writes=["said"])
async def stumble(state: State) -> State:
    raise ValueError("a word of somebody's mail")


@action(reads=[], writes=["said"])
async def hang(state: State) -> State:
    HANGING.append(True)
    await asyncio.Event().wait()
    return state


@streaming_action(reads=[], writes=["said"])
async def hum(state: State):
    yield {"token": "one"}, None
    HANGING.append(True)
    await asyncio.Event().wait()
    yield {"token": ""}, state.update(said="one")


@streaming_action(reads=[], writes=["said"])
async def dictate(state: State):
    try:
        yield {"token": "one"}, None
        yield {"token": "two"}, None
        yield {"token": ""}, state.update(said="one two")
    finally:
        DICTATED.append("closed")


HANGING = []
DICTATED = []


async def _build(kept, actions, *hooks):
    names = [each.__name__ for each in actions]
    builder = (
        ApplicationBuilder()
        .with_actions(**{each.__name__: each for each in actions})
        .with_transitions(*pairwise(names))
        .with_identifiers(app_id="a", partition_key="1")
        .with_hooks(*hooks)
        .with_state_persister(kept)
        .initialize_from(kept, resume_at_next_action=True, default_state={}, default_entrypoint=names[0])
    )
    return await builder.abuild()


async def _step_through(kept, *actions, hooks=(), halt_before=()):
    """Run the actions as the runner does."""
    application = await _build(kept, actions, *hooks)
    executed = application.astream_iterate(halt_before=[*halt_before], halt_after=[actions[-1].__name__])
    async with aclosing(executed):
        async for _, pieces in executed:
            async for _ in pieces:
                pass


def _run(kept, *actions, **options):
    asyncio.run(asyncio.wait_for(_step_through(kept, *actions, **options), 20))


def test_burr_keeps_the_prior_step_in_the_state_and_marks_its_own_keys():
    kept = Kept()
    said = "Burr no longer keeps the prior step under `PRIOR_STEP`, or names its own keys otherwise"
    with otherwise(said, WRITER):
        _run(kept, speak)
        assert kept.state.get(PRIOR_STEP) == "speak"
        assert [key for key in kept.state.get_all() if not key.startswith("__")] == ["said"]


@pytest.mark.parametrize("hanging", [hang, hum])
def test_burr_saves_no_cancelled_step_as_done(hanging):
    kept = Kept()

    async def cancel():
        running = asyncio.ensure_future(_step_through(kept, speak, hanging, dictate))
        while not HANGING and not running.done():
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running])

    HANGING.clear()
    with otherwise("Burr saves a cancelled step as completed and as `PRIOR_STEP`", WRITER, TRACKING):
        asyncio.run(cancel())
        assert kept.done == ["speak"]


def test_burr_tells_its_hooks_of_a_failure_before_it_saves_it():
    kept, told = Kept(), []

    class Told(PostRunStepHook):
        def post_run_step(self, *, exception, **future_kwargs):
            told.append((type(exception), list(kept.saved)))

    with otherwise("Burr no longer tells hooks of a failure before it saves it as failed", RUNNER):
        with pytest.raises(ValueError, match="mail"):
            _run(kept, stumble, hooks=[Told()])
        assert told == [(ValueError, [])]
        assert kept.saved == [(0, "stumble", "failed")]


def test_burr_begins_at_the_step_that_failed_and_numbers_on():
    kept = Kept(position="speak", status="failed", sequence_id=4)
    with otherwise("Burr no longer begins at the step that failed, or numbers steps otherwise", WRITER):
        _run(kept, hang, speak)
        assert kept.saved == [(5, "speak", "completed")]


def test_burr_runs_the_first_step_though_it_is_told_to_halt_before_it():
    kept = Kept()
    with otherwise("Burr halts before the very step that is sent", RUNNER):
        _run(kept, speak, halt_before=["@tag:human"])
        assert kept.saved == [(0, "speak", "completed")]


def test_burrs_stream_has_the_generator_that_we_close():
    async def leave_early():
        application = await _build(Kept(), [dictate])
        async for _, pieces in application.astream_iterate(halt_after=["dictate"]):
            async with read_to_its_end(pieces):
                assert await anext(pieces) == {"token": "one"}
            for _ in range(100):  # the loop closes the action's own once Burr's around it is closed
                await asyncio.sleep(0)
            return list(DICTATED)

    DICTATED.clear()
    with otherwise("Closing Burr's `streaming_result_generator` no longer ends the action", RUNS):
        assert asyncio.run(leave_early()) == ["closed"]


def test_burrs_actions_have_their_function():
    with otherwise("Burr no longer has an action's function, which may take a model, as `fn`", GRAPH):
        graph = build_graph()
        assert may_call_model(graph, "formulate_draft")
        assert may_call_model(graph, "determine_clarifications")
        assert not may_call_model(graph, "final_result")


def test_burrs_transitions_can_be_read():
    with otherwise("Burr's transitions or conditions have other names", GRAPH, WAY):
        graph = build_graph()
        labels = {(edge.source, edge.target): edge.label for edge in way.edges(graph)}
        assert labels["determine_clarifications", "clarify_instructions"] == "if clarification questions"
        assert labels["determine_clarifications", "formulate_draft"] == "otherwise"
        assert is_choice(graph, "reopen")
        assert not is_choice(graph, "process_feedback")


def test_burr_logs_under_its_own_name():
    records = []

    class Noting(logging.Handler):
        def emit(self, record):
            records.append(record.name)

    handler = Noting()
    logging.getLogger("burr").addHandler(handler)
    with otherwise("Burr no longer logs errors under `burr`, so people's mail gets into the log", SETTINGS):
        try:
            with pytest.raises(ValueError, match="mail"):
                _run(Kept(), stumble)
        finally:
            logging.getLogger("burr").removeHandler(handler)
        assert records
