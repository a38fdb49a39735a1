"""Burr's own tracker: the files that its UI reads tell of the same steps, and never stand in a run's way."""

import json
import sys
import threading
from pathlib import Path

import pytest
from burr.tracking.client import LocalTrackingClient
from burr.tracking.common.models import ApplicationMetadataModel, ApplicationModel

from assistant_app import checks, operations
from assistant_app.engine.runner import runner
from assistant_app.engine.runs import Run
from assistant_app.errors import AlreadyRunning, AssistantError, Cancelled, ModelTimeout
from assistant_app.models import Step
from assistant_app.observing import tracking
from tests.conftest import wait_for_runs

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tracked(settings, tmp_path):
    settings.BURR_TRACKING = True
    settings.BURR_TRACKING_DIR = tmp_path / "burr"


def wait():
    """Wait until everything that was told is written."""
    tracking.thread.close()


def lines_of(person):
    wait_for_runs()
    wait()
    text = (tracking.folder_of(person.app_id) / LocalTrackingClient.LOG_FILENAME).read_text()
    return [json.loads(line) for line in text.splitlines()]


def ends(lines):
    return [line for line in lines if line["type"] == "end_entry"]


def test_a_flow_is_tracked_as_it_was_stored(tracked, person, model):
    model.will_ask("Which day?")
    model.will_write(["Dear ", "Marta, ", "on Thursday."])
    person.give_input()
    person.answer("Thursday.")
    person.give_feedback("Shorter.")
    person.give_feedback("")
    lines = lines_of(person)
    stored = list(Step.objects.order_by("sequence_id"))
    assert [(end["sequence_id"], end["action"]) for end in ends(lines)] == [
        (step.sequence_id, step.position) for step in stored
    ]
    assert all(end["exception"] is None for end in ends(lines))
    assert sum(line["type"] == "begin_entry" for line in lines) == len(stored)
    state = {key: value for key, value in ends(lines)[-1]["state"].items() if not key.startswith("__")}
    assert state == person.row.state
    streams = [line for line in lines if line["type"] == "end_stream"]
    assert len(streams) == 2
    assert all(stream["items_streamed"] > 0 for stream in streams)
    client = LocalTrackingClient(tracking.PROJECT, str(tracking.folder_of(person.app_id).parent.parent))
    assert client.load("", str(person.app_id))["position"] == "final_result"


def test_burrs_ui_can_read_graph_and_parent(tracked, person, owner):
    person.give_input()
    fork, _ = operations.fork(actor=owner, app_id=person.app_id)
    operations.wait_until_ended(
        operations.submit(
            actor=owner, app_id=fork.pk, step="process_feedback", data={"feedback": "Friendlier."}
        )
    )
    wait()
    folder = tracking.folder_of(fork.pk)
    graph = ApplicationModel.model_validate_json((folder / LocalTrackingClient.GRAPH_FILENAME).read_text())
    assert {action.name for action in graph.actions} >= {"process_input", "formulate_draft"}
    metadata = (folder / LocalTrackingClient.METADATA_FILENAME).read_text()
    parent = ApplicationMetadataModel.model_validate_json(metadata).parent_pointer
    assert (parent.app_id, parent.sequence_id) == (str(person.app_id), fork.parent_sequence_id)
    children = tracking.folder_of(person.app_id) / LocalTrackingClient.CHILDREN_FILENAME
    assert str(fork.pk) in children.read_text()


def test_failed_and_stopped_steps_are_no_successes(tracked, person, model, owner):
    model.will_write(ModelTimeout())
    person.fails_at("process_input", email_to_respond="x", response_instructions="y")
    model.will_wait_to_write()
    run = operations.retry(actor=owner, app_id=person.app_id)
    model.wait_until_asked("draft", 2)
    operations.cancel(actor=owner, app_id=person.app_id)
    assert isinstance(run.ended.result(30).error, Cancelled)
    failed = [end for end in ends(lines_of(person)) if end["action"] == "formulate_draft"]
    assert ["ModelTimeout" in end["exception"] for end in failed] == [True, False]
    assert "Cancelled" in failed[1]["exception"]


def test_a_run_that_lost_the_race_never_was(tracked, person, model):
    person.give_input()
    gate = model.will_wait_to_write()
    runs = [Run(person.row, "process_feedback", {"feedback": words}) for words in ("One.", "Two.")]
    outcomes = [runner.start(run).claimed.result(30).error for run in runs]
    gate.set()
    assert [type(error) for error in outcomes if error] == [AlreadyRunning]
    begun = [line for line in lines_of(person) if line["type"] == "begin_entry"]
    assert [line["action"] for line in begun].count("process_feedback") == 1


def test_it_goes_with_its_email(tracked, person, owner):
    person.give_input()
    wait()
    assert tracking.folder_of(person.app_id).is_dir()
    operations.delete(actor=owner, app_id=person.app_id)
    wait()
    assert not tracking.folder_of(person.app_id).exists()


def test_nobody_else_on_the_machine_can_read_it(tracked, settings, person):
    person.give_input()
    wait()
    assert Path(settings.BURR_TRACKING_DIR).stat().st_mode & 0o077 == 0


def test_a_full_disk_stops_no_run(tracked, person, caplog):
    folder = tracking.folder_of(person.app_id)
    folder.mkdir(parents=True)
    (folder / LocalTrackingClient.LOG_FILENAME).symlink_to("/dev/full")
    assert person.give_input().status == "waiting"
    assert person.give_feedback("").is_finished
    wait()
    said = [record.getMessage() for record in caplog.records if record.name == tracking.__name__]
    assert said == ["A run is not tracked any further: OSError."] * len(said)
    assert 2 <= len(said) <= 4


def test_a_disk_that_stands_still_stops_no_run(tracked, person, monkeypatch):
    monkeypatch.setattr(tracking, "MOST_WAITING", 20)
    wait()  # the next one has room for so few
    standing = threading.Event()
    tracking.thread.submit(lambda: standing.wait(60) and None)
    try:
        person.give_input()
        for _ in range(4):
            person.give_feedback("Again.")
        assert person.give_feedback("").is_finished
    finally:
        standing.set()
        wait()


def test_off_it_writes_nothing(settings, person, tmp_path):
    settings.BURR_TRACKING_DIR = tmp_path / "burr"
    person.give_input()
    wait()
    assert list(tmp_path.iterdir()) == []


def test_what_is_missing_is_named(tracked, monkeypatch):
    monkeypatch.setitem(sys.modules, tracking.CLIENT, None)
    message = {each.id: each for each in checks.check_tracking()}["assistant.E011"]
    assert "Burr's tracker cannot be imported" in message.msg
    assert "requirements-tracking.txt" in message.hint


def test_an_error_of_the_product_is_told_by_its_class_only(tracked, person, model, caplog):
    model.will_write(AssistantError("secret words"))
    person.fails_at("process_input", email_to_respond="x", response_instructions="y")
    wait()
    files = [path.read_text() for path in tracking.folder_of(person.app_id).rglob("*") if path.is_file()]
    assert any("AssistantError" in text for text in files)
    assert not any("secret words" in text for text in files)
    assert "secret words" not in caplog.text
