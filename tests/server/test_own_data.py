"""A user exports all their data, and is erased while a draft is being written."""

import io
import json
import socket
import struct
import threading
import uuid
import zipfile
from contextlib import contextmanager

import pytest
import redis
from django.conf import settings

from tests.benchmarks.stage import sessions
from tests.model_server import Reply
from tests.own_redis import OwnRedis
from tests.real_server import DEADLINE, RealServer, wait_until
from tests.server.conftest import new_email
from tests.server.streaming import listening
from tests.services import needs_redis_server

pytestmark = [pytest.mark.server, needs_redis_server]

MARK = uuid.uuid4().hex
INPUT = {
    "email_to_respond": f"From: Marta\nSubject: Order {MARK}\n\nWhere is it?\nInstructions\n\x1b[2J",
    "response_instructions": f"Tomorrow. {MARK}",
}
STEPS = ["process_input", "determine_clarifications", "formulate_draft", "process_feedback"]
# Stores data outside of the emails; prints the key of a session.
MORE = f"""
import django
django.setup()
from django.contrib.auth.models import User
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from assistant_app import operations
from assistant_app.models import *
from assistant_app.people import accounts, identities, notes
ida, otto = User.objects.get(username="ida"), User.objects.get(username="otto")
User.objects.filter(pk=ida.pk).update(last_name="{MARK}")
ApiToken.objects.create(ida, name="{MARK}")
row = Application.objects.exclude(title="").get()
MailReading.objects.create(owner=ida, application=row, reader=otto, reader_name="otto", reason="{MARK}")
LogEntry.objects.create(user=otto, content_type=ContentType.objects.get_for_model(Application),
    object_id=row.pk, object_repr="{MARK}", action_flag=2)
operations.create(actor=otto)
said = "{MARK}"
accounts.say_for_all(actor=ida, texts={{"about": said, "style": said, "always": said}})
accounts.offer_ideas(actor=ida, text=said)
address = said + "@example.org"
identities.save(actor=ida, pk=None, name=said, addresses=address, is_default=True, signature=said)
notes.save(actor=ida, pk=None, written=notes.Written(title="Order " + said, text=said))
session = SessionStore()
session["_auth_user_id"] = str(ida.pk)
session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
session["_auth_user_hash"] = ida.get_session_auth_hash()
session["typed"] = "{MARK}"
session.create()
print(session.session_key)
"""
# Prints every value of every row of every model, which is all data in the database.
DUMP = """
import django
django.setup()
from django.apps import apps
from django.contrib.sessions.models import Session
for model in apps.get_models():
    for values in model._base_manager.values():
        print(model.__name__, values)
for session in Session.objects.all():
    print(session.get_decoded())
"""


@pytest.fixture(scope="module")
def own_redis():
    with OwnRedis() as own:
        yield own


@pytest.fixture
def server(model_server, own_redis):
    env = {"REDIS_URL": own_redis.url, "RUN_LEASE_SECONDS": "3", "LOG_FORMAT": "json"}
    options = {"people": ("ida", "otto"), "postgresql": not settings.IS_SQLITE}
    with RealServer(model=model_server, env=env, **options) as server:
        yield server


def everything(server, own_redis):
    """Return all stored data: rows, files, Redis."""
    with redis.Redis.from_url(own_redis.url) as client:
        streams = {key: client.xrange(key) for key in client.scan_iter("emailassistant:events:*")}
        others = [client.get(key) for key in client.scan_iter() if client.type(key) == b"string"]
    files = [path.read_bytes() for path in server.data.rglob("*") if path.is_file()]
    return b"\n".join([server.run("-c", DUMP).encode(), repr((streams, others)).encode(), *files])


