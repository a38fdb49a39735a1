"""A client of the event stream: reads server-sent events from a socket, in a thread."""

import json
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import httpx

from tests.real_server import DEADLINE, PLAIN, wait_until
from tests.server.conftest import INPUT

ASYNC = {"Prefer": "respond-async"}


@dataclass(frozen=True)
class Told:
    """One received event."""

    name: str
    data: dict
    id: str

    @property
    def key(self):
        return tuple(int(number) for number in self.id.split("-"))


class Listener:
    """One connection to an email's events; `told` collects them while it is open."""

    def __init__(self, server, app_id, last_event_id=None):
        self.told = []
        self.comments = 0
        self.closed = threading.Event()  # by the server
        headers = {"Authorization": f"Token {server.tokens['ida']}"}
        if last_event_id is not None:
            headers["Last-Event-ID"] = last_event_id
        self._client = httpx.Client(timeout=DEADLINE, verify=getattr(server, "verify", PLAIN))
        request = self._client.build_request("GET", events_url(server, app_id), headers=headers)
        self.response = self._client.send(request, stream=True)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        fields = {}
        with suppress(httpx.TransportError, httpx.StreamError):
            for line in _lines(self.response.iter_raw()):
                if line.startswith(":"):
                    self.comments += 1
                elif line:
                    name, _, value = line.partition(":")
                    fields.setdefault(name, []).append(value.removeprefix(" "))
                elif fields:
                    self.told.append(_told(fields))
                    fields = {}
        self.closed.set()

    # --- Received events -----------------------------------------------------------------------

    @property
    def text(self):
        return text_of(self.told)

    @property
    def last_id(self):
        return self.told[-1].id

    @property
    def state(self):
        """The newest received state."""
        return next((event.data for event in reversed(self.told) if event.name == "state"), None)

    @property
    def has_ended(self):
        """Return whether the final `end` event was received."""
        return bool(self.told) and self.told[-1].name == "end"

    # --- Waiting for more ----------------------------------------------------------------------

    def wait_for_text(self, wanted):
        wait_until(lambda: wanted in self.text or self.closed.is_set())
        assert wanted in self.text, self.told[-3:]

    def wait_until_closed(self):
        assert self.closed.wait(DEADLINE), self.told[-3:]
        return self

    def close(self):
        """Disconnect, like a browser whose window is closed."""
        with suppress(OSError):  # the server may have closed it first
            self.response.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._thread.join(DEADLINE)
        self.response.close()
        self._client.close()


@contextmanager
def listening(server, app_id, last_event_id=None):
    listener = Listener(server, app_id, last_event_id)
    try:
        yield listener
    finally:
        listener.close()


def text_of(told):
    """Return the draft that these events add up to."""
    text = ""
    for event in told:
        if event.name == "step" and event.data == {"position": "formulate_draft", "phase": "started"}:
            text = ""
        elif event.name == "draft":
            text = event.data["text"]
        elif event.name == "token":
            text += event.data["text"]
    return text


def events_path(app_id):
    return f"/api/applications/{app_id}/events/"


def events_url(server, app_id):
    return server.url + events_path(app_id)


def begin_input(client, app_id):
    """Send an email; return the answer, which comes before the model's."""
    answer = client.put(f"/api/applications/{app_id}/initialize_draft/", json=INPUT, headers=ASYNC)
    assert answer.status_code == 202, answer.text
    return answer


def _told(fields):
    data = "\n".join(fields.get("data", []))
    return Told(fields["event"][0], json.loads(data) if data else {}, fields.get("id", [""])[0])


def _lines(chunks):
    """Split bytes into lines like the protocol: at LF, CR and CRLF."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        yield from (line.decode() for line in lines)
