"""Burr's own tracker: the files that its UI reads tell of the same steps."""

import json

import pytest
from burr.tracking.client import LocalTrackingClient
from burr.tracking.common.models import ApplicationMetadataModel, ApplicationModel
from django.apps import apps

from assistant_app import operations
from assistant_app.errors import Cancelled, ModelTimeout
from assistant_app.models import Step
from assistant_app.observing import tracking
from tests.conftest import stop, wait_for_runs

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(settings, tmp_path):
    """Let the app start with tracking on; return where it tracks emails."""
    ready = apps.get_app_config("assistant_app").ready
    settings.BURR_TRACKING = True
    settings.BURR_TRACKING_DIR = tmp_path / "burr"
    ready()
    yield settings.BURR_TRACKING_DIR / tracking.PROJECT
    settings.BURR_TRACKING = False
    ready()


def ends(folder, person):
    return [line for line in lines_of(folder, person) if line["type"] == "end_entry"]


def lines_of(folder, person):
    wait_for_runs()
    text = (folder / str(person.app_id) / LocalTrackingClient.LOG_FILENAME).read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_a_flow_is_tracked_as_it_was_stored(folder, person, model):
    model.will_ask("Which day?")
    model.will_write(["<reply>Dear ", "Marta, ", "on Thursday."])
    person.give_input()
    person.answer("Thursday.")
    person.give_feedback("Shorter.")
    person.give_feedback("")
    lines, ended = lines_of(folder, person), ends(folder, person)
    stored = list(Step.objects.order_by("sequence_id"))
    assert [(end["sequence_id"], end["action"]) for end in ended] == [
        (step.sequence_id, step.position) for step in stored
    ]
    assert all(end["exception"] is None for end in ended)
    assert sum(line["type"] == "begin_entry" for line in lines) == len(stored)
    state = {key: value for key, value in ended[-1]["state"].items() if not key.startswith("__")}
    assert state == person.row.state
    streams = [line for line in lines if line["type"] == "end_stream"]
    assert len(streams) == 2
    assert all(stream["items_streamed"] > 0 for stream in streams)
    client = LocalTrackingClient(tracking.PROJECT, str(folder.parent))
    assert client.load("", str(person.app_id))["position"] == "final_result"


def test_burrs_ui_can_read_graph_and_parent(folder, person, owner):
    person.give_input()
    fork, _ = operations.fork(actor=owner, app_id=person.app_id)
    operations.wait_until_ended(
        operations.submit(
            actor=owner, app_id=fork.pk, step="process_feedback", data={"feedback": "Friendlier."}
        )
    )
    forks = folder / str(fork.pk)
    graph = ApplicationModel.model_validate_json((forks / LocalTrackingClient.GRAPH_FILENAME).read_text())
    assert {action.name for action in graph.actions} >= {"process_input", "formulate_draft"}
    metadata = (forks / LocalTrackingClient.METADATA_FILENAME).read_text()
    parent = ApplicationMetadataModel.model_validate_json(metadata).parent_pointer
    assert (parent.app_id, parent.sequence_id) == (str(person.app_id), fork.parent_sequence_id)
    children = folder / str(person.app_id) / LocalTrackingClient.CHILDREN_FILENAME
    assert str(fork.pk) in children.read_text()


def test_failed_and_stopped_steps_are_no_successes(folder, person, model, owner):
    model.will_write(ModelTimeout())
    person.fails_at("process_input", email_to_respond="x", response_instructions="y")
    model.will_wait_to_write()
    run = operations.retry(actor=owner, app_id=person.app_id)
    model.wait_until_asked("draft", 2)
    stop(actor=owner, app_id=person.app_id)
    assert isinstance(run.ended.result(30).error, Cancelled)
    failed = [end for end in ends(folder, person) if end["action"] == "formulate_draft"]
    assert ["ModelTimeout" in end["exception"] for end in failed] == [True, False]
    assert "Cancelled" in failed[1]["exception"]


def test_no_other_account_of_the_machine_can_read_it(folder, person):
    person.give_input()
    assert folder.parent.stat().st_mode & 0o077 == 0


def test_off_it_writes_nothing(settings, tmp_path, person):
    settings.BURR_TRACKING_DIR = tmp_path / "burr"
    person.give_input()
    assert list(tmp_path.iterdir()) == []
