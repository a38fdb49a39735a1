"""Failures of one attempt, with messages for people. The last one becomes a `ModelError`."""

from __future__ import annotations

import math
import re
from typing import Any

from assistant_app.errors import ModelError, ModelFailed, ModelTimeout, ModelUnavailable

WORDS_LIMIT = 200  # characters of the server's message to show
HINTS = {
    401: " Check the API key.",
    403: " Check the API key and what it may use.",
    404: " Check the server's address and the model's name.",
}
ADDRESS_HINT = " Check OPENAI_BASE_URL: it usually ends in /v1."
CONTEXT_HINT = " Shorten it, or raise the window of the server and set MODEL_CONTEXT_TOKENS to it."
CHECK_SCHEME = "check whether OPENAI_BASE_URL begins with http:// or https://"
PROXY_REFUSED = "the proxy wants a user name and password. Write HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"
SHORTEST_KEY = 8  # shorter ones are no secrets, and hiding them would hide parts of words
LONGEST_PAUSE = 86_400.0
SPENT_CODES = {"insufficient_quota", "billing_hard_limit_reached", "insufficient_balance"}
BUSY_CODES = {"rate_limit_exceeded", "rate_limit_error", "resource_exhausted"}
_SPENT = re.compile(r"\b(?:billing|balance|credits?|quota)\b", re.IGNORECASE)
_TOO_LONG = re.compile(
    r"maximum context length|context (?:length|window|size)|prompt (?:is )?too long|input (?:is )?too long"
    r"|reduce the length of the messages|too many (?:input )?tokens"
    r"|exceeds? the (?:limit|maximum) .{0,40}tokens",
    re.IGNORECASE,
)
_WRONG_PATH = re.compile(
    r"unexpected endpoint|unknown (?:request )?url|invalid url|no route|route not found|page not found"
    r"|cannot post|method not allowed|^not found$",
    re.IGNORECASE,
)
_PLAIN_HTTP = re.compile(r"plain HTTP request was sent|HTTP request to an HTTPS|requires TLS", re.IGNORECASE)
_LOADING = re.compile(
    r"loading (?:the )?(?:model|weights)"
    r"|model (?:\S+ )?(?:is )?(?:currently |still )?(?:being )?load(?:ing|ed)\b"
    r"|model (?:is )?not ready|warming up",
    re.IGNORECASE,
)
_WRONG_KEY = re.compile(r"\bapi[ _-]?key\b|\bauthenticat|\bunauthori[sz]ed\b", re.IGNORECASE)
_NO_MODEL = re.compile(
    r"\bmodels?\b.{0,80}\b(?:not found|does not exist|not exist|not available|unknown)"
    r"|\b(?:unknown|invalid|no such) model|not a valid model",
    re.IGNORECASE,
)
_AGAIN_IN = re.compile(
    r"(?:again|retry|wait)(?: in| after)? (?=\d)(?:(?P<m>\d{1,4})m(?!s))?"
    r"(?:(?P<s>\d{1,6}(?:\.\d{1,9})?) ?s)?(?:(?P<ms>\d{1,6}(?:\.\d{1,9})?) ?ms)?",
    re.IGNORECASE,
)
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
        is_too_long: bool = False,
        is_account: bool = False,
        is_loading: bool = False,
        is_wrong_address: bool = False,
    ) -> None:
        super().__init__(text)
        self.is_too_long = is_too_long  # the prompt, or the prompt with its limit
        self.is_loading = is_loading
        self.is_wrong_address = is_wrong_address
        self.is_account = is_account  # the key or the model's name is wrong, not an option
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


def unreachable(host: str, why: str = "") -> Fault:
    because = f": {why.rstrip('.?')}{'?' if why.endswith('?') else '.'}" if why else "."
    text = f"The model's server at {host} could not be reached{because}"
    return Fault(ModelUnavailable, text, transient=True)


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
    text = f"A web page came from {host} instead of an answer.{ADDRESS_HINT}"
    return Fault(ModelFailed, text, is_wrong_address=True)


