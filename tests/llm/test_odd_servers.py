"""Servers that answer endlessly, reject an option, or do not support schemas."""

import socket

import pytest

from assistant_app.errors import ModelFailed, ModelUnavailable
from tests.llm.calling import MESSAGES, SCHEMA, Caller
from tests.model_server import Reply, error, questions


@pytest.fixture
def caller(model_server):
    return Caller(model_server.url)


def test_an_answer_without_end_is_given_up(caller, model_server, monkeypatch):
    monkeypatch.setattr("assistant_app.llm.wire.MAX_ANSWER_BYTES", 1000)
    model_server.script(Reply(chunks=["again "] * 500))

    with pytest.raises(ModelFailed, match="something that is no answer"):
        caller.write()


def test_a_whole_answer_that_is_too_large_is_given_up(caller, model_server, monkeypatch):
    monkeypatch.setattr("assistant_app.llm.wire.MAX_ANSWER_BYTES", 1000)
    model_server.script(questions("When? " * 500))

    with pytest.raises(ModelFailed, match="something that is no answer"):
        caller.ask()


def test_what_a_server_complains_about_is_named_without_a_key_too(model_server):
    body = {"error": {"message": "Unsupported value", "type": "error", "code": None, "param": "seed"}}
    model_server.script(Reply(status=400, body=body))

    with pytest.raises(ModelFailed, match=r"Unsupported value \(seed\)"):
        Caller(model_server.url, api_key="").write()


def test_the_schema_is_told_at_the_end_where_the_server_takes_none(caller, model_server):
    refused = error(400, "response_format json_schema is not supported")
    model_server.script(refused, refused, questions("When?"))
    asked = [message for message in MESSAGES if message.role == "user"]

    answer = caller.run(lambda client, session: session.structured("questions", asked, SCHEMA))

    assert answer == {"questions": ["When?"]}
    sent = model_server.received[-1].body["messages"]
    assert [message["role"] for message in sent] == ["user"]
    assert sent[0]["content"].startswith(f"{asked[0].content}\n\nAnswer with one JSON object")


def test_numbers_in_an_answer_stay_numbers(caller, model_server):
    model_server.script(Reply(text='{"questions": ["When?"], "sure": 1}'))

    assert caller.ask() == {"questions": ["When?"], "sure": 1}


def test_a_server_that_takes_no_connection_is_unavailable():
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for other in (first, second):  # never accepted, so these fill the queue
            other.setblocking(False)
            other.connect_ex(full.getsockname())
        caller = Caller(f"http://127.0.0.1:{full.getsockname()[1]}", connect_timeout=0.2, retries=0)

        with pytest.raises(ModelUnavailable, match="could not be reached"):
            caller.write()
