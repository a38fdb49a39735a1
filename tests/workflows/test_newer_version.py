"""What a newer version made is shown by this one, and changed by nothing it does."""

import io
import json
import zipfile
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone

from assistant_app import operations
from assistant_app.engine.runner import runner
from assistant_app.engine.runs import Run
from assistant_app.errors import UnknownStep
from assistant_app.models import Application, ModelCall, Step
from assistant_app.people import retention
from assistant_app.people.export import archive
from tests.admin.conftest import browser_of, say_why
from tests.asgi_client import events_of
from tests.test_access_matrix import OF_ONE_EMAIL, ask, client_of

pytestmark = pytest.mark.django_db(transaction=True)
OLD = timezone.now() - timezone.timedelta(days=400)


def made(owner, case, **values):
    """Store an application as a newer version would."""
    state = {"incoming_email": "Where are they?", "invented": ["a text of a newer version"]}
    at = {
        "an unknown step": {"next_step": "sign_letter", "position": "formulate_draft"},
        "after an unknown step": {"next_step": "process_feedback", "position": "sign_letter"},
        "an unknown workflow": {
            "workflow": "crossword",
            "next_step": "process_feedback",
            "position": "solve",
            "state": {"clues": ["Four letters", "Nine letters"]},
        },
        "finished by an unknown step": {"position": "sign_letter", "status": "finished"},
    }[case]
    row = Application.objects.create(
        **{"owner": owner, "title": "Late delivery", "state": state, "sequence_id": 0, "last_sequence_id": 0}
        | {"version": 1}
        | at
        | values
    )
    Step.objects.create(
        application=row,
        sequence_id=0,
        position=row.position,
        status="completed",
        started_at=timezone.now(),
        changes={"set": {"incoming_email": "Where?"}, "append": {"invented": ["more"]}, "last": {}},
    )
    return row


CASES = ["an unknown step", "after an unknown step", "an unknown workflow", "finished by an unknown step"]


@pytest.fixture(params=CASES)
def newer(request, owner):
    return made(owner, request.param)


@pytest.fixture(params=CASES[:3])
def stopped(request, owner):
    return made(owner, request.param, status="failed", error_code="interrupted", error_message="It stopped.")


@pytest.fixture
def unchanged():
    """Check that nothing was run or stored since."""

    def rows():
        columns = "version", "status", "position", "next_step", "state", "error_code", "lease_token"
        columns += "title", "archived_at", "deleted_at"
        stored = list(Application.with_deleted.order_by("pk").values("pk", *columns))
        return stored, Step.objects.count(), ModelCall.objects.count()

    before = rows()
    yield
    assert not runner.runs
    assert rows() == before


def test_pages_show_it_and_say_why_it_cannot_be_changed(newer, browser):
    assert browser.open("/").says("Made by a newer version")
    page = browser.open(f"/a/{newer.pk}/")
    assert page.status == 200
    assert page.says("A newer version is at work here")
    assert [form for form in page.page.forms if "/sign-out/" not in form.action] == []
    assert browser.open(f"/a/{newer.pk}/history/").status == 200
    assert browser.says("only the newer version can change it")
    assert browser.open(f"/a/{newer.pk}/history/0/").status == 200
    assert browser.open("/?show=waiting").status == 200
    assert browser.open("/?q=delivery").says("Late delivery")


def test_every_address_shows_it_or_says_why_not(newer, owner, unchanged):
    for address in OF_ONE_EMAIL:
        answer, _ = ask(client_of(owner, address), address, "get", newer.pk)
        assert answer.status_code in (200, 302, 404, 405, 409), address


def test_the_api_shows_it(newer, api):
    url = f"/api/applications/{newer.pk}/"
    state = api.get(url)
    assert state.status_code == 200
    assert (state.json()["newer_version"], state.json()["allowed_actions"]) == (True, [])
    for path in ("state/", "steps/", "steps/0/", "calls/", "drafts/"):
        assert api.get(url + path).status_code == 200, path
    [row] = api.get("/api/applications/").json()["results"]
    assert (row["app_id"], row["newer_version"]) == (str(newer.pk), True)
    told = events_of(newer.owner, f"{url}events/")
    assert told.index("event: state") < told.index("event: end")


ENVELOPE = {"to": ["a@b.example"], "cc": [], "subject": "Hello", "identity": "", "quote": ""}
WRITES = {
    "step": lambda api, url: api.put(f"{url}process_feedback/", {"feedback": "Shorter."}, format="json"),
    "choice": lambda api, url: api.post(f"{url}reopen/"),
    "retry": lambda api, url: api.post(f"{url}retry/"),
    "cancel": lambda api, url: api.post(f"{url}cancel/"),
    "fork": lambda api, url: api.post(f"{url}fork/", {}, format="json"),
    "fork at a step": lambda api, url: api.post(f"{url}fork/", {"step": 0}, format="json"),
    "fork before": lambda api, url: api.post(f"{url}fork/", {"before": "process_input"}, format="json"),
    "fork at a draft": lambda api, url: api.post(f"{url}fork/", {"draft": 1}, format="json"),
    "delete": lambda api, url: api.delete(url),
    "archive": lambda api, url: api.post(f"{url}archive/"),
    "unarchive": lambda api, url: api.post(f"{url}unarchive/"),
    "title": lambda api, url: api.post(f"{url}title/", {"title": "Other"}, format="json"),
    "no questions": lambda api, url: api.post(f"{url}skip_questions/"),
    "envelope": lambda api, url: api.put(f"{url}envelope/", ENVELOPE, format="json"),
}


