"""Whole numbers in words, from 2 to 999,999, in English, German and French.

"twenty-four", "two hundred and fifty", "zweihundertfünfzig", "quatre-vingt-dix", "nonante". Their rules are
those of the languages' grammars; a number may be written with hyphens, with spaces or as one word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from assistant_app.workflow.checks.fact_words import any_of, lower


def _from_one(words: str) -> list[str]:
    return words.split()


ENGLISH = _from_one(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen"
)
GERMAN = _from_one(
    "ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn"
    " siebzehn achtzehn neunzehn"
)
FRENCH = _from_one(
    "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept"
    " dix-huit dix-neuf"
)
ENGLISH_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
GERMAN_TENS = ["zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"]
FRENCH_TENS = {"vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50} | {
    "soixante": 60,
    "septante": 70,
    "huitante": 80,
    "octante": 80,
    "quatre-vingt": 80,
    "nonante": 90,
}
ONES = ("one", "ein", "eine", "eins", "un", "une")  # numbers only as parts of one: alone they are articles
CENTS = ("cent", "cents")  # a hundred behind these, else coins
BEFORE_CENTS = (*FRENCH, "mille")
POWERS = dict.fromkeys(("hundred", "hundert", *CENTS), 100) | dict.fromkeys(
    ("thousand", "tausend", "mille"), 1000
)


def _below_a_hundred() -> Iterator[tuple[str, int]]:
    """Yield the words for 2 to 99, and for 81 and 91; a hyphen stands for whatever parts them."""
    for words in (ENGLISH, GERMAN, FRENCH):
        yield from zip(words[1:], range(2, 20), strict=True)
    for ten, (english, german) in enumerate(zip(ENGLISH_TENS, GERMAN_TENS, strict=True), start=2):
        yield from ((english, 10 * ten), (german, 10 * ten))
        for one in range(1, 10):
            yield f"{english}-{ENGLISH[one - 1]}", 10 * ten + one
            yield f"{GERMAN[one - 1]}und{german}", 10 * ten + one
    for french, value in FRENCH_TENS.items():
        yield french, value
        for one in range(1, 20 if french in ("soixante", "quatre-vingt") else 10):
            yield f"{french}-{FRENCH[one - 1]}", value + one
        yield from ((f"{french}-et-un", value + 1), (f"{french}-et-une", value + 1))
    yield from (("quatre-vingts", 80), ("soixante-et-onze", 71))


def _spellings(word: str) -> Iterator[str]:
    """Yield a word with and without the letters that not every keyboard has."""
    for sharp, (ue, oe) in product(("ß", "ss"), (("ü", "ö"), ("ue", "oe"))):
        yield word.replace("ß", sharp).replace("ü", ue).replace("ö", oe)


# By the word, in small letters; it has a hyphen where it may have another of `HYPHEN`.
VALUES = {spelt: value for word, value in _below_a_hundred() for spelt in _spellings(word)} | POWERS
HYPHEN = "[\\s\u2011-]"  # a space or a hyphen, also the one that no line is broken at
_ONE = any_of(ONES)
_WORD = any_of(VALUES).replace(r"\-", HYPHEN)
_PART = rf"(?:{_WORD}|(?!und){_ONE})"
# Nothing is tried a second time, so that a text of such words is read in a time that grows with its length.
_REST = rf"(?:(?:und)?(?>{_PART}))*+(?!\w)"  # of a word, and its end
PATTERN = (
    rf"(?:(?>{_WORD})|{_ONE}(?={HYPHEN}?(?:{any_of([*POWERS, 'milli'])}))){_REST}"
    rf"(?:{HYPHEN}(?:(?:and|und|et){HYPHEN})?(?>{_PART}){_REST})*+"
)
PARTS = re.compile(_PART)


@dataclass(frozen=True, slots=True)
class Number:
    """What stands at `start` to `end` of the words, and the number that it means."""

    start: int
    end: int
    value: int
    is_round: bool  # only "hundred", or "thousand"


def numbers_in(written: str) -> list[Number]:
    """Return the numbers that words beside one another mean: "one hundred and two hundred" are two."""
    found: list[Number] = []
    before = ""
    parts: list[tuple[int, int, int]] = []  # start, end and value of each word of the number that is read
    for match in PARTS.finditer(lower(written)):
        word = re.sub(HYPHEN, "-", match[0])
        if word in CENTS and parts and before not in BEFORE_CENTS:
            continue  # "fifty cents"
        before, value = word, VALUES.get(word, 1)
        part = (match.start(), match.end(), value)
        if parts and not _goes_on(parts, value):
            # "two" is a number until "hundred" follows, which the hundred before it cannot have.
            kept = 1 if value >= 100 and parts[-1][2] < 100 and len(parts) > 1 else 0
            found.append(_number(parts[:-1] if kept else parts))
            parts = parts[-1:] if kept else []
        parts.append(part)
    return [*found, _number(parts)] if parts else found


def _goes_on(parts: list[tuple[int, int, int]], value: int) -> bool:
    """Whether a word can belong to the number that is read."""
    values = [part[2] for part in parts]
    below = values[values.index(1000) + 1 :] if 1000 in values else values
    if value == 1000:
        return 1000 not in values
    if value == 100:
        return 100 not in below and len(below) < 2
    return values[-1] >= 100


def _number(parts: list[tuple[int, int, int]]) -> Number:
    whole = below = 0
    for _, _, value in parts:
        if value == 1000:
            whole, below = 1000 * (below or 1), 0
        elif value == 100:
            below = 100 * (below or 1)
        else:
            below += value
    is_round = len(parts) == 1 and parts[0][2] >= 100
    return Number(parts[0][0], parts[-1][1], whole + below, is_round)


def _forms(*rows: str) -> dict[str, int]:
    """Map each form to its number; the rows begin with 2."""
    return {form: number for number, row in enumerate(rows, start=2) for form in row.split()}


# How numbers are inflected where num2words has one form: in other cases, and of people together.
INFLECTED = {
    "de": {
        f"zu {form}": number
        for form, number in _forms("zweit", "dritt", "viert", "fünft", "sechst", "siebt", "acht").items()
    },
    "nl": _forms(
        "tweeën", "drieën", "vieren", "vijven", "zessen", "zevenen", "achten", "negenen", "tienen", "elven"
    ),
    "pt": _forms("duas") | {"dezasseis": 16, "dezassete": 17, "dezanove": 19},
    "pl": _forms(
        "dwie dwaj dwóch dwu dwom dwoma dwiema dwoje dwojga dwojgiem",
        "trzej trzech trzem trzema troje trojga",
        "czterej czterech czterem czterema czworo czworga",
        "pięciu pięcioma pięcioro pięciorga",
        "sześciu sześcioma sześcioro",
        "siedmiu siedmioma siedmioro",
        "ośmiu ośmioma ośmioro",
        "dziewięciu dziewięcioma",
        "dziesięciu dziesięcioma",
        "jedenastu",
        "dwunastu",
    ),
    "cs": _forms(
        "dvě dvou dvěma dvoje",
        "tří třem třech třemi troje",
        "čtyř čtyřem čtyřech čtyřmi čtvero",
        "pěti",
        "šesti",
        "sedmi",
        "osmi",
        "devíti",
        "deseti",
        "jedenácti",
        "dvanácti",
    ),
}
