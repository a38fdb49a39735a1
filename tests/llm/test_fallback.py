"""A list of servers: the next one answers when the one before it does not."""

import contextlib

import pytest

from assistant_app.errors import ModelFailed, ModelUnavailable
from assistant_app.llm.config import ModelConfig
from assistant_app.llm.factory import build_client
from tests.llm.calling import Caller
from tests.model_server import DRAFT, ModelServer, Reply, error, questions


@pytest.fixture
def second():
    with ModelServer() as server:
        yield server


@pytest.fixture
def caller(model_server, second):
    other = ModelConfig(
        provider="second", base_url=second.url, models={"questions": "q", "draft": "d"}, retry_pause=0.001
    )
    caller = Caller(model_server.url, fallbacks=(other,), retries=0)
    caller.make_client = lambda: build_client(caller.config)
    return caller


@pytest.mark.parametrize(
    "fault",
    [
        error(500, "Oops"),
        error(401, "Wrong key"),
        error(429, "Spent", code="insufficient_quota"),
        Reply(drop=True),
    ],
)
def test_the_next_server_answers_when_the_first_one_does_not(caller, model_server, second, fault):
    model_server.script(fault)

    assert "".join(caller.write()) == DRAFT
    assert [(call.provider, bool(call.error_code)) for call in caller.calls] == [
        ("openai", True),
        ("second", False),
    ]
    assert second.bodies[0]["model"] == "d"


def test_questions_come_from_the_next_server_too(caller, model_server, second):
    model_server.script(error(400, "No such account"), error(400, "No"), error(400, "No"))
    second.script(questions("Which day?"))

    assert caller.ask() == {"questions": ["Which day?"]}


def test_a_server_that_answers_is_the_only_one_asked(caller, second):
    assert "".join(caller.write()) == DRAFT
    assert second.received == []


def test_a_reply_that_has_begun_is_not_begun_again_elsewhere(caller, model_server, second):
    model_server.script(Reply(drop_after=2))

    with pytest.raises(ModelUnavailable) as caught:
        caller.write()

    assert caught.value.partial == "Dear Anna,\n\nThank"
    assert second.received == []


def test_a_server_that_was_away_is_asked_last_for_a_while(caller, model_server, second):
    model_server.script(error(503, "Away"))

    async def thrice(client, session):
        for _ in range(3):
            async with contextlib.aclosing(session.stream("draft", [])) as texts:
                assert "".join([text async for text in texts]) == DRAFT

    caller.run(thrice)

    assert (len(model_server.received), len(second.received)) == (1, 3)


def test_the_error_of_the_first_server_is_told_when_none_answers(caller, model_server, second):
    model_server.script(error(401, "Wrong key"))
    second.script(error(400, "Strange"))

    with pytest.raises(ModelFailed, match=r"Wrong key.*The fallback did not help: .*Strange"):
        caller.write()