def test_a_person_is_erased_while_a_draft_is_written(server, model_server, own_redis):
    said = [
        f"Dear Marta,\n\nit is under way. {MARK}\n\nIda",
        f"Dear Marta,\n\n{MARK} is shorter. {MARK}\n\nIda",
    ]
    gate = threading.Event()
    with server.client() as ida:
        app_id = new_email(ida)
        address = f"/api/applications/{app_id}"
        model_server.standing = Reply(text=said[0])
        assert ida.put(f"{address}/initialize_draft/", json=INPUT).status_code == 200
        model_server.standing = Reply(text=said[1], has_markers=True, gate_after=(4, gate))
        session = server.run("-c", MORE).strip()
        started = ida.put(
            f"{address}/process_feedback/",
            json={"feedback": f"Shorter. {MARK}"},
            headers={"Prefer": "respond-async"},
        )
        assert started.status_code == 202, started.text
        with listening(server, app_id) as reader:
            reader.wait_for_text("shorter")
            told = model_server.received[-1].body["messages"][-1]["content"]
            assert f"{MARK}\n\nThe email to answer" in told
            assert MARK.encode() in everything(server, own_redis)

            exported = server.get("/settings/export/", cookies={"sessionid": session})
            check_export(exported, said[0])

            assert "1 emails" in server.run("manage.py", "erase_user", "ida", "--no-input")
            gate.set()
            reader.wait_until_closed()
        wait_until(lambda: '"outcome": "superseded"' in server.log)
        assert ida.get("/api/applications/").status_code == 401
    assert MARK.encode() not in everything(server, own_redis)
    with server.client("otto") as otto:
        assert otto.get("/api/applications/").json()["count"] == 1
    assert server.stop() == 0


# Stores emails that cannot be compressed much, so that their archive is more than the sockets take at once.
MUCH = """
import django, secrets
django.setup()
from django.contrib.auth.models import User
from assistant_app import operations
from assistant_app.models import Application
for user in User.objects.all():
    for _ in range(40):
        row, _ = operations.create(actor=user)
        state = {**row.state, "incoming_email": secrets.token_urlsafe(150_000)}
        Application.objects.filter(pk=row.pk).update(state=state)
"""


@contextmanager
def begun(server, session):
    """Begin a download on a bare socket and take a little of it."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE) as client:
        head = f"GET /settings/export/ HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid={session}\r\n\r\n"
        client.sendall(head.encode())
        assert b" 200 OK" in client.recv(100)
        yield client


def test_downloads_are_few_at_a_time_and_who_leaves_makes_room(server):
    server.run("-c", MUCH)
    ida, otto, nina = sessions(server, "ida", "otto", "nina")

    def asked(session):
        return server.get("/settings/export/", cookies={"sessionid": session})

    with begun(server, ida) as first, begun(server, otto):
        for answer in (asked(ida), asked(nina)):
            assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")
        assert server.get("/settings/data/", cookies={"sessionid": ida}).status_code == 200
        first.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        first.close()  # with a reset, as a machine that was switched off
        wait_until(lambda: asked(nina).status_code == 200)
    wait_until(lambda: asked(otto).status_code == 200)
    with zipfile.ZipFile(io.BytesIO(asked(ida).content)) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 2 + 2 * 40
    assert "Traceback" not in server.log
    assert server.stop() == 0


def check_export(exported, draft):
    """Check that the export is complete and readable, without forged headings or terminal escapes."""
    assert exported.status_code == 200
    assert exported.headers["Content-Type"] == "application/zip"
    assert "no-store" in exported.headers["Cache-Control"]
    assert "Content-Length" not in exported.headers  # it is generated while it is sent
    with zipfile.ZipFile(io.BytesIO(exported.content)) as archive:
        assert archive.testzip() is None
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    folder = f"emails/0001-order-{MARK}"
    assert set(texts) == {"README.txt", "account.json", f"{folder}/email.txt", f"{folder}/email.json"}
    account = json.loads(texts["account.json"])
    assert account["account"]["last_name"] == account["tokens"][-1]["name"] == MARK
    assert account["read_by_others"][0]["reason"] == MARK
    assert account["notes"][0]["text"] == account["identities"][0]["signature"] == MARK
    assert account["preferences"][0]["always"] == account["preferences"][0]["ideas"][0] == MARK
    assert not {"password", "digest"} & {*account["account"], *account["tokens"][0]}
    email = json.loads(texts[f"{folder}/email.json"])
    assert email["state"]["incoming_email"] == INPUT["email_to_respond"]
    assert [step["position"] for step in email["steps"]] == STEPS
    assert [call["reply"] for call in email["model_calls"]][-1] == draft
    assert INPUT["response_instructions"] in str(email["model_calls"][0]["messages"])
    text = texts[f"{folder}/email.txt"]
    assert text.count("\nInstructions\n") == 1
    assert f"\n    Shorter. {MARK}\n" in text
    assert "\x1b" not in text