def no_http(host: str) -> Fault:
    text = f"What answers at {host} does not speak HTTP. C{CHECK_SCHEME[1:]}, and the port."
    return Fault(ModelUnavailable, text)


def redirected(host: str, url: str) -> Fault:
    address = url.removesuffix("/chat/completions")
    text = f"The model's server at {host} is at another address. Set OPENAI_BASE_URL={shorten(address)}"
    return Fault(ModelFailed, text)


def too_slow(host: str, seconds: float) -> Fault:
    text = f"The model's server at {host} took longer than {seconds:g} seconds altogether."
    return Fault(ModelTimeout, f"{text} Raise MODEL_TOTAL_SECONDS.")


def too_long(host: str, tokens: int, window: int) -> Fault:
    text = (
        "The email and all that was said about it are too long for this model: "
        f"at least {tokens:,} tokens, and the window has {window:,}.{CONTEXT_HINT}"
    )
    return Fault(ModelFailed, text)


def cut_prompt(host: str, read: int, tokens: int) -> Fault:
    text = (
        f"The model's server at {host} read only {read:,} of at least {tokens:,} tokens: "
        "it cut the email without saying so. Raise its window (for Ollama: OLLAMA_CONTEXT_LENGTH=32768), "
        "or set MODEL_CONTEXT_TOKENS to what it has, so that the oldest parts are left out first."
    )
    return Fault(ModelFailed, text)


def is_error(event: dict[str, Any]) -> bool:
    """Return whether a body or an event is an error in one of the known shapes."""
    get = event.get
    return bool(get("error")) or get("object") == "error" or get("type") == "error"


def of_status(
    host: str,
    http_status: int,
    *,
    words: str,
    server_code: str = "",
    pause: float | None = None,
    key: str = "",
) -> Fault:
    """Return the fault for an HTTP status. `words` is the server's message; it is shown without `key`."""
    hidden = words.replace(key, "\u2026") if len(key) >= SHORTEST_KEY else words
    said = f' (it said: "{shorten(hidden)}")' if words else f" (status {http_status})"
    pause = pause if pause is not None else _pause_in(words)
    code = server_code.lower()
    transient = http_status >= 500
    kind: type[ModelError] = ModelFailed
    text = f"The model's server at {host} failed{said}."
    is_loading = bool(_LOADING.search(words))
    is_wrong_address = bool(_WRONG_PATH.search(words)) or http_status == 405
    is_too_long = code in CONTEXT_CODES or bool(_TOO_LONG.search(words))
    is_account = bool(_WRONG_KEY.search(words) or code == "model_not_found" or _NO_MODEL.search(words))
    if is_too_long:
        transient = False
        text = f"The email and all that was said about it are too long for this model{said}.{CONTEXT_HINT}"
    elif http_status == 407:
        kind, text = ModelUnavailable, f"The model's server at {host} could not be reached: {PROXY_REFUSED}."
    elif _PLAIN_HTTP.search(words):
        text = f"The model's server at {host} wants TLS{said}. Write https:// in OPENAI_BASE_URL."
    elif is_wrong_address:
        transient, text = (
            False,
            f"The model's server at {host} has nothing at this address{said}.{ADDRESS_HINT}",
        )
    elif is_loading:
        kind, transient = ModelUnavailable, True
        text = f"The model's server at {host} is still loading the model{said}. Try again in a minute."
    elif http_status == 402 or (
        http_status == 429 and (code in SPENT_CODES or (code not in BUSY_CODES and _SPENT.search(words)))
    ):
        # A pause does not restore a spent budget.
        kind, transient = ModelUnavailable, False
        text = f"{host} refused: the quota of its account is used up{said}."
    elif http_status == 429:
        kind, transient = ModelUnavailable, True
        text = f"{host} is busy right now{said}. Try again {_in(pause)}."
    elif http_status in {502, 503, 529}:
        kind, text = ModelUnavailable, f"The model's server at {host} cannot work at the moment{said}."
    elif http_status in {408, 504}:
        kind, transient = ModelTimeout, True
        text = f"The model's server at {host} gave up waiting for its model{said}."
    elif http_status < 500:
        text = f"The model's server at {host} refused{said}.{_hint(http_status, code, words)}"
    return Fault(
        kind,
        text,
        transient=transient,
        http_status=http_status,
        words=words,
        server_code=server_code,
        pause=pause,
        is_too_long=is_too_long,
        is_account=is_account,
        is_loading=is_loading,
        is_wrong_address=is_wrong_address or (http_status == 404 and not is_account),
    )


