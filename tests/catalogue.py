"""Catalogues for tests that show pages in another language."""

from __future__ import annotations

import gettext
import io
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from babel.messages.extract import DEFAULT_KEYWORDS, extract
from django.test import override_settings

LANGUAGE = "eo"
ROOT = Path(__file__).parents[1]
KEYWORDS = DEFAULT_KEYWORDS | {"gettext_noop": None, "gettext_lazy": None}
MARK = "¤"
HEADER = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"


@contextmanager
def speaking(
    folder: Path, texts: Mapping[str, str], plurals: Mapping[tuple[str, str], tuple[str, str]]
) -> Iterator[None]:
    """Show pages in a language that has these texts; all others stay English."""
    entries = {"": HEADER, **texts}
    entries |= {"\0".join(english): "\0".join(own) for english, own in plurals.items()}
    place = folder / LANGUAGE / "LC_MESSAGES"
    place.mkdir(parents=True, exist_ok=True)
    (place / "django.mo").write_bytes(_compiled(entries))
    languages = [("en", "English"), (LANGUAGE, "Esperanto")]
    with override_settings(
        LANGUAGE_CODE=LANGUAGE, LANGUAGES=languages, LOCALE_PATHS=[str(folder)], USE_I18N=True
    ):
        yield


def all_marked():
    """Return every text that is marked in the code, and every plural, "translated" by a mark before it."""
    texts, plurals = {}, {}
    for path in sorted((ROOT / "assistant_app").rglob("*.py")):
        for _, message, _, _ in extract("python", io.BytesIO(path.read_bytes()), KEYWORDS):
            if isinstance(message, tuple):
                plurals[message] = tuple(f"{MARK}{form}" for form in message)
            else:
                texts[message] = f"{MARK}{message}"
    return texts, plurals


def _compiled(entries: Mapping[str, str]) -> bytes:
    """Return a `.mo` file: a header, two tables of lengths and places, and the texts."""
    pairs = sorted((english.encode(), own.encode()) for english, own in entries.items())
    start = 28 + 16 * len(pairs)
    tables, texts = [], b""
    for column in range(2):
        for pair in pairs:
            tables.append(struct.pack("<II", len(pair[column]), start + len(texts)))
            texts += pair[column] + b"\0"
    head = struct.pack(
        "<7I", gettext.GNUTranslations.LE_MAGIC, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, start
    )
    return head + b"".join(tables) + texts
