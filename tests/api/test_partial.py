"""What is kept of a draft that did not get to its end."""

import threading
from uuid import UUID

import pytest

from assistant_app.errors import ModelFailed
from assistant_app.events.publisher import publisher
from assistant_app.llm.base import Replacement
from assistant_app.models import Step
from tests.api.conftest import INPUT

pytestmark = pytest.mark.django_db(transaction=True)
WRITTEN = "Dear Marta,\n\nSixty sensors ship on Thursday, and the rest a week later.\n\nAll of them "


def failed_step(walk):
    steps = walk.client.get(walk.url("steps")).json()["results"]
    number = next(step["number"] for step in steps if step["status"] == "failed")
    return walk.client.get(walk.url("steps", str(number))).json()


def test_a_stopped_draft_keeps_what_was_let_out(walk, model):
    gate = threading.Event()
    model.will_write([f"<reply>{WRITTEN}", gate])
    walk.put("initialize_draft", INPUT, headers={"Prefer": "respond-async"})
    model.wait_until_asked("draft")
    assert walk.client.post(walk.url("cancel")).status_code == 200
    kept = failed_step(walk)["partial"]
    assert kept.startswith("Dear Marta,\n\nSixty sensors ship on Thursday")
    assert WRITTEN.startswith(kept)
    assert walk.state()["partial"] == kept


def test_a_failed_draft_keeps_what_was_let_out(walk):
    walk.begin_and_fail([f"<reply>{WRITTEN}", ModelFailed("The answer was cut off.")])
    assert "Sixty sensors" in failed_step(walk)["partial"]
    walk.retry()
    steps = walk.client.get(walk.url("steps")).json()["results"]
    done = walk.client.get(walk.url("steps", str(steps[-1]["number"]))).json()
    assert (done["status"], done["partial"], walk.state()["partial"]) == ("completed", None, None)


def test_a_draft_that_broke_off_is_finished_by_hand(walk, other):
    walk.begin_and_fail([f"<reply>{WRITTEN}", ModelFailed("The answer was cut off.")])
    state = walk.state()
    allowed = {each["name"]: each for each in state["allowed_actions"]}
    assert [*allowed] == ["process_input", "write_draft", "change_envelope", "retry"]
    assert allowed["write_draft"]["url"].endswith(walk.url("write"))
    assert other.put(walk.url("write"), {"text": "Mine."}, format="json").status_code == 404
    assert walk.put("write", {"text": " "}).status_code == 400
    text = f"{state['partial']}ship from Bergen."
    done = walk.put("write", {"text": text}).json()
    assert (done["drafts"], done["next_step"], done["partial"]) == ([text], "process_feedback", None)
    draft = walk.client.get(walk.url("drafts", "1")).json()
    assert (draft["by"], draft["began_with"]) == ("person", state["partial"])
    refused = walk.put("write", {"text": text})
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_step")


def test_a_failure_that_let_nothing_out_keeps_nothing(walk):
    walk.begin_and_fail(ModelFailed("No."))
    assert failed_step(walk)["partial"] is None


def test_what_was_replaced_is_not_kept(walk):
    pieces = [
        "<reply>Let me think about her sensors.\n\nShe wants ",
        Replacement("<reply>Dear Marta,\n\n"),
        "Yes",
    ]
    walk.begin_and_fail([*pieces, ModelFailed("The answer was cut off.")])
    assert "think" not in failed_step(walk)["partial"]
    events = publisher.log_of(UUID(walk.app_id)).events
    assert next(event.data["text"] for event in events if event.kind == "draft").startswith("Dear Marta")


def test_characters_that_no_database_takes_are_no_obstacle(walk):
    walk.begin_and_fail(["<reply>Dear \x00Marta\ud800,\n\nYes, on Thursday.\n\nIt ", ModelFailed("Cut off.")])
    assert Step.objects.get(status="failed").partial.startswith("Dear Marta?,")


def test_the_history_shows_what_was_written_up_to_then(walk, owner, client):
    walk.begin_and_fail([f"<reply>{WRITTEN}", ModelFailed("The answer was cut off.")])
    client.force_login(owner)
    number = Step.objects.get(status="failed").sequence_id
    assert "Sixty sensors" in client.get(f"/a/{walk.app_id}/history/").text
    assert "Sixty sensors" in client.get(f"/a/{walk.app_id}/history/{number}/").text
