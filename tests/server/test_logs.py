"""The log of a real server: each line names its user and email, and never contains mail text."""

import json
import re
import uuid

import pytest

from tests.model_server import error
from tests.real_server import RealServer, wait_until
from tests.server.conftest import EMAIL, INPUT, new_email, send_input

pytestmark = pytest.mark.server


def lines(server):
    """Return every line of the log except the welcome, which is not JSON."""
    return [json.loads(line) for line in server.log.splitlines() if line and "is ready" not in line]


def test_json_lines_carry_the_ids_of_request_application_and_user(model_server):
    env = {"LOG_FORMAT": "json", "ACCESS_LOG": "1"}
    with RealServer(model=model_server, env=env) as server, server.client() as ida:
        app_id = new_email(ida)
        given = {"X-Request-ID": "from-the-proxy.1"}
        sent = ida.put(f"/api/applications/{app_id}/initialize_draft/", json=INPUT, headers=given)
        page = ida.get(f"/a/{app_id}/", params={"q": "sensors"})
        static = server.get("/static/none.css")
        wait_until(lambda: "none.css" in server.log)
        written, log = lines(server), server.log

    assert sent.headers["X-Request-ID"] == "from-the-proxy.1"
    assert re.fullmatch(r"[0-9a-f]{32}", page.headers["X-Request-ID"])
    assert static.headers["X-Request-ID"] != page.headers["X-Request-ID"]
    (ended,) = [line for line in written if line["logger"] == "assistant_app.observing.watch"]
    (access,) = [line for line in written if line.get("path", "").endswith("initialize_draft/")]
    ids = {"request": "from-the-proxy.1", "application": app_id, "user": 1}
    assert ended.items() >= {**ids, "outcome": "waiting", "step": "process_input"}.items()
    assert access.items() >= {**ids, "status": 200, "method": "PUT", "client": "127.0.0.1"}.items()
    assert any(line["logger"] == "gunicorn.error" for line in written)
    assert "sensors" not in log


@pytest.mark.parametrize("given", ["a b", "x" * 65, 'forged"}', "é"])
def test_an_id_that_is_none_is_not_taken_over(server, given):
    answer = server.get("/healthz", headers={"X-Request-ID": given.encode()})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])


def test_failures_are_logged_without_mail_and_without_secrets(model_server):
    secret, said = uuid.uuid4().hex, "Where are my 96 sensors?"
    assert said in EMAIL
    model_server.standing = error(400, f"I cannot read: {EMAIL}")
    env = {"OPENAI_API_KEY": secret, "ACCESS_LOG": "1", "RUN_LEASE_SECONDS": "1"}
    with RealServer(model=model_server, env=env) as server, server.client() as ida:
        app_id = new_email(ida)
        assert send_input(ida, app_id).status_code == 502
        ida.put(f"/api/applications/{app_id}/initialize_draft/", json={"email_to_respond": said})
        ida.get("/no/such%0Aforged line")
        server.run("-c", BREAK, app_id)
        assert ida.get(f"/api/applications/{app_id}/").status_code == 500
        wait_until(lambda: "exception=" in server.log)
        log = server.log

    assert "code=model_failed" in log
    assert re.search(r"exception=builtins\.\w+Error at /", log)
    for hidden in (secret, server.tokens["ida"], "Late delivery", "Thursday", said):
        assert hidden not in log
    assert "\\nforged line" in log
    assert [line for line in log.splitlines() if line.startswith("forged line")] == []


# Breaks a row, so that reading it raises an error with mail text in its message.
BREAK = f"""
import django, sys
django.setup()
from assistant_app.models import Application
Application.objects.filter(pk=sys.argv[1]).update(state=[{EMAIL!r}])
"""


@pytest.fixture(scope="module")
def server():
    with RealServer() as server:
        yield server
