"""The scripted model has the same interface as the real client."""

import asyncio
import threading
from contextlib import aclosing

import pytest

from assistant_app.errors import ModelTimeout
from assistant_app.llm.scripted import ScriptedClient
from tests.llm.calling import MESSAGES, ask, write


@pytest.fixture
def client():
    return ScriptedClient()


@pytest.fixture
def calls():
    return []


@pytest.fixture
def session(client, calls):
    return client.session(calls.append)


def test_it_gives_the_replies_in_turn_and_then_its_own(client, session):
    client.will_write("First.")
    client.will_ask("Which day?", "Where?")
    client.will_ask("Who?", reasons=["She asks."])

    assert asyncio.run(write(session)) == ["First."]
    assert asyncio.run(write(session)) == ["Draft 2."]
    assert asyncio.run(ask(session)) == {"questions": ["Which day?", "Where?"]}
    assert asyncio.run(ask(session)) == {"questions": [{"question": "Who?", "reason": "She asks."}]}
    assert asyncio.run(ask(session)) == {"questions": []}


def test_it_remembers_what_it_was_asked(client, session):
    asyncio.run(write(session))

    (asked,) = client.calls_for("draft")
    assert asked.messages == MESSAGES
    assert "Say yes." in asked.text


def test_a_call_is_recorded_once(session, calls):
    asyncio.run(write(session))

    (call,) = calls
    assert (call.purpose, call.provider, call.reply, call.error_code) == ("draft", "scripted", "Draft 1.", "")


def test_an_error_after_some_text_is_raised_and_recorded(client, session, calls):
    client.will_write(["Dear ", ModelTimeout()])

    with pytest.raises(ModelTimeout):
        asyncio.run(write(session))

    assert [(call.reply, call.error_code) for call in calls] == [("Dear ", "model_timeout")]


def test_it_waits_at_a_gate_that_another_thread_opens(client, session):
    gate = client.will_wait_to_write(before="Dear ", after="Anna")
    written = []
    thread = threading.Thread(target=lambda: written.extend(asyncio.run(write(session))))
    thread.start()

    asked = client.wait_until_asked("draft")
    assert not asked.ended.is_set()
    gate.set()
    thread.join(10)

    assert written == ["<reply>Dear ", "Anna"]
    assert asked.ended.is_set()


def test_a_closed_stream_is_recorded_as_cancelled(client, session, calls):
    client.will_write(["Dear ", "Anna"])

    async def read_one():
        async with aclosing(session.stream("draft", MESSAGES)) as texts:
            return await anext(texts)

    assert asyncio.run(read_one()) == "Dear "
    assert [(call.reply, call.error_code) for call in calls] == [("Dear ", "cancelled")]