@pytest.mark.parametrize("write", WRITES)
def test_the_api_refuses_every_write(newer, api, model, unchanged, write):
    answer = WRITES[write](api, f"/api/applications/{newer.pk}/")
    assert (answer.status_code, answer.json()["code"]) == (409, "unknown_step")


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("process_feedback/", {"feedback": "Shorter."}),
        ("retry/", {}),
        ("cancel/", {}),
        ("fork/", {"step": "0"}),
        ("fork/", {"again": "input"}),
        ("sign_letter/", {"name": "Ida"}),
        ("delete/", {}),
        ("title/", {"title": "Other"}),
        ("skip-questions/", {}),
        ("envelope/", {"subject": "Hello"}),
    ],
)
def test_pages_refuse_every_write_and_keep_the_text(newer, browser, unchanged, path, data):
    answer = browser.client.post(f"/a/{newer.pk}/{path}", data)
    assert answer.status_code == 409
    assert "newer version" in answer.content.decode()
    assert data.get("feedback", "") in answer.content.decode()


def test_the_list_leaves_it_alone(newer, browser, unchanged):
    for path, data in (("/archive/", {}), ("/archive/", {"do": "unarchive"}), ("/trash/", {})):
        answer = browser.client.post(path, {"email": [str(newer.pk)], **data}, follow=True)
        assert answer.status_code == 200


def test_a_stopped_run_of_a_newer_version_is_left_to_it(stopped, unchanged, capsys):
    call_command("resume_interrupted")
    assert "Continued 0, failed 0." in capsys.readouterr().out


def test_operators_see_it_and_cannot_run_it(stopped, operator, model, unchanged):
    client = browser_of(operator)
    assert client.get("/admin/assistant_app/application/").status_code == 200
    change = f"/admin/assistant_app/application/{stopped.pk}/change/"
    assert client.get(change).status_code == 200
    for action in ("retry", "release"):
        sent = {"action": action, "_selected_action": [str(stopped.pk)]}
        assert client.post("/admin/assistant_app/application/", sent, follow=True).status_code == 200


def test_no_operator_ends_its_run(stopped, operator):
    running = {"status": "running", "error_code": "", "lease_token": uuid4(), "lease_expires_at": OLD}
    Application.objects.filter(pk=stopped.pk).update(**running)
    sent = {"action": "release", "_selected_action": [str(stopped.pk)]}
    browser_of(operator).post("/admin/assistant_app/application/", sent, follow=True)
    assert Application.objects.get(pk=stopped.pk).status == "running"


def test_operators_read_it_with_a_reason(newer, operator):
    client = browser_of(operator)
    say_why(client, newer)
    change = f"/admin/assistant_app/application/{newer.pk}/change/"
    assert "more" in client.get(change).content.decode()
    assert client.get(f"/admin/assistant_app/application/{newer.pk}/steps/0/").status_code == 200


def test_the_export_has_all_of_it(newer, owner):
    with zipfile.ZipFile(io.BytesIO(b"".join(archive(owner)))) as files:
        [data] = [json.loads(files.read(name)) for name in files.namelist() if name.endswith("email.json")]
        [text] = [files.read(name).decode() for name in files.namelist() if name.endswith("email.txt")]
    assert data["state"] == newer.state
    assert ("Four letters" if newer.workflow == "crossword" else "Where are they?") in text


def test_old_ones_are_left_to_the_newer_version(newer, unchanged):
    Application.objects.update(updated_at=OLD)
    counts = retention.prune(retention.Policy(finished_days=30, unfinished_days=30), is_dry=True)
    assert (counts["finished emails"], counts["unfinished emails"]) == (0, 0)
    Application.objects.update(updated_at=newer.updated_at)


def test_the_engine_runs_none_of_it(stopped, owner, model, unchanged):
    for call in (
        lambda: operations.retry(actor=owner, app_id=stopped.pk),
        lambda: operations.submit(
            actor=owner, app_id=stopped.pk, step="process_feedback", data={"feedback": "Shorter."}
        ),
        lambda: operations.wait_until_ended(runner.start(Run(stopped, "process_feedback", {}))),
    ):
        with pytest.raises(UnknownStep):
            call()


def test_an_account_is_erased_with_it(newer, owner, browser):
    browser.open("/settings/erase/")
    owner.delete()
    assert not Application.objects.exists()