def _hint(http_status: int, code: str, words: str) -> str:
    if _WRONG_KEY.search(words):
        return HINTS[401]
    if code == "model_not_found" or _NO_MODEL.search(words):
        return " Check OPENAI_MODEL: it is the server's own name for the model."
    return HINTS.get(http_status, "")


def _in(pause: float | None) -> str:
    if pause is None:
        return "in a minute"
    seconds = max(1, math.ceil(pause))
    return (
        f"in {seconds} second{'s' if seconds > 1 else ''}" if seconds < 120 else f"in {seconds // 60} minutes"
    )


def _pause_in(words: str) -> float | None:
    """Return the seconds to wait that a message names, such as "try again in 1m3.5s"."""
    found = _AGAIN_IN.search(words)
    if found is None:
        return None
    minutes, seconds, milliseconds = (float(found[name] or 0) for name in ("m", "s", "ms"))
    return min(minutes * 60 + seconds + milliseconds / 1000, LONGEST_PAUSE) or None


_INNER = ("error", "detail", "errors", "Error", "fault", "base_resp")  # names of what holds the words
_WORDS = ("message", "msg", "error", "detail", "faultstring", "status_msg", "error_msg", "error_description")


def error_words(body: object) -> tuple[str, str, int | None]:
    """Return message, code and HTTP status from an error body in any of the known shapes.

    Those are OpenAI's object, Gemini's list of one, vLLM's object without `error`, FastAPI's list of
    details, OpenRouter's with the provider's own words in `metadata`, or a text.
    """
    if isinstance(body, list):
        body = body[0] if body else ""
    if isinstance(body, dict):
        inner = next((found for name in _INNER if (found := body.get(name))), body)
        inner = inner[0] if isinstance(inner, list) and inner else inner
        if not isinstance(inner, dict):
            described = _text(body.get("error_description"))  # OAuth's, beside a code
            return described or str(inner), str(inner) if described else "", None
        words, code, status = _words_of(inner)
        return words or _words_of(body)[0], code, status
    # An HTML page comes from a proxy and is useless as a message.
    is_plain = isinstance(body, str) and not body.lstrip().startswith("<")
    return (str(body) if is_plain else ""), "", None


def _words_of(error: dict[str, Any]) -> tuple[str, str, int | None]:
    held = (error.get(name) for name in _WORDS)
    said = (_words_of(each)[0] if isinstance(each, dict) else _text(each) for each in held)
    message = next(filter(None, said), "")
    code, param = error.get("code"), error.get("param") or error.get("loc")
    if isinstance(param, list):
        param = ".".join(map(str, param))
    if isinstance(param, str) and param not in message:
        message = f"{message} ({param})".strip()
    details = error.get("details")
    for detail in details if isinstance(details, list) else []:
        if isinstance(detail, dict) and isinstance(delay := detail.get("retryDelay"), str):
            message += f" Retry in {delay}."
    metadata = error.get("metadata")
    if isinstance(metadata, dict) and isinstance(raw := metadata.get("raw"), str):
        message = f"{message}: {raw}"
    kind = _text(error.get("status")) or _text(error.get("type"))
    if isinstance(code, int) and not isinstance(code, bool):
        return message, kind, code if 400 <= code < 600 else None
    return message, _text(code) or kind, None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def shorten(words: str) -> str:
    """Return the words on one line, cut to `WORDS_LIMIT` characters."""
    line = " ".join(words.split())
    return line if len(line) <= WORDS_LIMIT else line[: WORDS_LIMIT - 1].rstrip() + "\u2026"
