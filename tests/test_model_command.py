"""`manage.py model test`: for each way to get the address wrong, what it says and what it tells to set."""

import json
import socket
from contextlib import ExitStack
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.model_server import ModelServer, Reply, error
from tests.raw_server import RawServer

CERTIFICATES = Path(__file__).parent / "llm/tls"
LOCALHOST, ELSEWHERE = CERTIFICATES / "localhost.pem", CERTIFICATES / "elsewhere.pem"
PLACE = "http://models.example.org/v1"


def http(status, body=b"", *headers):
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}", "connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def good(head):
    answer = {"choices": [{"message": {"content": '{"questions": []}'}, "finish_reason": "stop"}]}
    return http(200, json.dumps(answer).encode())


def only_under(path):
    return lambda head: good(head) if head.split()[1].startswith(path) else http(404, b"404 page not found")


def moved(head):
    return http(404) if head.startswith("GET") else http(301, b"", "location: /api/v1/chat/completions")


def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


# What is set, what answers, and what is said. {port} is the port of what answers, or one that is not used.
WRONG = {
    "nothing listens": ("http://127.0.0.1:{port}/v1", None, "nothing listens there. Is the server running?"),
    "an unknown name": ("http://nowhere.invalid/v1", None, "its name is not known. Check OPENAI_BASE_URL."),
    "no HTTP": (
        "http://127.0.0.1:{port}/v1",
        RawServer.answering(lambda head: b"220 mail ESMTP\r\n"),
        "does not speak HTTP. Check whether OPENAI_BASE_URL begins with http:// or https://",
    ),
    "no answer": (
        "http://127.0.0.1:{port}/v1",
        RawServer.answering(None),
        "gave no answer within 0.3 seconds",
    ),
    "a web page": (
        "http://127.0.0.1:{port}/chat",
        RawServer.answering(lambda head: http(200, b"<!doctype html>")),
        "A web page came from 127.0.0.1:{port} instead of an answer. Check OPENAI_BASE_URL",
    ),
    "another path": (
        "http://127.0.0.1:{port}/api",
        RawServer.answering(only_under("/v1/")),
        "Check OPENAI_BASE_URL: it usually ends in /v1.",
    ),
    "a redirect": (
        "http://127.0.0.1:{port}/v1",
        RawServer.answering(moved),
        "Set OPENAI_BASE_URL=http://127.0.0.1:{port}/api/v1",
    ),
    "a certificate of one's own": (
        "https://127.0.0.1:{port}/v1",
        RawServer.answering(good, LOCALHOST),
        "its certificate is not trusted. Set SSL_CERT_FILE to the file of its certificate authority.",
    ),
    "a certificate of another name": (
        "https://127.0.0.1:{port}/v1",
        RawServer.answering(good, ELSEWHERE),
        "its certificate is for another name. Write the name in the certificate in OPENAI_BASE_URL.",
        {"SSL_CERT_FILE": str(ELSEWHERE)},
    ),
    "https without TLS": (
        "https://127.0.0.1:{port}/v1",
        RawServer.answering(good),
        "it does not speak TLS. Check whether OPENAI_BASE_URL begins with http:// or https://.",
    ),
    "http with TLS": (
        "http://127.0.0.1:{port}/v1",
        RawServer.answering(good, LOCALHOST),
        "check whether OPENAI_BASE_URL begins with http:// or https://",
    ),
    "no such file of certificates": (
        "https://127.0.0.1:{port}/v1",
        None,
        "Check SSL_CERT_FILE",
        {"SSL_CERT_FILE": "/nowhere/ca.pem"},
    ),
    "a proxy that is not there": (
        PLACE,
        None,
        "the proxy could not be reached. Check HTTPS_PROXY and NO_PROXY.",
        {"HTTP_PROXY": "http://127.0.0.1:{port}"},
    ),
    "a proxy that wants a password": (
        PLACE,
        RawServer.answering(lambda head: http(407)),
        "Write HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT",
        {"HTTP_PROXY": "http://127.0.0.1:{port}"},
    ),
}
WORKS = {
    "the path of a call": ("http://127.0.0.1:{port}/v1/chat/completions", only_under("/v1/chat/completions")),
    "a query": (
        "http://127.0.0.1:{port}/gpt?api-version=1",
        only_under("/gpt/chat/completions?api-version=1"),
    ),
    "a name and password": ("http://ida:secret@127.0.0.1:{port}/v1", only_under("/v1/chat")),
    "without /v1": (
        "http://127.0.0.1:{port}",
        only_under("/v1/chat"),
        "Set OPENAI_BASE_URL=http://127.0.0.1:{port}/v1",
    ),
}


