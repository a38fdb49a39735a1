"""Failures of one attempt, with messages for people. The last one becomes a `ModelError`."""

from __future__ import annotations

import math
import re
from typing import Any

from assistant_app.errors import ModelError, ModelFailed, ModelTimeout, ModelUnavailable
from assistant_app.phrases import Phrase, gettext_noop, ngettext, sentences

WORDS_LIMIT = 200  # characters of the server's message to show
KEY_HINT = gettext_noop("Check the API key.")
HINTS = {
    401: KEY_HINT,
    403: gettext_noop("Check the API key and what it may use."),
    404: gettext_noop("Check the server's address and the model's name."),
}
ADDRESS_HINT = gettext_noop("Check OPENAI_BASE_URL: it usually ends in /v1.")
CONTEXT_HINT = gettext_noop(
    "Shorten it, or raise the window of the server and set MODEL_CONTEXT_TOKENS to it."
)
PROXY_REFUSED = gettext_noop(
    "the proxy wants a user name and password. Write HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT."
)
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
# What an error means that comes without a status: in a stream, or with status 200.
STATUSES = {
    "overloaded_error": 529,
    "unavailable_error": 503,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "permission_error": 403,
    "invalid_request_error": 400,
}
# Those from 520 are Cloudflare's, for a server behind it.
AWAY_STATUSES = {502, 503, 520, 521, 523, 525, 526, 529, 530}
LATE_STATUSES = {408, 504, 522, 524}
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
        text = self.text
        if self.transient and attempts > 1:
            tried = ngettext("It was tried %(number)s time.", "It was tried %(number)s times.", attempts)
            text = sentences(text, tried)
        retry_after = None if self.pause is None else max(1, math.ceil(self.pause))
        return self.kind(text, retry_after=retry_after)


def unreachable(host: str, why: str = "") -> Fault:
    """Return the fault for a server without a connection. `why` has its own full stop."""
    template = (
        gettext_noop("The model's server at %(host)s could not be reached: %(why)s")
        if why
        else gettext_noop("The model's server at %(host)s could not be reached.")
    )
    return Fault(ModelUnavailable, Phrase(template, {"host": host, "why": why}), transient=True)


def lost(host: str) -> Fault:
    text = gettext_noop("The connection to the model's server at %(host)s was lost.", host=host)
    return Fault(ModelUnavailable, text, transient=True)


def timed_out(host: str, seconds: float, *, is_begun: bool = False) -> Fault:
    template = (
        gettext_noop(
            "The model's server at %(host)s stopped in the middle: nothing came for %(seconds)s seconds."
        )
        if is_begun
        else gettext_noop("The model's server at %(host)s gave no answer within %(seconds)s seconds.")
    )
    return Fault(ModelTimeout, Phrase(template, {"host": host, "seconds": f"{seconds:g}"}), transient=True)


def garbage(host: str) -> Fault:
    text = gettext_noop("The model's server at %(host)s sent something that is no answer.", host=host)
    return Fault(ModelFailed, text)


def web_page(host: str) -> Fault:
    text = gettext_noop("A web page came from %(host)s instead of an answer.", host=host)
    return Fault(ModelFailed, sentences(text, ADDRESS_HINT), is_wrong_address=True)


def no_http(host: str) -> Fault:
    text = gettext_noop(
        "What answers at %(host)s does not speak HTTP. Check whether OPENAI_BASE_URL begins with http:// or "
        "https://, and the port.",
        host=host,
    )
    return Fault(ModelUnavailable, text)


def redirected(host: str, url: str) -> Fault:
    text = gettext_noop(
        "The model's server at %(host)s is at another address. Set OPENAI_BASE_URL=%(address)s",
        host=host,
        address=shorten(url.removesuffix("/chat/completions")),
    )
    return Fault(ModelFailed, text)


def too_slow(host: str, seconds: float) -> Fault:
    template = gettext_noop(
        "The model's server at %(host)s took longer than %(seconds)s seconds altogether. "
        "Raise MODEL_TOTAL_SECONDS."
    )
    return Fault(ModelTimeout, Phrase(template, {"host": host, "seconds": f"{seconds:g}"}))


