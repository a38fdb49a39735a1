"""While the demonstration model is in use, the settings page names model servers on this machine."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from assistant_app.llm import nearby
from tests.real_server import free_port

pytestmark = pytest.mark.django_db
TWO_MODELS = json.dumps({"object": "list", "data": [{"id": "llama3.1"}, {"id": "qwen3:14b"}]})


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.text.encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def neighbour(monkeypatch):
    """A server on a free port, where Ollama is looked for."""
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.status, server.text, server.asked = 200, TWO_MODELS, []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setattr(nearby, "USUAL_PORTS", {"Ollama": server.server_port})
    monkeypatch.setattr(nearby, "PATIENCE", 30)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_server_that_is_found_is_named_with_what_to_set(browser, neighbour):
    browser.open("/settings/model/")
    host = f"127.0.0.1:{neighbour.server_port}"
    assert browser.says(f"Ollama at {host}, with llama3.1, qwen3:14b")
    assert browser.says(f"OPENAI_BASE_URL=http://{host}/v1 OPENAI_MODEL=llama3.1")
    assert neighbour.asked == ["/v1/models"]


@pytest.mark.parametrize("text", ["", "<html>", "[]", "{}", '{"data": null}', '{"data": [1]}'])
def test_other_programs_on_that_port_are_not_named(browser, neighbour, text):
    neighbour.text = text
    assert not browser.open("/settings/model/").says("Found")
    assert browser.says("OPENAI_BASE_URL=http://127.0.0.1:11434/v1")


def test_a_refusal_is_no_find(browser, neighbour):
    neighbour.status = 401
    assert not browser.open("/settings/model/").says("Found")


def test_a_port_without_a_server_is_not_named(browser, monkeypatch):
    monkeypatch.setattr(nearby, "USUAL_PORTS", {"Ollama": free_port()})
    assert not browser.open("/settings/model/").says("Found")


def test_no_port_is_tried_once_a_model_is_connected(browser, neighbour, settings):
    settings.OPENAI_BASE_URL = "https://models.example/v1"
    assert browser.open("/settings/model/").says("at models.example")
    assert neighbour.asked == []
