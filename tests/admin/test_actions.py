"""What an operator can do: retry, release, delete; always through the operations."""

from datetime import timedelta

import httpx
import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages

from assistant_app.admin import applications
from assistant_app.errors import AlreadyRunning, ApplicationNotFound, NothingToCancel
from assistant_app.models import Application, ModelCall, Step
from assistant_app.operations import operating
from tests.asgi_server import AsgiServer
from tests.conftest import wait_for_runs

from .conftest import EMAIL, browser_of

LIST = "/admin/assistant_app/application/"
PAST = timedelta(seconds=-5)
transactional = pytest.mark.django_db(transaction=True)


def act(client, action, *rows, **more):
    data = {"action": action, "_selected_action": [str(getattr(row, "pk", row)) for row in rows], **more}
    answer = client.post(LIST, data)
    return answer, [str(message) for message in get_messages(answer.wsgi_request)]


@pytest.fixture
def stopped(tell):
    """A run that failed after the input was stored."""

    def make(how="failed", **story):
        told = tell(**story).step("process_input", incoming_email=EMAIL, response_instructions="Thursday.")
        return told.ends(how)

    return make


@transactional
@pytest.mark.usefixtures("model")
@pytest.mark.parametrize("how", ["failed", "interrupted", "cancelled"])
def test_retry_goes_on_with_what_is_stored(admin_site, stopped, how):
    row = stopped(how)
    answer, messages = act(admin_site, "retry", row)
    wait_for_runs()
    assert answer.status_code == 302
    assert messages == ["Resumed: Late delivery."]
    row.refresh_from_db()
    assert row.status == "waiting"
    assert row.state["incoming_email"] == EMAIL


@transactional
@pytest.mark.usefixtures("model")
def test_retry_goes_on_after_an_expired_lease(admin_site, tell):
    row = tell().step("process_input", incoming_email=EMAIL, response_instructions="Thursday.").runs(PAST)
    act(admin_site, "retry", row)
    wait_for_runs()
    assert Application.objects.get().status == "waiting"


@transactional
@pytest.mark.usefixtures("model")
def test_a_row_that_refuses_says_why_and_stops_no_other(admin_site, tell, stopped):
    waiting, running, failed = tell("Waits").row, tell("Runs").runs(), stopped(title="Failed")
    _, messages = act(admin_site, "retry", waiting, running, failed)
    wait_for_runs()
    assert sorted(messages) == [
        "Resumed: Failed.",
        "Runs: A draft is being written already.",
        "Waits: Nothing has stopped here, so there is nothing to continue.",
    ]


@transactional
@pytest.mark.usefixtures("model")
def test_what_became_of_it_is_said_after_a_wait_without_a_thread(admin_site, tell, stopped):
    rows = [tell("Waits").row, stopped(title="Failed"), stopped(title="Failed, too")]
    server = AsgiServer().start()
    try:
        session = {"sessionid": admin_site.cookies["sessionid"].value}
        with httpx.Client(base_url=server.url, cookies=session, trust_env=False) as client:
            client.get(LIST)
            data = {"action": "retry", "_selected_action": [str(row.pk) for row in rows]}
            token = client.cookies["csrftoken"]
            answer = client.post(LIST, data=data | {"csrfmiddlewaretoken": token}, follow_redirects=True)
            assert [each.status_code for each in answer.history] == [302]
            for said in ("Resumed: Failed.", "Resumed: Failed, too.", "Waits: Nothing has stopped here"):
                assert said in answer.text
            assert "Resumed" not in client.get(LIST).text
    finally:
        server.stop()
    wait_for_runs()


@transactional
@pytest.mark.usefixtures("model")
def test_an_action_on_the_detail_page_returns_to_it(admin_site, stopped):
    row = stopped()
    assert "Retry" in admin_site.get(f"{LIST}{row.pk}/change/").content.decode()
    answer, _ = act(admin_site, "retry", row, from_detail="1")
    wait_for_runs()
    assert answer.headers["Location"] == f"{LIST}{row.pk}/change/"


@transactional
@pytest.mark.usefixtures("model")
def test_an_action_is_logged_with_who_did_it(admin_site, operator, stopped):
    act(admin_site, "retry", stopped())
    wait_for_runs()
    assert LogEntry.objects.get().user == operator