def too_long(host: str, tokens: int, window: int) -> Fault:
    text = gettext_noop(
        "The email and all that was said about it are too long for this model: "
        "at least %(tokens)s tokens, and the window has %(window)s.",
        tokens=tokens,
        window=window,
    )
    return Fault(ModelFailed, sentences(text, CONTEXT_HINT))


def cut_prompt(host: str, read: int, tokens: int) -> Fault:
    text = gettext_noop(
        "The model's server at %(host)s read only %(read)s of at least %(tokens)s tokens: "
        "it cut the email without saying so. Raise its window (for Ollama: OLLAMA_CONTEXT_LENGTH=32768), "
        "or set MODEL_CONTEXT_TOKENS to what it has, so that the oldest parts are left out first.",
        host=host,
        read=read,
        tokens=tokens,
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
    said = (
        gettext_noop('(it said: "%(words)s")', words=shorten(hidden))
        if words
        else gettext_noop("(status %(status)s)", status=http_status)
    )
    pause = pause if pause is not None else _pause_in(words)
    code = server_code.lower()
    transient = http_status >= 500
    kind: type[ModelError] = ModelFailed
    text = gettext_noop("The model's server at %(host)s failed %(said)s.", host=host, said=said)
    is_loading = bool(_LOADING.search(words))
    is_wrong_address = bool(_WRONG_PATH.search(words)) or http_status == 405
    is_too_long = code in CONTEXT_CODES or bool(_TOO_LONG.search(words))
    is_account = bool(_WRONG_KEY.search(words) or code == "model_not_found" or _NO_MODEL.search(words))
    if is_too_long:
        transient = False
        text = gettext_noop(
            "The email and all that was said about it are too long for this model %(said)s.", said=said
        )
        text = sentences(text, CONTEXT_HINT)
    elif http_status == 407:
        kind, text = ModelUnavailable, unreachable(host, PROXY_REFUSED).text
    elif _PLAIN_HTTP.search(words):
        text = gettext_noop(
            "The model's server at %(host)s wants TLS %(said)s. Write https:// in OPENAI_BASE_URL.",
            host=host,
            said=said,
        )
    elif is_wrong_address:
        transient = False
        text = gettext_noop(
            "The model's server at %(host)s has nothing at this address %(said)s.", host=host, said=said
        )
        text = sentences(text, ADDRESS_HINT)
    elif is_loading:
        kind, transient = ModelUnavailable, True
        text = gettext_noop(
            "The model's server at %(host)s is still loading the model %(said)s. Try again in a minute.",
            host=host,
            said=said,
        )
    elif http_status == 402 or (
        http_status == 429 and (code in SPENT_CODES or (code not in BUSY_CODES and _SPENT.search(words)))
    ):
        # A pause does not restore a spent budget.
        kind, transient = ModelUnavailable, False
        text = gettext_noop(
            "%(host)s refused: the quota of its account is used up %(said)s.", host=host, said=said
        )
    elif http_status == 429:
        kind, transient = ModelUnavailable, True
        text = gettext_noop("%(host)s is busy right now %(said)s.", host=host, said=said)
        text = sentences(text, _again(pause))
    elif http_status in AWAY_STATUSES:
        kind = ModelUnavailable
        text = gettext_noop(
            "The model's server at %(host)s cannot work at the moment %(said)s.", host=host, said=said
        )
    elif http_status in LATE_STATUSES:
        kind, transient = ModelTimeout, True
        text = gettext_noop(
            "The model's server at %(host)s gave up waiting for its model %(said)s.", host=host, said=said
        )
    elif http_status < 500:
        text = gettext_noop("The model's server at %(host)s refused %(said)s.", host=host, said=said)
        if hint := _hint(http_status, code, words):
            text = sentences(text, hint)
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
        return KEY_HINT
    if code == "model_not_found" or _NO_MODEL.search(words):
        return gettext_noop("Check OPENAI_MODEL: it is the server's own name for the model.")
    return HINTS.get(http_status, "")


def _again(pause: float | None) -> str:
    if pause is None:
        return gettext_noop("Try again in a minute.")
    seconds = max(1, math.ceil(pause))
    if seconds < 120:
        return ngettext("Try again in %(number)s second.", "Try again in %(number)s seconds.", seconds)
    return ngettext("Try again in %(number)s minute.", "Try again in %(number)s minutes.", seconds // 60)


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
