"""Addresses, certificates and proxies as people set them: each works, or the error says what to set.

Real sockets. `tls/` has self-signed certificates, of localhost and of another name.
"""

import base64
import socket
from pathlib import Path

import pytest

from assistant_app.errors import ModelFailed, ModelTimeout, ModelUnavailable
from assistant_app.llm.config import Address, ModelConfig
from tests.llm.calling import KEY, Caller
from tests.model_server import DRAFT, Reply, error
from tests.raw_server import RawServer

CERTIFICATES = Path(__file__).parent / "tls"
ANSWER = b'{"choices": [{"message": {"content": "Dear Anna"}, "finish_reason": "stop"}]}'
REFUSED = b"HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 18\r\n\r\n404 page not found"


def good(head):
    return b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(ANSWER) + ANSWER


def only_under(path):
    """Answer at that path, and elsewhere as a server that does not know it."""
    return lambda head: good(head) if head.split()[1] == path else REFUSED


def fails(url, kind=ModelUnavailable, **options):
    """Return the message of the error that a call to the address ends with."""
    with pytest.raises(kind) as caught:
        Caller(url, **{"retries": 0, **options}).write()
    return caught.value.message


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


# --- Addresses -----------------------------------------------------------------------------------

CALLED = "/v1/chat/completions"


@pytest.mark.parametrize(
    "rest", ["/v1", "/v1/", "/v1/chat/completions", "/v1/models", "/v1/completions/", "/v1//"]
)
def test_an_address_may_have_the_path_of_a_call(rest):
    with RawServer(only_under(CALLED)) as server:
        assert Caller(f"http://127.0.0.1:{server.port}{rest}").write() == ["Dear Anna"]
        assert len(server.heads) == 1


def test_a_query_goes_with_each_call():
    with RawServer(good) as server:
        Caller(f"http://127.0.0.1:{server.port}/openai/deployments/gpt?api-version=2024-06-01").write()

    assert server.heads[0].split()[1] == "/openai/deployments/gpt/chat/completions?api-version=2024-06-01"


@pytest.mark.parametrize(
    "refusal", [REFUSED, b"HTTP/1.1 405 X\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"]
)
def test_an_address_without_v1_is_asked_under_v1_too_which_is_remembered(refusal):
    with RawServer(lambda head: good(head) if head.split()[1] == CALLED else refusal) as server:
        caller = Caller(f"http://127.0.0.1:{server.port}")

        async def twice(client, session):
            return [[text async for text in session.stream("draft", [])] for _ in range(2)]

        assert caller.run(twice) == [["Dear Anna"]] * 2
    assert [head.split()[1] for head in server.heads] == ["/chat/completions", CALLED, CALLED]


def test_a_page_at_an_address_without_v1_is_no_end(model_server):
    model_server.script(Reply(body="<!doctype html>", headers={"content-type": "text/html"}))

    assert "".join(Caller(f"http://{model_server.host}").write()) == DRAFT


def test_without_an_api_anywhere_the_first_answer_is_told():
    with RawServer(lambda head: REFUSED) as server:
        assert "Check OPENAI_BASE_URL: it usually ends in /v1." in fails(
            f"http://127.0.0.1:{server.port}", ModelFailed
        )


def test_a_name_and_password_are_sent_unless_there_is_a_key():
    with RawServer(good) as server:
        address = f"http://ida:s%40crets@127.0.0.1:{server.port}/v1"
        Caller(address, api_key="").write()
        Caller(address).write()

    pair = base64.b64encode(b"ida:s@crets").decode()
    assert f"authorization: Basic {pair}" in server.heads[0]
    assert f"authorization: Bearer {KEY}" in server.heads[1]


def test_headers_of_ones_own_are_sent_and_may_replace_ours():
    with RawServer(good) as server:
        headers = {"X-Title": "Email assistant", "Authorization": "Token t"}
        Caller(f"http://127.0.0.1:{server.port}/v1", headers=headers).write()

    assert "x-title: Email assistant" in server.heads[0]
    assert "authorization: Token t" in server.heads[0]
    assert "Bearer" not in server.heads[0]


@pytest.mark.parametrize("status", [301, 302])
def test_a_redirect_that_loses_the_request_names_the_address(status):
    def answer(head):
        if head.startswith("GET"):
            return REFUSED
        return b"HTTP/1.1 %d Moved\r\nlocation: /api%s\r\nconnection: close\r\ncontent-length: 0\r\n\r\n" % (
            status,
            CALLED.encode(),
        )

    with RawServer(answer) as server:
        address = f"http://127.0.0.1:{server.port}"
        assert f"Set OPENAI_BASE_URL={address}/api/v1" in fails(f"{address}/v1", ModelFailed)


