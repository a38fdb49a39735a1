"""Failures of one attempt, with messages for people. The last one becomes a `ModelError`."""

from __future__ import annotations

import math
from typing import Any

from assistant_app.errors import ModelError, ModelFailed, ModelTimeout, ModelUnavailable

WORDS_LIMIT = 200  # characters of the server's message to show
HINTS = {
    401: " Check the API key.",
    403: " Check the API key and what it may use.",
    404: " Check the server's address and the model's name.",
}
ADDRESS_HINT = " Check OPENAI_BASE_URL: it usually ends in /v1."
CONTEXT_CODES = {"context_length_exceeded", "exceed_context_size_error"}


class Fault(Exception):
    """One failed attempt. `pause` is the number of seconds before a retry that the server asks for."""

    def __init__(
        self,
        kind: type[ModelError],
        text: str,
        *,
        transient: bool = False,
        http_status: int | None = None,
        words: str = "",
        server_code: str = "",
        pause: float | None = None,
    ) -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text
        self.transient = transient
        self.http_status = http_status
        self.words = words
        self.server_code = server_code
        self.pause = pause

    @property
    def is_disconnection(self) -> bool:
        """Return whether the server was unreachable or went away."""
        return self.kind is ModelUnavailable and self.http_status is None

    def error(self, attempts: int) -> ModelError:
        """Return the error to raise after the last of `attempts`."""
        tried = f" It was tried {attempts} times." if self.transient and attempts > 1 else ""
        retry_after = None if self.pause is None else max(1, math.ceil(self.pause))
        return self.kind(self.text + tried, retry_after=retry_after)


def unreachable(host: str) -> Fault:
    return Fault(ModelUnavailable, f"The model's server at {host} could not be reached.", transient=True)


def lost(host: str) -> Fault:
    return Fault(
        ModelUnavailable, f"The connection to the model's server at {host} was lost.", transient=True
    )


def timed_out(host: str, seconds: float, *, is_begun: bool = False) -> Fault:
    text = f"The model's server at {host} gave no answer within {seconds:g} seconds."
    if is_begun:
        text = f"The model's server at {host} stopped in the middle: nothing came for {seconds:g} seconds."
    return Fault(ModelTimeout, text, transient=True)


def garbage(host: str) -> Fault:
    return Fault(ModelFailed, f"The model's server at {host} sent something that is no answer.")


def web_page(host: str) -> Fault:
    return Fault(ModelFailed, f"A web page came from {host} instead of an answer.{ADDRESS_HINT}")


def is_error(event: dict[str, Any]) -> bool:
    """Return whether a body or an event is an error in one of the known shapes."""
    return bool(event.get("error")) or "error" in (event.get("object"), event.get("type"))


def of_status(
    host: str, http_status: int, *, words: str, server_code: str = "", pause: float | None = None
) -> Fault:
    """Return the fault for an HTTP status. `words` is the server's message, already without secrets."""
    said = f' (its words: "{shorten(words)}")' if words else f" (status {http_status})"
    kind: type[ModelError] = ModelFailed
    transient = http_status >= 500
    text = f"The model's server at {host} failed{said}."
    if server_code in CONTEXT_CODES:
        text = f"The email and all that was said about it are too long for this model{said}."
    elif http_status == 429:
        # A pause does not restore a spent budget.
        kind, transient = ModelUnavailable, server_code != "insufficient_quota"
        text = f"The model's server at {host} takes no more requests at the moment{said}."
    elif http_status in {502, 503, 529}:
        kind, text = ModelUnavailable, f"The model's server at {host} cannot work at the moment{said}."
    elif http_status in {408, 504}:
        kind, transient = ModelTimeout, True
        text = f"The model's server at {host} gave up waiting for its model{said}."
    elif http_status < 500:
        text = f"The model's server at {host} refused{said}.{HINTS.get(http_status, '')}"
    return Fault(
        kind,
        text,
        transient=transient,
        http_status=http_status,
        words=words,
        server_code=server_code,
        pause=pause,
    )


def error_words(body: object) -> tuple[str, str, int | None]:
    """Return message, code and HTTP status from an error body in any of the known shapes."""
    if isinstance(body, dict):
        inner = body.get("error", body.get("detail", body))
        return _words_of(inner) if isinstance(inner, dict) else (str(inner), "", None)
    # An HTML page comes from a proxy and is useless as a message.
    is_plain = isinstance(body, str) and not body.lstrip().startswith("<")
    return (str(body) if is_plain else ""), "", None


def _words_of(error: dict[str, Any]) -> tuple[str, str, int | None]:
    message, code, param = str(error.get("message") or ""), error.get("code"), error.get("param")
    if param and str(param) not in message:
        message = f"{message} ({param})".strip()
    if isinstance(code, int):
        return message, str(error.get("type") or ""), code
    return message, str(code or error.get("type") or ""), None


def shorten(words: str) -> str:
    """Return the words on one line, cut to `WORDS_LIMIT` characters."""
    line = " ".join(words.split())
    return line if len(line) <= WORDS_LIMIT else line[: WORDS_LIMIT - 1].rstrip() + "…"
