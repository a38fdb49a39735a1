"""Redis or a server is slow: a page that follows a run never shows text of an earlier one.

Two servers on one database. One runs the application and writes its events to Redis through a proxy that
can hold them back.
"""

import threading

import pytest

from tests.browser.conftest import PATIENCE
from tests.faults.proxy import Gate, Proxy, faithful, held_before
from tests.model_server import ModelServer, Reply
from tests.own_redis import OwnRedis
from tests.real_server import RealServer, wait_until
from tests.server.conftest import new_email, send_input, state_of
from tests.server.streaming import ASYNC, listening
from tests.services import needs_redis_server

pytestmark = [pytest.mark.browser, needs_redis_server]

OLD = ["Dear Marta,\n\n", "Old words ", "of ", "before"]
NEW = ["Dear Marta,\n\n", "Fresh words ", "of ", "now"]
# Collects every text that the draft's sheet has while it is written.
COLLECT = """
window.sheets = [];
new MutationObserver(() => {
  const parts = document.querySelectorAll("[aria-busy] #reply-text p:not(.soft)");
  const text = Array.from(parts, (part) => part.textContent).join("\\n\\n");
  if (parts.length && text !== window.sheets.at(-1)) window.sheets.push(text);
}).observe(document, {subtree: true, childList: true, characterData: true});
"""
# The sheet in the page as it is served, which is all there is without scripts.
SERVED = """
fetch(location).then(answer => answer.text()).then(html => Array.from(
  new DOMParser().parseFromString(html, "text/html").querySelectorAll("[aria-busy] #reply-text p:not(.soft)"),
  (part) => part.textContent).join("\\n\\n"))
"""
SIGN_IN = """
import django, sys
django.setup()
from django.contrib.auth import get_user_model
from django.test import Client
client = Client()
client.force_login(get_user_model().objects.get(username=sys.argv[1]))
print(client.cookies["sessionid"].value)
"""


class Rig:
    """The server that runs applications (`writer`), the one beside it (`other`), and what they use."""

    def __init__(self, writer, other, proxy, model):
        self.writer, self.other, self.proxy, self.model = writer, other, proxy, model
        self.session = writer.run("-c", SIGN_IN, "ida").strip()


@pytest.fixture(scope="module")
def only_rig():
    env = {"RUN_LEASE_SECONDS": "2", "SECRET_KEY": "the same on both, and long enough to be one " * 2}
    with OwnRedis() as redis, Proxy(redis.port) as proxy, ModelServer() as model:
        slow = env | {"REDIS_URL": f"redis://127.0.0.1:{proxy.port}/0"}
        with (
            RealServer(model=model, env=slow, collect=True) as writer,
            RealServer(model=model, env=env | {"REDIS_URL": redis.url}, collect=True, beside=writer) as other,
        ):
            yield Rig(writer, other, proxy, model)


@pytest.fixture
def rig(only_rig):
    only_rig.proxy.spoil_requests = faithful
    only_rig.model.standing = Reply(has_markers=True, chunks=OLD)
    return only_rig


@pytest.fixture
def ida(rig):
    with rig.writer.client() as client:
        yield client


@pytest.fixture
def open_page(rig, chromium):
    """Open an email's page at a server, signed in."""
    contexts = []

    def open_page(server, app_id):
        context = chromium.new_context(base_url=server.url)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        context.add_cookies([{"name": "sessionid", "value": rig.session, "url": server.url}])
        page = context.new_page()
        page.add_init_script(COLLECT)
        page.goto(f"/a/{app_id}/")
        page.locator("#run").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def gates():
    """Gates that are open at the end of the test in any case."""
    gates = []

    def add(gate):
        gates.append(gate)
        return gate

    yield add
    for gate in gates:
        getattr(gate, "opened", gate).set()


def give_feedback(client, app_id):
    data = {"feedback": "Fresher, please."}
    answer = client.put(f"/api/applications/{app_id}/process_feedback/", json=data, headers=ASYNC)
    assert answer.status_code == 202, answer.text


def arrives(page, text):
    page.wait_for_function("text => window.sheets.at(-1)?.includes(text)", arg=text)


def finished(page):
    page.locator("#state", has_text="is ready").wait_for()


def test_a_page_that_connects_between_claim_and_first_step_shows_nothing_old(rig, ida, open_page, gates):
    app_id = new_email(ida)
    send_input(ida, app_id)
    with listening(rig.other, app_id) as reader:  # the first draft is in Redis, to its end
        reader.wait_until_closed()
    redis_gate, model_gate = gates(Gate()), gates(threading.Event())
    rig.proxy.spoil_requests = held_before(b"started", redis_gate)
    rig.model.standing = Reply(has_markers=True, chunks=NEW, gate_after=(2, model_gate))
    give_feedback(ida, app_id)
    assert redis_gate.held.wait(PATIENCE)
    page = open_page(rig.other, app_id)
    with listening(rig.other, app_id) as reader:
        wait_until(lambda: reader.state)
        assert reader.state["status"] == "running"
        redis_gate.opened.set()
        arrives(page, "Fresh")
        sheets = page.evaluate("window.sheets")
        model_gate.set()
        reader.wait_until_closed()
        finished(page)

    assert not [sheet for sheet in sheets if "Old" in sheet]
    assert "Old" not in "".join(event.data.get("text", "") for event in reader.told)
    assert reader.text == state_of(ida, app_id)["drafts"][-1] == "".join(NEW)


def test_a_page_of_a_worker_with_an_old_log_shows_nothing_old(rig, ida, open_page, gates):
    app_id = new_email(ida)
    send_input(ida, app_id)
    model_gate = gates(threading.Event())
    rig.model.standing = Reply(has_markers=True, chunks=NEW, gate_after=(2, model_gate))
    with rig.other.client() as elsewhere:
        give_feedback(elsewhere, app_id)
    page = open_page(rig.writer, app_id)  # this server has the log of the first run in memory
    arrives(page, "Fresh")
    sheets = page.evaluate("window.sheets")
    served = page.evaluate(SERVED)
    model_gate.set()
    finished(page)

    assert not [sheet for sheet in [*sheets, served] if "Old" in sheet]


def test_a_page_of_a_server_that_stood_still_drops_the_text_of_the_lost_run(rig, ida, open_page, gates):
    app_id = new_email(ida)
    late, model_gate = gates(threading.Event()), gates(threading.Event())
    rig.model.standing = Reply(has_markers=True, chunks=OLD, gate_after=(2, late))
    begun = ida.put(
        f"/api/applications/{app_id}/initialize_draft/",
        json={"email_to_respond": "Where are my 96 sensors?", "response_instructions": "Soon."},
        headers=ASYNC,
    )
    assert begun.status_code == 202
    page = open_page(rig.writer, app_id)
    arrives(page, "Old")
    with rig.other.client() as elsewhere, rig.writer.stood_still():
        late.set()  # its text waits in the socket until the server goes on
        rig.model.standing = Reply(has_markers=True, chunks=NEW, gate_after=(2, model_gate))

        def is_retried():
            return elsewhere.post(f"/api/applications/{app_id}/retry/", headers=ASYNC).status_code == 202

        wait_until(is_retried)
        with listening(rig.other, app_id) as reader:
            reader.wait_for_text("Fresh")
    arrives(page, "Fresh")
    sheets = page.evaluate("window.sheets")
    model_gate.set()
    finished(page)

    assert not [sheet for sheet in sheets if "Old" in sheet and "Fresh" in sheet]
    assert "Fresh" in sheets[-1]
    assert state_of(ida, app_id)["drafts"] == ["".join(NEW)]