def test_the_parts_of_an_address_show_no_secret():
    address = Address.read("https://ida:secret@models.example.org/v1?key=hidden")

    assert (address.base, address.query) == ("https://models.example.org/v1", {"key": "hidden"})
    assert not {"secret", "hidden"} & set(repr(address).split("'"))
    assert ModelConfig(base_url="https://ida:secret@models.example.org/v1").server == "models.example.org/v1"


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
def test_a_proxy_is_left_out_for_this_machine_also_with_ipv6(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    try:
        server = RawServer(good, family=socket.AF_INET6)
    except OSError:
        pytest.skip("needs IPv6")
    with server:
        caller = Caller(f"http://[::1]:{server.port}/v1")
        assert caller.write() == ["Dear Anna"]
    assert caller.config.host == f"[::1]:{server.port}"


# --- No connection -------------------------------------------------------------------------------


def test_a_port_on_which_nothing_listens_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    assert "nothing listens there. Is the server running?" in fails(f"http://127.0.0.1:{port}/v1")


def test_a_name_that_is_not_known_is_told():
    assert "its name is not known. Check OPENAI_BASE_URL." in fails("http://nowhere.invalid/v1")


def test_a_server_that_does_not_answer_in_time_is_told():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        assert "gave no answer within 0.2 seconds" in fails(address, ModelTimeout, timeout=0.2)


def test_a_server_that_speaks_something_else_is_told():
    with RawServer(lambda head: b"220 mail.example.org ESMTP\r\n") as server:
        assert "does not speak HTTP" in fails(f"http://127.0.0.1:{server.port}/v1")


# --- TLS -----------------------------------------------------------------------------------------


def test_a_certificate_of_ones_own_is_trusted_with_its_file(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "localhost.pem"))
    with RawServer(good, CERTIFICATES / "localhost.pem") as server:
        assert Caller(f"https://127.0.0.1:{server.port}/v1").write() == ["Dear Anna"]
        assert Caller(f"https://localhost:{server.port}/v1").write() == ["Dear Anna"]


def test_a_certificate_that_is_not_trusted_is_told():
    with RawServer(good, CERTIFICATES / "localhost.pem") as server:
        said = fails(f"https://127.0.0.1:{server.port}/v1")

    assert (
        "its certificate is not trusted. Set SSL_CERT_FILE to the file of its certificate authority." in said
    )


def test_a_certificate_of_another_name_is_told(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "elsewhere.pem"))
    with RawServer(good, CERTIFICATES / "elsewhere.pem") as server:
        said = fails(f"https://localhost:{server.port}/v1")

    assert (
        "its certificate is for another name. Write the name in the certificate in OPENAI_BASE_URL." in said
    )


def test_https_to_a_server_without_tls_is_told():
    with RawServer(good) as server:
        said = fails(f"https://127.0.0.1:{server.port}/v1")

    assert "it does not speak TLS. Check whether OPENAI_BASE_URL begins with http:// or https://." in said


def test_http_to_a_server_with_tls_is_told(model_server):
    model_server.script(error(400, "The plain HTTP request was sent to HTTPS port"))
    assert "Write https:// in OPENAI_BASE_URL." in fails(model_server.url, ModelFailed)

    with RawServer(good, CERTIFICATES / "localhost.pem") as server:
        said = fails(f"http://127.0.0.1:{server.port}/v1")
    assert "check whether OPENAI_BASE_URL begins with http:// or https://" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SSL_CERT_FILE", "/nowhere/ca.pem"),
        ("HTTPS_PROXY", "ftp://127.0.0.1:1"),
        ("HTTPS_PROXY", "http://[::1"),
    ],
)
def test_an_environment_that_makes_no_sense_is_told(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    caller = Caller("https://models.example.org/v1")

    with pytest.raises(ModelUnavailable, match="Check SSL_CERT_FILE, HTTPS_PROXY"):
        caller.write()
    assert [call.error_code for call in caller.calls] == ["model_unavailable"]


# --- Proxies -------------------------------------------------------------------------------------

ELSEWHERE = "http://models.example.org/v1"


def test_a_proxy_is_used_for_other_machines(monkeypatch):
    with RawServer(good) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        assert Caller(ELSEWHERE).write() == ["Dear Anna"]

    assert proxy.heads[0].startswith("POST http://models.example.org/v1/chat/completions")


def test_a_proxy_that_is_not_there_is_told(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")

    assert "the proxy could not be reached. Check HTTPS_PROXY and NO_PROXY." in fails(ELSEWHERE)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_a_password_is_told(monkeypatch, scheme):
    with RawServer(lambda head: b"HTTP/1.1 407 Auth\r\ncontent-length: 0\r\n\r\n") as proxy:
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://127.0.0.1:{proxy.port}")
        said = fails(f"{scheme}://models.example.org/v1")

    assert (
        "the proxy wants a user name and password. Write HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT." in said
    )


@pytest.mark.parametrize(
    ("host", "is_azure"), [("x.openai.azure.com", True), ("azure.com.example.org", False)]
)
def test_azure_gets_the_key_in_its_own_header_too(monkeypatch, host, is_azure):
    with RawServer(good) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        Caller(f"http://{host}/openai/v1").write()

    assert f"authorization: Bearer {KEY}" in proxy.heads[0]
    assert (f"api-key: {KEY}" in proxy.heads[0]) is is_azure
