"""Compares what is stored of one email with what should be."""

from django.db.models import Q

from assistant_app.contract.changes import fold
from assistant_app.engine.history import path_to, steps_of
from assistant_app.models import Application, ModelCall, Step
from assistant_app.workflow.graph import DEFAULT_STATE
from tests.faults.expected import HUMAN


def check(email):
    row = Application.objects.filter(pk=email.app_id).first()
    if email.status == "gone":
        assert row is None
        assert not Step.objects.filter(application_id=email.app_id).exists()
        assert not ModelCall.objects.filter(application_id=email.app_id).exists()
        return
    steps = list(steps_of(row).values())
    _is_where_it_should_be(email, row)
    _nothing_typed_is_missing(email, steps)
    _the_way_to_the_head_is_right(email, row)
    _numbers_are_used_once(email, row, steps)
    _a_version_is_one_state(email, row)


def _is_where_it_should_be(email, row):
    stored = (row.status, row.next_step, row.error_code, row.is_running, row.has_stopped, row.version)
    assert stored == (
        email.status,
        email.next_step,
        email.error,
        email.is_running,
        email.has_stopped,
        email.version,
    )


def _nothing_typed_is_missing(email, steps):
    """Check that each accepted input is one completed step, in the order of acceptance."""
    completed = [step for step in steps if step.status == "completed" and step.position in HUMAN]
    assert [(step.position, typed_in(step)) for step in completed] == email.typed


def typed_in(step):
    changed = step.changes.get("set", {})
    if step.position == "process_input":
        return changed["incoming_email"]
    if step.position == "clarify_instructions":
        return changed["clarification_answers"]
    if step.position == "edit_draft":
        return step.changes["append"]["draft_history"][-1]
    if step.position == "use_draft":
        return changed.get("draft_number")
    if step.position in ("regenerate", "reopen"):
        return None
    return step.changes.get("append", {}).get("feedback_history", [""])[-1]


def _the_way_to_the_head_is_right(email, row):
    path = path_to(row, row.sequence_id)
    assert [step.position for step in path] == [position for position, _ in email.path]
    assert all(step.status == "completed" for step in path)
    if path:
        assert fold(DEFAULT_STATE, (step.changes for step in path)) == row.state
    assert row.state.get("draft_history", []) == email.drafts
    assert len(set(email.drafts)) == len(email.drafts)
    current, made_from, own = email.current()
    assert row.state.get("draft_number") == current
    assert row.state.get("current_draft") == (email.drafts[current - 1] if current else None)
    sources = row.state.get("draft_sources", [])
    assert [source["of"] for source in sources] == list(made_from.values())
    assert {number for number, source in enumerate(sources, 1) if source["by"] == "person"} == own


def _numbers_are_used_once(email, row, steps):
    assert [step.sequence_id for step in steps] == list(range(len(steps)))
    assert row.last_sequence_id == (len(steps) - 1 if steps else None)
    made = ModelCall.objects.filter(application_id=row.pk).values_list("sequence_id", "error_code")
    by_step = {step.sequence_id: step for step in steps}
    assert all(number in by_step for number, _ in made)
    wrote = Q(position="formulate_draft") | Q(position="determine_clarifications")
    asked = Step.objects.filter(wrote, application_id=row.pk, status="completed")
    if email.inherited:
        asked = asked.exclude(sequence_id=0)  # the parent made this call
    once = [number for number, error in made if not error or by_step[number].position != "formulate_draft"]
    assert all(once.count(step.sequence_id) == 1 for step in asked)  # a draft may do without questions


def _a_version_is_one_state(email, row):
    """Check that the version never goes back, and changes with every change."""
    assert row.version >= max(email.shown, default=0)
    now = (row.status, row.next_step, row.error_code, row.state)
    assert email.shown.setdefault(row.version, now) == now


def is_whole_fork(app_id, texts):
    """Check that a fork waits for its owner with these drafts, and that its one step yields its state."""
    row = Application.objects.get(pk=app_id)
    [step] = steps_of(row).values()
    assert (row.status, row.next_step, row.sequence_id, row.lease_token) == (
        "waiting",
        "process_feedback",
        0,
        None,
    )
    assert fold(DEFAULT_STATE, [step.changes]) == row.state
    assert row.state["draft_history"] == texts
    assert row.state["current_draft"] == texts[-1]
