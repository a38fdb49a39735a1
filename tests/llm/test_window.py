"""Prompts that do not fit into the model's window, or of which the server has read only a part."""

import pytest

from assistant_app.errors import ModelFailed
from assistant_app.llm.base import Message
from tests.llm.calling import Caller
from tests.model_server import DRAFT, Reply

LONG = [Message("system", "You write emails."), Message("user", "The sensors arrived late again. " * 1200)]
SHORT = [Message("user", "Say yes.")]


def answers(tokens_in, **more):
    answer = {"choices": [{"message": {"content": DRAFT}, "finish_reason": "stop"}]}
    return Reply(body={**answer, "usage": {"prompt_tokens": tokens_in, "completion_tokens": 9, **more}})


def write(caller, messages):
    async def work(client, session):
        return "".join([text async for text in session.stream("draft", messages)])

    return caller.run(work)


@pytest.mark.parametrize(
    ("tokens_in", "report"),
    [(2050, "ollama#17889: half of a window of 4,096"), (4096, "TradingAgents#168"), (2048, "pi#133")],
)
def test_a_prompt_that_the_server_cut_silently_makes_no_draft(model_server, tokens_in, report):
    model_server.script(answers(tokens_in))
    caller = Caller(model_server.url)

    with pytest.raises(
        ModelFailed, match=f"read only {tokens_in:,} of at least .*OLLAMA_CONTEXT_LENGTH"
    ) as caught:
        write(caller, LONG)

    assert caught.value.partial == DRAFT
    assert len(model_server.received) == 1
    assert caller.calls[0].tokens_in == tokens_in


@pytest.mark.parametrize("tokens_in", [7300, 6010, 9000, 0, 1, 40, -5, None, "many"])
def test_a_count_that_fits_or_makes_no_sense_is_believed(model_server, tokens_in):
    model_server.script(answers(tokens_in))

    assert write(Caller(model_server.url), LONG) == DRAFT


def test_cached_tokens_that_are_counted_beside_the_others_were_read(model_server):
    model_server.script(answers(1100, prompt_tokens_details={"cached_tokens": 6200}))
    caller = Caller(model_server.url)

    assert write(caller, LONG) == DRAFT
    assert caller.calls[0].tokens_in == 1100


def test_the_count_of_a_short_prompt_is_believed(model_server):
    model_server.script(answers(2048), answers(3))
    caller = Caller(model_server.url)

    assert write(caller, SHORT) == DRAFT
    assert write(caller, SHORT) == DRAFT


def test_a_prompt_that_cannot_fit_is_not_sent(model_server):
    caller = Caller(model_server.url, window=4096)

    with pytest.raises(ModelFailed, match=r"too long for this model: at least 6,003 tokens, .* has 4,096"):
        write(caller, LONG)

    assert model_server.received == []
    assert write(caller, SHORT) == DRAFT