@transactional
@pytest.mark.usefixtures("model")
def test_an_action_takes_a_limited_number_of_rows(admin_site, stopped, monkeypatch):
    monkeypatch.setattr(applications, "MAX_ACTION_ROWS", 2)
    rows = [stopped() for _ in range(3)]
    _, messages = act(admin_site, "retry", *rows)
    wait_for_runs()
    assert messages[-1] == "Only the first 2 were handled. Select the rest again."
    assert Application.objects.filter(status="failed").count() == 1


@pytest.mark.django_db
def test_release_makes_an_expired_lease_an_interruption(admin_site, tell):
    row = tell().step("process_input", incoming_email=EMAIL).runs(PAST)
    _, messages = act(admin_site, "release", row)
    assert messages == ["Released: Late delivery."]
    after = Application.objects.get()
    assert (after.status, after.error_code, after.lease_token) == ("failed", "interrupted", None)
    assert after.version == row.version + 1
    assert after.is_interrupted
    assert after.next_step == "process_input"
    assert after.state["incoming_email"] == EMAIL


@pytest.mark.django_db
def test_release_refuses_a_live_lease(admin_site, tell):
    row = tell().runs()
    _, messages = act(admin_site, "release", row)
    assert messages == ["Late delivery: A draft is being written already."]
    after = Application.objects.get()
    assert (after.status, after.lease_token, after.version) == ("running", row.lease_token, row.version)


@pytest.mark.django_db
def test_release_refuses_where_nothing_runs(operator, tell):
    with pytest.raises(NothingToCancel):
        operating.release_expired(actor=operator, app_id=tell().row.pk)


@pytest.mark.django_db
def test_release_is_judged_when_it_is_written(operator, tell, monkeypatch):
    """A lease that was renewed after the row was read is alive."""
    row = tell().runs()
    monkeypatch.setattr(Application, "lease_expired", True)
    with pytest.raises(AlreadyRunning):
        operating.release_expired(actor=operator, app_id=row.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("action", ["retry", "release", "delete_selected", "nonsense"])
@pytest.mark.parametrize("chosen", ["no-id", "00000000-0000-0000-0000-000000000000"])
def test_choosing_what_does_not_exist_does_nothing(admin_site, tell, action, chosen):
    tell()
    answer, _ = act(admin_site, action, chosen)
    assert answer.status_code in (200, 302)
    assert Application.objects.count() == 1


# --- Deleting ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_deleting_one_asks_first_and_deletes_its_steps_and_calls(admin_site, one_draft):
    address = f"{LIST}{one_draft.row.pk}/delete/"
    page = admin_site.get(address).content.decode()
    assert "with all its steps and model calls" in page
    assert Application.objects.exists()
    assert admin_site.post(address, {"post": "yes"}).status_code == 302
    assert [rows.objects.count() for rows in (Application, Step, ModelCall)] == [0, 0, 0]


@pytest.mark.django_db
def test_deleting_several_at_once(admin_site, tell):
    rows = [tell().row, tell().runs()]
    act(admin_site, "delete_selected", *rows, post="yes")
    assert not Application.objects.exists()


@pytest.mark.django_db
def test_deleting_what_somebody_else_just_deleted_is_no_error(operator, rf, tell):
    row = tell().row
    request = rf.post("/")
    request.user = operator
    page = admin.site.get_model_admin(Application)
    page.delete_model(request, row)
    page.delete_model(request, row)
    assert not Application.objects.exists()


@pytest.mark.django_db
def test_an_operator_without_permission_finds_nothing(viewer, owner, tell):
    """The permission decides, not ownership."""
    row = tell().ends("failed")
    for actor in (viewer, owner):
        for operation in (
            operating.retry,
            operating.release_expired,
            operating.delete,
        ):
            with pytest.raises(ApplicationNotFound):
                operation(actor=actor, app_id=row.pk)
    assert Application.objects.get().status == "failed"


@pytest.mark.django_db
def test_an_operator_finds_no_unknown_application(operator):
    with pytest.raises(ApplicationNotFound):
        operating.release_expired(actor=operator, app_id="00000000-0000-0000-0000-000000000000")


@pytest.mark.django_db
def test_staff_with_view_permission_can_neither_act_nor_delete(viewer, tell):
    row = tell().ends("failed")
    client = browser_of(viewer)
    page = client.get(f"{LIST}{row.pk}/change/").content.decode()
    assert "Retry" not in page
    for action in ("retry", "release", "delete_selected"):
        act(client, action, row, post="yes")
    assert client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Application.objects.get().status == "failed"
