"""A language of no people: accents, 40 % longer, right-to-left marks. Plain letters were not translated."""

import re
from functools import cache
from pathlib import Path

import django
import rest_framework
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.test import override_settings

from tests.translation import catalogue

CODE = "xx"
MARK = "\N{RIGHT-TO-LEFT MARK}"
ACCENTS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "àƀćđéƒǵĥíĵķłɱñóþǫŕšťúṽŵẋýžÀƁĆĐÉƑǴĤÍĴĶŁṀÑÓÞǪŔŠŤÚṼŴẊÝŽ",
)
# What a translator leaves as it is: values, and tags with their attributes.
KEPT = re.compile(r"(%\(\w+\)[sd]|%[sd%]|\{\w*\}|<[^>]+>|&\w+;)")
PACKAGES = (Path(django.__file__).parent, Path(rest_framework.__file__).parent)


def pseudo(text):
    """Translate a message into the pseudo-language. Letters of values and tags stay."""
    parts = [part if KEPT.fullmatch(part) else part.translate(ACCENTS) for part in KEPT.split(text)]
    longer = "·" * max(1, round(0.4 * len(KEPT.sub("", text))))
    lead = text[: len(text) - len(text.lstrip())]
    return f"{lead}{MARK}{''.join(parts).strip()}{longer}{MARK}{text[len(text.rstrip()) :]}"


@cache
def translations():
    """Return a catalogue of the product's strings, and of those of Django and its REST framework."""
    made = Catalog(locale="en")
    for message in (*messages_of(PACKAGES), *catalogue.extracted()):
        if message.id:
            ids = [message.id] if isinstance(message.id, str) else message.id
            translated = tuple(pseudo(text) for text in ids)
            string = translated[0] if isinstance(message.id, str) else translated
            made.add(message.id, string, context=message.context)
    return made


def messages_of(folders):
    for folder in folders:
        for path in sorted(folder.glob("**/locale/en/LC_MESSAGES/django.po")):
            with path.open("rb") as file:
                yield from read_po(file)


def spoken(folder):
    """Serve all pages in the pseudo-language; `folder` takes its catalogue."""
    write(folder)
    return served_from(folder)


def write(folder, catalog=None):
    """Write a catalogue, by default that of the pseudo-language."""
    path = Path(folder) / CODE / "LC_MESSAGES" / "django.mo"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_mo(file, catalog or translations())


def served_from(folder):
    """Serve all pages in the language whose catalogue `folder` has; what it lacks stays English."""
    languages = [(CODE, "Pseudo"), ("en", "English")]
    return override_settings(LANGUAGE_CODE=CODE, LANGUAGES=languages, LOCALE_PATHS=[str(folder)])
