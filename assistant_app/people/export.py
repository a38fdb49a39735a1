"""Export everything stored about a user as a zip file of readable JSON and text files.

The file is built while it is sent, one email at a time, so memory use is bounded by the largest email.
It takes a thread and much of a core, so a process builds few at a time, and one of each person.
"""

from __future__ import annotations

import json
import threading
import weakref
from collections.abc import Generator, Iterator
from datetime import datetime
from typing import Any
from unicodedata import category
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.utils import timezone
from django.utils.text import slugify

from assistant_app.contract.wording import in_words
from assistant_app.contract.workflow import is_there
from assistant_app.engine import history, registry
from assistant_app.errors import TooBusy
from assistant_app.models import (
    ApiToken,
    Application,
    IdempotencyKey,
    Identity,
    MailReading,
    Note,
    Preferences,
    Usage,
)
from assistant_app.phrases import gettext_noop

MOST_AT_ONCE = 2  # in a process
RETRY_AFTER = 10  # seconds
ONE_OF_EACH = gettext_noop("Your data is already being downloaded. Try again when it’s done.")
OTHERS = gettext_noop("Other people are downloading their data. Try again in a moment.")
SECRETS = {"password", "digest", "token_key", "lease_token"}
README = """Everything stored about you on this server, as of {now:%Y-%m-%d %H:%M} UTC.

account.json   your account, the name under your drafts, the names, addresses and signatures you write
               with, what the model is told about you, your notes, your tokens (without their secrets),
               the Idempotency-Keys of your API clients, your usage, and who else read your emails and why
emails/        a folder for each email, oldest first:
  email.txt    the email, your instructions, answers and feedback, and the drafts
  email.json   the same, with every step and every call to the model in full
"""


class _Sink:
    """Collect the bytes that `ZipFile` writes until they are sent. Not seekable."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """Do nothing: there is no buffer to flush."""

    def taken(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken


_taking = threading.Lock()
_people: set[int] = set()  # who has a download under way


class Download:
    """The parts of a person's archive. It takes a place until it is closed, or gone without that.

    Raise `TooBusy` if the person has one under way, or if others have as many as a process may build.
    """

    def __init__(self, user: User) -> None:
        _take_place(user.pk)
        # Without the lock: garbage may be collected while it is held.
        self._give_back = weakref.finalize(self, _people.discard, user.pk)
        self._parts = archive(user)

    def __iter__(self) -> Iterator[bytes]:
        return self._parts

    def close(self) -> None:
        self._parts.close()
        self._give_back()  # only once, even if the person has another one by now


def _take_place(person_id: int) -> None:
    with _taking:
        if person_id in _people:
            raise TooBusy(ONE_OF_EACH, retry_after=RETRY_AFTER)
        if len(_people) >= MOST_AT_ONCE:
            raise TooBusy(OTHERS, retry_after=RETRY_AFTER)
        _people.add(person_id)


def archive(user: User) -> Generator[bytes]:
    """Yield the zip file in parts. No connection is held while a part is compressed and sent."""
    sink = _Sink()
    with ZipFile(sink, "w", ZIP_DEFLATED) as file:  # type: ignore[call-overload]
        for path, moment, text in _files(user):
            entry = ZipInfo(path, timezone.localtime(moment).timetuple()[:6])
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            connection.close()
            file.writestr(entry, text)
            yield sink.taken()
    yield sink.taken()


def _files(user: User) -> Iterator[tuple[str, datetime, str]]:
    now = timezone.now()
    yield "README.txt", now, README.format(now=now)
    yield "account.json", now, _json(_account(user))
    rows = Application.objects.owned_by(user).order_by("created_at", "pk")
    for number, pk in enumerate(list(rows.values_list("pk", flat=True)), start=1):
        row = rows.filter(pk=pk).first()
        if row is None:
            continue  # deleted in the meantime
        folder = f"emails/{number:04}-{slugify(row.title)[:50] or 'untitled'}"
        yield f"{folder}/email.txt", row.updated_at, as_text(row)
        yield f"{folder}/email.json", row.updated_at, _json(_email(row))


def _account(user: User) -> dict[str, Any]:
    readings = MailReading.objects.filter(owner_id=user.pk)
    return {
        "account": _plain(user),
        "tokens": [_plain(token) for token in ApiToken.objects.filter(user_id=user.pk).order_by("created")],
        "preferences": [_plain(kept) for kept in Preferences.objects.filter(owner_id=user.pk)],
        "identities": [_plain(identity) for identity in Identity.objects.filter(owner_id=user.pk)],
        "notes": [_plain(note) for note in Note.objects.filter(owner_id=user.pk)],
        "idempotency_keys": [_plain(key) for key in IdempotencyKey.objects.filter(owner_id=user.pk)],
        "usage": [_plain(day) for day in Usage.objects.filter(owner_id=user.pk).order_by("day")],
        "read_by_others": [_plain(reading) for reading in readings],
    }


def _email(row: Application) -> dict[str, Any]:
    return {
        **_plain(row),
        "steps": [_plain(step) for step in history.steps_of(row).values()],
        "model_calls": [_plain(call) for call in row.model_calls.all()],
    }


def _plain(row: Model) -> dict[str, Any]:
    """Return all columns except secrets."""
    names = (field.attname for field in row._meta.concrete_fields)
    return {name: getattr(row, name) for name in names if name not in SECRETS}


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2, default=_other) + "\n"


def _other(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def as_text(row: Application) -> str:
    """Return an email as readable text. Written text is indented, so it cannot look like a heading."""
    parts = _parts(row)
    title = _escaped(row.title) or "Untitled"
    head = f"{title}\nstarted {row.created_at:%Y-%m-%d %H:%M} UTC, {row.status_now}\n"
    return head + "".join(f"\n{name}\n\n{_indented(text)}\n" for name, text in parts if text)


def _parts(row: Application) -> list[tuple[str, str]]:
    """Return headings and texts as the workflow words them, or every value if it does not or is unknown."""
    workflow = registry.find(row.workflow)
    if workflow is not None and workflow.export is not None:
        return workflow.export(row.state)
    if workflow is None:
        return [(in_words(key), _text(value)) for key, value in row.state.items() if is_there(value)]
    told = workflow.told(workflow.complete(row.state), row.position)
    return [(out.label or in_words(out.name), _text(out.label_of(value))) for out, value in told]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n\n".join(_text(item) for item in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)


def _indented(text: str) -> str:
    return "\n".join(f"    {_escaped(line)}" for line in text.splitlines())


def _escaped(text: str) -> str:
    """Escape control characters, which could attack a terminal that shows the file."""
    return "".join(f"\\x{ord(c):02x}" if category(c) == "Cc" and c != "\t" else c for c in text)