@pytest.fixture
def model_test(settings, monkeypatch):
    """Run the command with an address and variables of the environment; return what it says."""
    settings.MODEL_RETRIES, settings.OPENAI_API_KEY = 0, ""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)

    def run(address, environment=()):
        settings.OPENAI_BASE_URL = address
        for name, value in dict(environment).items():
            monkeypatch.setenv(name, value)
        said = StringIO()
        try:
            call_command("model", "test", stdout=said)
        except CommandError as error:
            said.write(f"{error}")
        return said.getvalue()

    return run


@pytest.mark.parametrize("shape", WRONG)
def test_what_is_wrong_with_an_address_is_said_with_what_to_set(model_test, settings, shape):
    if shape == "no answer":
        settings.MODEL_TIMEOUT_SECONDS = 0.3
    address, make_server, words, *environment = WRONG[shape]
    with ExitStack() as stack:
        port = stack.enter_context(make_server()).port if make_server else unused_port()
        variables = {name: value.format(port=port) for each in environment for name, value in each.items()}
        said = model_test(address.format(port=port), variables)

    assert words.format(port=port) in said
    assert "questions: FAILED" in said
    assert "draft: FAILED" in said
    assert said.endswith("Not every model answered.")


@pytest.mark.parametrize("shape", WORKS)
def test_an_odd_address_that_works_is_said_to(model_test, shape):
    address, answer, *words = WORKS[shape]
    with RawServer(answer) as server:
        said = model_test(address.format(port=server.port))

    assert "questions: gpt-5-mini answered in" in said
    assert "draft: gpt-5-mini answered in" in said
    assert "secret" not in said
    assert all(each.format(port=server.port) in said for each in words)


@pytest.fixture
def server():
    with ModelServer() as running:
        yield running


def test_what_a_server_does_otherwise_is_said(model_test, server):
    server.script(error(400, "'response_format.type' must be 'json_object'"))

    said = model_test(server.url)

    assert "The server takes no JSON schema: any JSON object is asked for." in said
    assert "11 tokens read" in said


def test_the_models_of_the_server_are_listed_when_one_is_missing(model_test):
    listed = json.dumps({"data": [{"id": "llama3.1"}, {"id": "qwen3"}]}).encode()
    missing = json.dumps(
        {"error": {"message": 'model "gpt-5-mini" not found, try pulling it first'}}
    ).encode()
    with RawServer(
        lambda head: http(200, listed) if head.startswith("GET") else http(404, missing)
    ) as server:
        said = model_test(f"http://127.0.0.1:{server.port}/v1")

    assert "Check OPENAI_MODEL" in said
    assert "The server lists these models: llama3.1, qwen3" in said


def test_fallbacks_are_asked_too(model_test, settings, server):
    settings.MODEL_FALLBACKS = [{"base_url": "http://nowhere.invalid/v1", "model": "other"}]

    said = model_test(server.url)

    assert "draft: gpt-5-mini answered" in said
    assert "nowhere.invalid/v1\n  questions: FAILED" in said
    assert said.endswith("Not every model answered.")


def test_a_wrong_key_is_said_and_never_shown(model_test, settings, server):
    settings.OPENAI_API_KEY = "sk-very-secret"
    server.script(*[error(401, "Incorrect API key provided: sk-very-secret")] * 2)

    said = model_test(server.url)

    assert "Check the API key." in said
    assert "sk-very-secret" not in said


def test_a_body_that_is_no_answer_is_said(model_test, server):
    server.script(*[Reply(body="{no JSON")] * 2)

    assert "sent something that is no answer" in model_test(server.url)
