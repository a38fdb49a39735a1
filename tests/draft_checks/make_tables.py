"""`python -m tests.draft_checks.make_tables`: writes the checks' word tables.

Months and weekdays come from CLDR (by Babel), numbers in words from num2words, look-alike characters from
the Unicode database.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap

from babel import Locale
from babel.units import format_unit
from num2words import num2words

WRITTEN = Path(__file__).parents[2] / "assistant_app/workflow/checks/tables.py"
LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv", "cs")  # with spaces between words
# English, German and French numbers are read by a grammar: number_words.py.
NUMBERS_OF = ("es", "it", "nl", "pl", "pt", "sv", "cs")
# Those of English and German are read in any text.
SHORT_OF = ("fr", "es", "it", "nl", "pl", "pt", "sv", "cs")
# Abbreviations that are also common words of one of the languages.
NOT_MONTHS = {
    "out",
    "set",
    "ago",
    "gen",
    "mar",
    "may",
    "maj",
    "mai",
    "led",
    "lis",
    "kvě",
    "srp",
    "lut",
    "sty",
} | {"pro", "sie", "lip", "mag"}
# Abbreviations of weekdays that are usual words of the same language: "po deváté".
NOT_WEEKDAYS = {"po", "ne", "so", "st", "ter"}
MOST = 100  # numbers up to here
# Without the metre: "5 m" may be five million.
MEASURES = [
    *("mass-kilogram", "mass-gram", "mass-milligram", "mass-microgram"),
    *("length-kilometer", "length-centimeter", "length-millimeter", "volume-liter", "volume-milliliter"),
]


def months() -> dict[str, int]:
    found: dict[str, int] = {}
    for language in LANGUAGES:
        for context in Locale.parse(language).months.values():
            for width in ("wide", "abbreviated"):
                for number, name in context[width].items():
                    word = name.rstrip(".").lower()
                    if width == "wide" or (len(word) > 2 and word not in NOT_MONTHS):
                        found.setdefault(word, number)
    return found


def weekdays() -> dict[str, int]:
    """Return the full names; Monday is 0."""
    found: dict[str, int] = {}
    for language in LANGUAGES:
        for context in Locale.parse(language).days.values():
            for number, name in context["wide"].items():
                found[name.lower()] = number
    return found


def short_months() -> dict[str, int]:
    """Return the abbreviations that `months` lacks: they are months only between a day and a year."""
    known = months()
    found: dict[str, int] = {}
    for language in LANGUAGES:
        for context in Locale.parse(language).months.values():
            for number, name in context["abbreviated"].items():
                word = name.rstrip(".").lower()
                if word not in known and word.isalpha():
                    found.setdefault(word, number)
    return found


def short_weekdays(language: str) -> str:
    """Return the abbreviations from Monday, with - for those that are other words."""
    days = Locale.parse(language).days["format"]["abbreviated"]
    found = [days[number].rstrip(".").lower() for number in range(7)]
    return " ".join("-" if name in NOT_WEEKDAYS else name for name in found)


def numbers() -> dict[str, list[str]]:
    """Return the words for 2 to `MOST` of each language, in order."""
    return {
        language: [re.sub(r"\s+", " ", num2words(number, lang=language)) for number in range(2, MOST + 1)]
        for language in NUMBERS_OF
    }


def names_of(measure: str) -> list[str]:
    """Return how a unit is written behind one, two, five or one and a half; the symbol is first."""
    found = (
        re.sub(r"[\d.,\s]+", "", format_unit(number, measure, length, locale=language)).lower()
        for language in LANGUAGES
        for length in ("short", "long")
        for number in (1, 2, 5, 1.5)
    )
    return [name for name in dict.fromkeys(found) if name.isalpha()]


def look_alikes() -> Iterator[tuple[int, int, str]]:
    """Yield (first, last, replacement) for characters that look like one of ASCII.

    The replacement of a run of digits is its first digit; the next ones count up.
    """
    single = {0x2212: "-", 0x2019: "'", 0x2018: "'", 0x2BC: "'", 0x2032: "'"}
    plain: dict[int, str] = {}
    for code in range(128, 0x110000):
        char = chr(code)
        match unicodedata.category(char):
            case "Pd":
                plain[code] = "-"
            case "Zs":
                plain[code] = "_"
            case "Nd":
                plain[code] = str(unicodedata.digit(char))
    plain |= single
    run: tuple[int, int, str] | None = None
    for code, char in sorted(plain.items()):
        if run and code == run[1] + 1 and _next_in(run, code) == char:
            run = (run[0], code, run[2])
            continue
        if run:
            yield run
        run = (code, code, char)
    if run:
        yield run


def _next_in(run: tuple[int, int, str], code: int) -> str:
    first, _, char = run
    if not char.isdigit():
        return char
    number = int(char) + code - first
    return str(number) if number < 10 else ""


def written() -> str:
    parts = [
        '"""Word tables of the checks. Written by `python -m tests.draft_checks.make_tables`; do not edit.',
        "",
        "One line per month from January, and per weekday from Monday. Numbers in words begin with 2.",
        "Look-alike characters: first and last code point, and the first one in ASCII, where _ is a space.",
        '"""',
        "",
        "MONTHS = " + _block(_rows(months(), range(1, 13))),
        "SHORT_MONTHS = " + _block(_rows(short_months(), range(1, 13))),
        "WEEKDAYS = " + _block(_rows(weekdays(), range(7))),
        "SHORT_WEEKDAYS = {",
        *(f'    "{language}": "{short_weekdays(language)}",' for language in SHORT_OF),
        "}",
        "NUMBERS = {",
        *(f'    "{language}": ' + _block(", ".join(words)) + "," for language, words in numbers().items()),
        "}",
        "MEASURES = [",
        *("    " + _block(" ".join(names_of(measure))) + "," for measure in MEASURES),
        "]",
        "LOOK_ALIKES = "
        + _block(" ".join(f"{a:x}-{b:x}={char.replace(' ', '_')}" for a, b, char in look_alikes())),
    ]
    return "\n".join(parts) + "\n"


def _rows(table: dict[str, int], numbers: range) -> str:
    rows = ([word for word, of in table.items() if of == number] for number in numbers)
    return "\n".join(" ".join(row) for row in rows)


def _block(text: str) -> str:
    lines = text.split("\n") if "\n" in text else wrap(text, 110, break_on_hyphens=False)
    return '"""\n' + "\n".join(lines) + '\n"""'


if __name__ == "__main__":
    WRITTEN.write_text(written())
