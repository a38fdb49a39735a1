"""Finds the facts in a text: dates, times, amounts, numbers, addresses, links.

In twelve languages. Each fact has every value that it may mean (1.000 is a thousand or one; 3:00
is at night or in the afternoon), so that two spellings of one fact share a value.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Literal

from assistant_app.workflow.checks import number_words, tables
from assistant_app.workflow.checks.fact_words import (
    MONEY,
    MONTHS,
    MONTHS_BY_NUMBERS,
    SAME_AMOUNT,
    SHORT_GERMAN_WEEKDAYS,
    SHORT_WEEKDAYS,
    SHORT_WEEKDAYS_OF,
    SPOKEN_WEEKDAYS_OF,
    TIMES_BY,
    TIMES_BY_OF_CJK,
    UNITS,
    UNITS_OF_CJK,
    WEEKDAYS,
    WORKING_BEFORE,
    WORKING_BEHIND,
    any_of,
    lower,
)
from assistant_app.workflow.checks.languages import is_function_word
from assistant_app.workflow.checks.lookalikes import plain

Kind = Literal["date", "time", "amount", "number", "code", "address", "link", "name", "contradiction", "talk"]
Value = tuple[object, ...]
Groups = dict[str, str | None]  # of a match


_MONTH = rf"(?P<month>{any_of(MONTHS)})\b\.?"
_YEAR = r"(?:,?\s+(?:de\s+)?(?P<year>(?:19|20)\d\d)\b)?"
_NTH = r"(?:st|nd|rd|th|er|\.|º|:e|:a)?"
_CJK = r"\u3040-\u30ff\u3400-\u9fff"  # letters that stand beside a number without a space
_FREE = rf"(?<![.,])(?<!(?![{_CJK}])\w)"  # not inside a longer number or word
_BEHIND_NO = r"(?<=n[or]\.)|(?<=č\.)"  # "No.1182"
# The beginning of a code. What begins with a class of characters is found fastest.
_ONE_IN_CAPITALS = r"[A-Z0-9](?<!\w.)"
_OF_THE_CLOCK = any_of(["uur", "hodin", "hodině", "hodiny", "hodinou", "horas", "godz", "ore"])
_CURRENCY_CODES = ("CHF", "EUR", "USD", "GBP", "NOK", "SEK", "PLN", "CZK", "JPY")
_CURRENCIES = ("€", "$", "£", "¥", *_CURRENCY_CODES)
_HOUR = "(?:[01]?\\d|2[0-4])"
_NUMBER = r"\d{1,3}(?:[ \u00a0\u202f.,'’]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?"
_PER_CENT = r"pour cent\b|per cent\b"
_WORD_UNIT = (
    rf"(?:(?:{'|'.join(WORKING_BEFORE)}|calendar) )?"
    rf"(?:{any_of([name for name in UNITS if name.isalpha()])})\b(?!(?<=\bl)['’]\w)"  # "alle 15 l'ufficio"
    rf"(?: (?:{'|'.join(WORKING_BEHIND)})\b)?"
)
_TIMES = rf"(?:\s?(?P<times>{any_of(TIMES_BY)})\b(?:(?<=mio|mrd|mln|mld)\.)?)?"
_ENDINGS = ("com", "org", "net", "io", "info", "de", "at", "ch", "fr", "eu", "uk", "no", "example")
_DOMAIN = rf"(?:[a-z0-9-]+\.)+(?:{'|'.join(_ENDINGS)})\b"


# Commands, settings and files are compared literally.
_OPTION = r"(?<![\w-])(?P<name>--[a-z][\w-]*)(?P<value>[ =][\w./:@-]*\w)?"
_ASSIGNED = r"\b(?P<name>[a-z]\w*(?:[_.-]\w+)*) ?= ?(?P<value>[\w./:@-]*\w)"
_CONFIGURED = r"\b(?P<name>[a-z]\w*(?:[_.]\w+)+): (?P<value>[\w./@-]*\w)"
_FILE_ENDINGS = (
    "pdf doc docx xls xlsx ppt pptx csv txt md odt ods zip gz yml yaml json xml toml ini cfg conf sh py js ts"
    " sql log htm html css png jpg jpeg gif svg ics eml"
)
_FILE_NAME = rf"(?<![\w./-])[\w-]+(?:\.[\w-]+)*\.(?:{'|'.join(_FILE_ENDINGS.split())})\b"
_WEEK_WORDS = "kw cw kalenderwoche calendar week woche semaine semana settimana vecka týdnu"
_NUMBERED_WEEK = (
    r"\b(?:KW|CW|Kalenderwoche|calendar week"
    r"|(?:(?<=\bin )|(?<=\bby )|(?<=\bfrom )|(?<=\bof )|(?<=\bab )|(?<=\bbis )|(?<=\ben )|(?<=\bà )"
    r"|(?<=\bv )|(?<=\bi ))(?:week|woche|semaine|semana|settimana|vecka|týdnu))"
    r"(?: no\.?| nr\.?)? ?(?P<number>[1-5]?\d)\b(?![.,:%€]\S| ?(?:-|%|€))"
)
_ONE_OF = "one|ein|eines|einen|einem|einer|eine|un|une|uno|una|één|een|um|uma|ett|jeden|jedna|jednu"
_DOZEN = (
    r"(?:a |one )?dozen|ein dutzend|une douzaine|una docena|una dozzina|een dozijn|uma dúzia|ett dussin|tuzin"
)
_QUARTER_OF_AN_HOUR = (
    r"\b(?:quarter of an hour|viertelstunde|quart d['’]heure|cuarto de hora|quarto d['’]ora|quarto de hora"
    r"|kwartier|kwadrans(?! (?:po|do))|en kvart(?! (?:över|i)\b)|čtvrt ?hodin[auy])|一刻[钟鐘]"
)
_THREE_QUARTERS = (
    r"\b(?:three quarters of an hour|dreiviertelstunde|drei viertelstunden|trois quarts d['’]heure"
    r"|tres cuartos de hora|tre quarti d['’]ora|três quartos de hora|drie kwartier|trzy kwadranse"
    r"|tre kvart(?! (?:över|i)\b)|tři čtvrtě hodiny)\b|三刻[钟鐘]"
)
_ONE_AND_A_HALF = (
    r"one and a half|anderthalb|eineinhalb|uno e mezzo|anderhal(?:f|ve)|półtor(?:a|ej)|en och en halv"
    r"|jeden a půl|půl druhého"
)
_AFTER_TOMORROW = (
    r"day after tomorrow|übermorgen|après-demain|pasado mañana|dopodomani|overmorgen|pojutrze"
    r"|depois de amanhã|övermorgon|pozítří|後天|后天|明後日|あさって"
)
_HALF_AN_HOUR = (
    r"half an hour|(?:eine |einer )?halbe[n]? stunde|une demi-heure|media hora|mezz['’]ora|mezza ora"
    r"|half ?uur|meia hora|(?:en )?halvtimme"
)

_HOURS_IN_WORDS: dict[str, int] = {
    word: number for word, number in number_words.VALUES.items() if number <= 12
} | {"one": 1, "eins": 1, "une": 1, "una": 1, "uma": 1, "één": 1, "een": 1, "ett": 1, "jednej": 1, "jedné": 1}
for _words in tables.NUMBERS.values():
    for _number, _word in enumerate(_words.replace("\n", " ").split(", ")[:11], start=2):
        _HOURS_IN_WORDS.setdefault(_word.strip(), _number)
# Polish and Czech count the hour that begins: "wpół do czwartej", "půl čtvrté".
for _forms in (
    "drugiej trzeciej czwartej piątej szóstej siódmej ósmej dziewiątej dziesiątej jedenastej dwunastej",
    "druhé třetí čtvrté páté šesté sedmé osmé deváté desáté jedenácté dvanácté",
):
    _HOURS_IN_WORDS |= {word: number for number, word in enumerate(_forms.split(), start=2)}
# "po ósmej", "o deváté" say the hour.
_ORDINAL_HOURS = {word for word in _HOURS_IN_WORDS if word.endswith(("ej", "é", "í"))}
_CLOCK_WORD = rf"(?:1[0-2]|[1-9]|{any_of(_HOURS_IN_WORDS)})"


class Pattern:
    """A regular expression that is compiled when a text needs it: most texts need a few of them.

    All of them would take a quarter of the time in which a process starts.
    """

    def __init__(self, *parts: str, flags: int = re.IGNORECASE) -> None:
        self._source, self._flags = "".join(parts), flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self._source, self._flags)


class _Text:
    """A text that facts are looked for in, with the places where they may begin.

    Most rules begin with a digit or with one of some words, and most texts have few of either.
    """

    def __init__(self, text: str) -> None:
        self.left = text  # without what a rule has taken
        self._lower = lower(text)
        self.digits = [match.start() for match in DIGITS.finditer(text)]
        self.has_cjk = CJK.search(text) is not None
        self.words: dict[str, list[int]] = defaultdict(list)
        for match in LETTERS.finditer(self._lower):
            self.words[match[0]].append(match.start())
        self.known = frozenset(self.words)
        self.beginnings: dict[str, list[str]] = defaultdict(list)
        for word in self.words:
            self.beginnings[word[:3]].append(word)

    def has(self, parts: tuple[str, ...]) -> bool:
        return any(part in self._lower for part in parts)

    def hide(self, spans: list[tuple[int, int]]) -> None:
        """Hide what a rule has taken from the next ones."""
        self.left = blanked(self.left, spans)
        self.digits = [place for place in self.digits if self.left[place] != "\x00"]


Matches = Iterator[re.Match[str]]
Search = Callable[[Pattern, _Text], Matches]
LETTERS = re.compile(r"[^\W\d_]+")
DOTTED = re.compile(r"[_.]\w{1,60}: ")
DIGITS = re.compile(r"\d+")
CJK = re.compile(f"[{_CJK}]")


def _at(places: Iterable[int], pattern: Pattern, text: str) -> Matches:
    """Yield the matches that begin at one of the places, which are in order."""
    match_at, end = None, 0
    for place in places:
        if place >= end:
            match_at = match_at or pattern.compiled.match
            if match := match_at(text, place):
                yield match
                end = match.end()


def _at_digits(pattern: Pattern, text: _Text) -> Matches:
    """Search where a number begins."""
    return _at(text.digits, pattern, text.left)


def _at_digits_behind(marks: str) -> Search:
    """Search where a number begins, and before it at one of the marks."""

    def search(pattern: Pattern, text: _Text) -> Matches:
        left = text.left
        places = [
            place
            for digit in text.digits
            for place in ((digit - 1, digit) if digit and left[digit - 1] in marks else (digit,))
        ]
        return _at(places, pattern, left)

    return search


def _at_words(*names: str) -> Search:
    """Search where the first word of one of the names stands."""
    words = frozenset(found[0] for name in names if (found := LETTERS.search(name)))

    def search(pattern: Pattern, text: _Text) -> Matches:
        places = [place for word in text.known & words for place in text.words[word]]
        return _at(sorted(places), pattern, text.left)

    return search


def _at_starts(*names: str) -> Search:
    """Search where a word begins like one of the names."""
    starts = {name[:3] for name in names}

    def search(pattern: Pattern, text: _Text) -> Matches:
        beginnings = text.beginnings.keys() & starts
        found = (word for each in beginnings for word in text.beginnings[each])
        places = [place for word in found for place in text.words[word]]
        return _at(sorted(places), pattern, text.left)

    return search


def _if_has(*parts: str) -> Search:
    """Search everywhere in a text that has one of the parts."""

    def search(pattern: Pattern, text: _Text) -> Matches:
        return pattern.compiled.finditer(text.left) if text.has(parts) else iter(())

    return search


def _if_has_ending(endings: Iterable[str]) -> Search:
    """Search everywhere in a text that has a full stop with one of the endings."""
    ending = Pattern(rf"\.(?:{'|'.join(endings)})\b")

    def search(pattern: Pattern, text: _Text) -> Matches:
        return pattern.compiled.finditer(text.left) if ending.compiled.search(text.left) else iter(())

    return search


def _before_colon(pattern: Pattern, text: _Text) -> Matches:
    """Search at the words with an underscore or a full stop that a colon follows: "load.mode: upsert"."""
    dots = [match.start() for match in DOTTED.finditer(text.left)]
    places = [max(text.left.rfind(mark, max(0, dot - NEAR), dot) for mark in " \n`'\"(") + 1 for dot in dots]
    return _at(places, pattern, text.left)


def _if_digits(pattern: Pattern, text: _Text) -> Matches:
    return pattern.compiled.finditer(text.left) if text.digits else iter(())


def _if_cjk(pattern: Pattern, text: _Text) -> Matches:
    return pattern.compiled.finditer(text.left) if text.has_cjk else iter(())


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    pattern: Pattern
    search: Search


# In order of priority: text that one pattern has matched is hidden from the next ones.
RULES: list[Rule] = [
    Rule(
        "link",
        Pattern(r"(?:https?://|www\.)[^\s<>\"”»\x00]+[^\s<>\"”»\x00.,;:!?)\]]"),
        _if_has("://", "www."),
    ),
    Rule("address", Pattern(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), _if_has("@")),
    Rule(
        "link",
        Pattern(rf"(?<![\w.@-]){_DOMAIN}(?:/[^\s<>\x00]*[^\s<>\x00.,;:!?)])?"),
        _if_has_ending(_ENDINGS),
    ),
    Rule("zone", Pattern(r"(?<=:\d\d )[+-]\d{4}\b"), _at_digits_behind("+-")),
    Rule(
        "phone",
        # "03/12/2026" is a day.
        Pattern(
            r"(?<![\w:.,])(?!0\d(?P<sep>[/-]) ?\d{1,2}(?P=sep) ?(?:(?:19|20)\d\d(?!\d)|\d\d(?![ /.-]?\d)))"
            r"(?:(?:\+|00)\d[\d ()/.-]{6,}|0\d{1,4}[ /-][\d ./-]{4,})\d\b"
        ),
        _at_digits_behind("+"),
    ),
    Rule(
        "phone_groups",
        Pattern(r"(?<![\w:.,/+-])\d{2,4}(?: \d{2,8}){1,4}(?![\w:%€$£]|[ .,-]\d| ?(?:€|eur|kr|zł|kč))"),
        _at_digits,
    ),
    Rule("setting", Pattern(_OPTION), _if_has("--")),
    Rule("setting", Pattern(_ASSIGNED), _if_has("=")),
    Rule("setting", Pattern(_CONFIGURED), _before_colon),
    Rule("file", Pattern(_FILE_NAME), _if_has_ending(_FILE_ENDINGS.split())),
    Rule("ymd", Pattern(r"\b(?P<year>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})\b"), _at_digits),
    Rule(
        "dmy",
        Pattern(_FREE, r"(?P<d>\d{1,2})(?P<sep>[./-])\s?(?P<m>\d{1,2})(?P=sep)\s?(?P<year>\d{4}|\d\d)\b"),
        _at_digits,
    ),
    Rule("dmy", Pattern(_FREE, r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?![\d\w])"), _at_digits),
    Rule(
        "dmy",
        Pattern(_FREE, rf"(?<!/)(?P<d>\d{{1,2}})/(?P<m>\d{{1,2}})(?![\d/]|(?![{_CJK}])\w)"),
        _at_digits,
    ),
    Rule(
        "version", Pattern(r"(?<![\w.,/])v?\d{1,4}(?:\.\d{1,4}){2,3}(?![\w/]|\.\d)"), _at_digits_behind("vV")
    ),
    Rule("week", Pattern(r"\b20\d\d-?W(?P<number>[0-5]\d)(?:-?[1-7])?\b"), _at_digits),
    Rule("week", Pattern(_NUMBERED_WEEK), _at_words(*_WEEK_WORDS.split())),
    Rule(
        "duration",
        Pattern(r"\b(?P<fortnight>fortnights?|quinze jours)\b"),
        _at_words("fortnight", "fortnights", "quinze"),
    ),
    Rule(
        "duration",
        Pattern(rf"\b(?P<dozen>{_DOZEN})\b"),
        _if_has("dozen", "dutzend", "dou", "doc", "doz", "dúzia", "dussin", "tuzin"),
    ),
    Rule(
        "duration",
        Pattern(rf"\b(?P<half>{_HALF_AN_HOUR})\b"),
        _if_has("half", "halbe", "demi", "media", "mezz", "meia", "halvtimme"),
    ),
    Rule(
        "duration",
        Pattern(rf"\b(?P<more>{_ONE_AND_A_HALF})\b(?: (?P<unit>{_WORD_UNIT}))?"),
        _if_has("half", "halb", "mezz", "halv", "półtor", "půl"),
    ),
    Rule(
        "duration",
        # The unit in between: "an hour and a half". "Une heure et demie" is left to the clock.
        Pattern(
            rf"\b(?:(?:an?|one|une?|un[ao]|uma?) |un['’])(?!heure\b)(?P<unit>{_WORD_UNIT}) ",
            r"(?P<more>and a half|et demie?|y medi[oa]|e mezz[oa]|e mei[oa])\b",
        ),
        _at_words("a", "an", "one", "un", "une", "una", "uno", "um", "uma"),
    ),
    Rule(
        "duration",
        Pattern(rf"(?P<after>{_AFTER_TOMORROW})"),
        _if_has(
            *("after tomorrow", "übermorgen", "après-demain", "pasado", "dopo", "overmorgen", "pojutrze"),
            *("depois de", "övermorgon", "pozítří", "天", "明後日", "あさって"),
        ),
    ),
    Rule(
        "duration", Pattern(rf"\b(?P<one>{_ONE_OF}) (?P<unit>{_WORD_UNIT})"), _at_words(*_ONE_OF.split("|"))
    ),
    Rule(
        "days",
        Pattern(
            rf"{_FREE}(?P<first>\d{{1,2}}){_NTH}\s*(?:-|to|and|or|bis|und|oder|au|et|ou|y|o|e|i|a|of|och|till|nebo|až|do|al|lub)\s*",
            rf"(?P<d>\d{{1,2}}){_NTH}\s+{_MONTH}{_YEAR}",
        ),
        _at_digits,
    ),
    Rule("day", Pattern(rf"{_FREE}(?P<d>\d{{1,2}}){_NTH}\s*(?:of\s+|de\s+)?{_MONTH}{_YEAR}"), _at_digits),
    Rule(
        "day",
        Pattern(
            rf"{_FREE}(?P<d>\d{{1,2}})\.?\s+(?:de\s+)?(?P<month>{any_of(MONTHS_BY_NUMBERS)})\b\.?",
            r",?\s+(?:de\s+)?(?P<year>(?:19|20)\d\d)\b",
        ),
        _at_digits,
    ),
    Rule(
        "cjk_day",
        Pattern(r"(?:(?P<year>\d{4})\s?年\s?)?(?P<m>\d{1,2})\s?月\s?(?P<d>\d{1,2})\s?[日号號]"),
        _if_cjk,
    ),
    Rule("cjk_day", Pattern(r"(?<!\d)(?P<m>\d{1,2})\s?月(?!\s?\d)"), _if_cjk),
    Rule(
        "cjk_weekday",
        Pattern(r"(?P<cjk>[月火水木金土日])曜日?|(?:星期|礼拜|周|週)(?P<zh>[一二三四五六日天])"),
        _if_cjk,
    ),
    Rule("cjk_weekday", Pattern(r"(?<=[(（])(?P<cjk>[月火水木金土日])(?=[)）・])"), _if_cjk),
    Rule(
        "cjk_clock",
        Pattern(
            r"(?P<part>上午|下午|晚上|早上|中午|午前|午後)?\s?(?<!\d)(?P<h>\d{1,2})\s?[時时点點](?![間间数])",
            r"(?:\s?(?P<min>\d{1,2})\s?分|(?P<thirty>半))?",
        ),
        _if_cjk,
    ),
    Rule(
        "day",
        Pattern(rf"\b{_MONTH}\s+(?:the\s+)?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?![:.]\d|\s*[%€$])", _YEAR),
        _at_words(*MONTHS),
    ),
    Rule("month", Pattern(rf"\b{_MONTH}{_YEAR}"), _at_words(*MONTHS)),
    Rule(
        "day_of_weekday",
        Pattern(
            rf"\b(?:{any_of(WEEKDAYS)}|{any_of(SHORT_WEEKDAYS)})\b[.,]?\s+(?:the\s|den\s|der\s|le\s|el\s|il\s)?",
            r"(?P<d>\d{1,2})(?:st|nd|rd|th|º|:e|\.)?(?!\w|[.,:]\d|\s?(?:[%€$£-]|am\b|pm\b|a\.m|p\.m|h\b|uhr|uur))",
        ),
        _at_words(*WEEKDAYS, *SHORT_WEEKDAYS),
    ),
    Rule(
        "weekday",
        Pattern(rf"\b(?P<weekday>{any_of(WEEKDAYS)})s?\b"),
        _at_words(*WEEKDAYS, *(f"{name}s" for name in WEEKDAYS)),
    ),
    Rule(
        "short_weekday",
        Pattern(rf"\b(?P<weekday>{any_of(SHORT_WEEKDAYS)})\b"),
        _at_words(*SHORT_WEEKDAYS),
    ),
    Rule(
        "short_weekday",
        Pattern(
            rf"\b(?P<weekday>{'|'.join(SHORT_GERMAN_WEEKDAYS)})\b\.?(?=,?\s*\d|\s(?:oder|und)\s|/|$)", flags=0
        ),
        _at_words(*map(lower, SHORT_GERMAN_WEEKDAYS)),
    ),
    Rule(
        "short_weekday",
        Pattern(rf"(?<=\b(?:oder|.und) )(?P<weekday>{'|'.join(SHORT_GERMAN_WEEKDAYS)})\b", flags=0),
        _at_words(*map(lower, SHORT_GERMAN_WEEKDAYS)),
    ),
    Rule(
        "quarter",
        Pattern(
            r"\b(?:(?P<past>quarter (?:past|after)|viertel nach|kwart over|kvart över|kwadrans po)",
            r"|(?P<to>quarter (?:to|before)|viertel vor|drei ?viertel|kwart voor|kvart i|za kwadrans"
            r"|tři čtvrtě na)",
            r"|(?P<early>čtvrt na|viertel))",
            rf" (?P<hour>{_CLOCK_WORD})\b(?!\s?[%€$£])",
        ),
        _at_words(
            "quarter", "viertel", "kwart", "kvart", "kwadrans", "za", "tři", "čtvrt", "dreiviertel", "drei"
        ),
    ),
    Rule(
        "quarter",
        Pattern(
            rf"\b(?P<hour>{_CLOCK_WORD}|midi|minuit)(?: heures?)? ",
            r"(?:(?P<past>et (?:quart|(?P<half>demie?))|y cuarto|e un quarto|e um quarto)",
            r"|(?P<to>moins (?:le |un )?quart|menos cuarto|meno un quarto))\b",
        ),
        _if_has("quart", "cuarto", "midi et", "minuit et"),
    ),
    Rule(
        "duration",
        Pattern(rf"(?P<three>{_THREE_QUARTERS})|(?P<quarter>{_QUARTER_OF_AN_HOUR})"),
        _if_has("quart", "viertelstunde", "cuarto", "kwa", "kvart", "čtvrt", "刻"),
    ),
    Rule(
        "hour_word",
        Pattern(rf"\b(?:klockan|kl\.|godz\.|godzin\w+) (?P<hour>{_CLOCK_WORD})\b(?![.:]\d)"),
        _at_starts("klo", "kl", "godz"),
    ),
    Rule(
        "hour_word",
        Pattern(rf"\b(?P<hour>{any_of(_HOURS_IN_WORDS)})\s(?:o['’]clock|uhr|uur)\b"),
        _if_has("clock", "uhr", "uur"),
    ),
    Rule("half", Pattern(rf"\bhalf past (?P<past>{_CLOCK_WORD})\b"), _at_words("half")),
    Rule(
        "half",
        Pattern(rf"\b(?:halb|halv|půl|pul|wpół do|w pół do) (?P<to>{_CLOCK_WORD})\b"),
        _at_words("halb", "halv", "půl", "pul", "wpół", "pół"),
    ),
    Rule("half", Pattern(rf"\bhalf (?P<either>{_CLOCK_WORD})\b"), _at_words("half")),
    Rule(
        "half",
        Pattern(
            rf"\b(?P<past>{_CLOCK_WORD})(?: heures?)? (?:et demie|y media|e mezza|e mezzo|e meia)\b",
        ),
        _if_has("demie", "media", "mezz", "meia"),
    ),
    Rule(
        "hour_word",
        Pattern(
            r"\b(?P<near>o|po|od|do|przed|około|na|v|ve|před|kolem) ",
            rf"(?P<hour>{any_of(_ORDINAL_HOURS)})\b",
        ),
        _at_words("o", "po", "od", "do", "przed", "około", "na", "v", "ve", "před", "kolem"),
    ),
    Rule(
        "hour_word",
        Pattern(
            r"\b(?:at|um|om|vid|alle|a las|às|v|ve) (?!(?:one|due|tre)\b)",
            rf"(?P<hour>{any_of(_HOURS_IN_WORDS)})(?=[.,;!?)\n]|$)",
        ),
        _at_words("at", "um", "om", "vid", "alle", "a", "às", "v", "ve"),
    ),
    Rule(
        "clock",
        Pattern(_FREE, r"(?P<h>\d{1,2})(?:[:.](?P<min>\d\d))?\s*(?P<half>[ap])\.?\s?m\b\.?"),
        _at_digits,
    ),
    Rule(
        "clock",
        Pattern(_FREE, r"(?P<h>\d{1,2})(?:[:.](?P<min>\d\d))?\s*Uhr\b(?:\s+(?P<late>\d\d)\b)?"),
        _at_digits,
    ),
    Rule("clock", Pattern(_FREE, r"(?P<h>\d{1,2})\s?h(?:\s?(?P<min>\d\d))?\b"), _at_digits),
    Rule(
        "clock",
        # No space stands between a time and its neighbours in Japanese and Chinese.
        Pattern(
            rf"(?:(?<![\w.,:])|(?<=[{_CJK}]))(?P<h>\d{{1,2}})[:：](?P<min>\d\d)(?::\d\d)?(?:\b|(?=[{_CJK}]))"
        ),
        _at_digits,
    ),
    Rule("clock", Pattern(_FREE, r"(?P<h>\d{1,2})\s+(?:o['’]clock|heures?)\b"), _at_digits),
    Rule(
        "clock",
        Pattern(
            r"\b(?:godz\.|godzin\w+|kl\.?|klockan|om) ?",
            rf"(?P<h>{_HOUR})\b(?:[:.](?P<min>\d\d)\b)?(?![./]\d)",
        ),
        _at_starts("godz", "kl", "klo", "om"),
    ),
    Rule(
        "hours",
        Pattern(_FREE, rf"(?P<h>{_HOUR})(?:[:.](?P<min>\d\d))?\.?\s?{_OF_THE_CLOCK}\b"),
        _at_digits,
    ),
    Rule("noon", Pattern(r"\b(?:noon|midi)\b"), _at_words("noon", "midi")),
    Rule("ordinal", Pattern(_FREE, r"(?P<d>\d{1,2})(?:st|nd|rd|th)\b"), _at_digits),
    Rule(
        "ordinal",
        Pattern(r"\b(?:am|zum|den|bis|vom|dem)\s+(?P<d>\d{1,2})\.(?=\s|,|$|\))(?!\s*\d)"),
        _at_words("am", "zum", "den", "bis", "vom", "dem"),
    ),
    Rule(
        "ordinal",
        Pattern(
            r"\b(?:le|du|au)\s+(?P<d>\d{1,2})\b",
            r"(?!\s*(?:[h:%€.,/]\S|%|€|jours|mois|semaines|ans|unités))",
        ),
        _at_words("le", "du", "au"),
    ),
    Rule(
        "numbered_days",
        Pattern(
            r"\b(?:dias?|días?|el|il)\s+(?P<list>(?:\d{1,2}, ){0,5}(?:\d{1,2} [ey] )?\d{1,2})\b",
            r"(?!\s*(?:[h:%€.,/]\S|%|€|por\b|per\b|días|dias|giorni))",
        ),
        _at_words("dia", "día", "dias", "días", "el", "il"),
    ),
    Rule(
        "code",
        Pattern(
            _ONE_IN_CAPITALS,
            r"(?:(?<=\d)(?=[A-Z0-9/-]{0,39}[A-Z])|(?<=[A-Z])(?=[A-Z0-9/-]{0,39}\d))",
            r"[A-Z0-9]*(?:[-/][A-Z0-9]+)*\b",
            flags=0,
        ),
        _if_digits,
    ),
    Rule(
        "code",
        # "2026/27" is a year, "12/10" a day or a share.
        Pattern(
            r"(?<![\w.,/-])(?!20\d\d/\d\d(?!\d)|(?:0[1-9]|1[0-2])/(?:19|20)\d\d(?!\d))",
            r"(?:\d{3,8}/\d{2,8}|\d{2}/\d{4,8})(?![\w/-]|[.,]\d)",
        ),
        _at_digits,
    ),
    Rule(
        "spaced_code",
        Pattern(
            rf"{_ONE_IN_CAPITALS}(?<!\d)[A-Z]{{1,4}}(?<!\b(?:{'|'.join(_CURRENCY_CODES)}))",
            r"[ \u00a0](?P<number>\d{4,12})\b(?![.,:]\d)",
            flags=0,
        ),
        _if_digits,
    ),
    Rule(
        "amount",
        Pattern(rf"(?P<unit>{any_of(_CURRENCIES)})\s?(?P<number>{_NUMBER}){_TIMES}"),
        _if_has(*map(lower, _CURRENCIES)),
    ),
    Rule(
        "amount",
        Pattern(
            rf"(?:{_FREE}|{_BEHIND_NO})(?P<number>{_NUMBER}){_TIMES}(?P<cjk_times>[{''.join(TIMES_BY_OF_CJK)}])?",
            r"(?P<rest>(?<=[万萬億亿])\d{1,4}(?P<rest_times>[千万萬])?)?",
            rf"(?:[\s-]?(?P<unit>%|€|\$|£|{'|'.join(UNITS_OF_CJK)}|{_PER_CENT}|{_WORD_UNIT}))?",
        ),
        _at_digits,
    ),
    Rule(
        "cjk_words",
        Pattern(
            r"(?<![第星期礼拜周週一二三四五六七八九十])(?P<number>[一二两三四五六七八九十]{1,3})",
            r"(?=[^\W一二三四五六七八九十])",
        ),
        _if_cjk,
    ),
    Rule(
        "words",
        Pattern(
            rf"\b(?P<number>{number_words.PATTERN}){_TIMES}",
            rf"(?:{number_words.HYPHEN}(?P<unit>{_PER_CENT}|{_WORD_UNIT}))?",
        ),
        _at_starts(*number_words.VALUES, *number_words.ONES),
    ),
]
_WITH_OWN_WORDS = tuple(dict.fromkeys((*tables.NUMBERS, *number_words.INFLECTED)))
_TYPED_MONTHS = {"jan", "feb", "apr", "jun", "jul", "aug", "sep", "oct", "okt", "nov", "dec", "dez"}
_SHORT_WEEKDAYS = {
    name: number
    for names in (*SHORT_WEEKDAYS_OF.values(), *SPOKEN_WEEKDAYS_OF.values(), SHORT_WEEKDAYS)
    for name, number in names.items()
}
SPANISH_DAYS = "LMXJVSD"  # as timetables have them
NEAR = 100  # characters of context searched before a fact
BY_THE_CLOCK = re.compile(
    r"\b(?:at|after|before|until|till|from|by|around|um|ab|bis|gegen|von|nach|vor|à|vers|dès|avant|après"
    r"|a las|las|alle|le|dalle|às|as|das|om|tot|vanaf|na|voor|o|od|do|po|przed|v|ve|kl|efter|före|från) $",
    re.IGNORECASE,
)
_AND = r"\s?(?:-|to|till|until|bis|à|a|y|alle|tot|do|till|až|~|and|und|et)\s?"
RANGE_BEHIND = re.compile(rf"{_AND}(?:\d|1\d|2[0-4])(?![\w.,/:%€$£-])", re.IGNORECASE)
RANGE_BEFORE = re.compile(rf"(?<![\w.,/:-])(?:\d|1\d|2[0-4]){_AND}$", re.IGNORECASE)
CLOCK = re.compile(r"([01]?\d|2[0-3])\.([0-5]\d)")
SHORT_DAY = re.compile(r"([12]?\d|3[01])\.(0[1-9]|1[0-2])")  # "25.11" without a full stop behind it
HOUR = re.compile(r"\d|1\d|2[0-4]")
ORDINAL_ENDING = re.compile(r"(?:e|er|ère|[èe]me|de|ste|º|ª|:e|:a)\b", re.IGNORECASE)  # "le 3e arrive"
MINUTES_AFTER = re.compile(r"\s(?:past|to|before|after|vor|nach)\s", re.IGNORECASE)  # "twenty past four"
MINUTES_BEFORE = re.compile(r"(?:\bheures?|\bmidi|\buhr|\bmoins)\s(?:et\s)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact at `start` to `end` of a text, with the values that it may mean."""

    kind: Kind
    start: int
    end: int
    text: str
    values: frozenset[Value]
    is_vague: bool = False  # supports other facts, but needs no support: see `_read_words`

    def moved(self, by: int) -> Fact:
        return Fact(self.kind, self.start + by, self.end + by, self.text, self.values, self.is_vague)


def facts(text: str, languages: tuple[str, ...] = ()) -> list[Fact]:
    """Return the facts of a text in order, without overlaps.

    Numbers in words are read in English, German and French in any text, and in the given languages.
    """
    read_as = plain(text)
    found = _facts(read_as, languages)
    return found if read_as == text else [replace(fact, text=text[fact.start : fact.end]) for fact in found]


def _facts(text: str, languages: tuple[str, ...]) -> list[Fact]:
    found: list[Fact] = []
    searched = _Text(text)
    own = [each for language in languages for each in _days_of(language)]
    own_words = [each for language in languages for each in _words_of(language)]
    for rule in (*own, *RULES, *own_words):
        taken = []
        for match in rule.search(rule.pattern, searched):
            if read := READERS[rule.name](rule.name, match, text):
                found += read
                taken += [(fact.start, fact.end) for fact in read]
        if taken:
            searched.hide(taken)
    return sorted(found, key=lambda fact: fact.start)


@cache
def _days_of(language: str) -> list[Rule]:
    """Return the rules for days and times whose words mean something else in other languages."""
    found = []
    if short := SHORT_WEEKDAYS_OF.get(language):
        pattern = Pattern(rf"\b(?P<weekday>{any_of(short)})\b(?=[.,]{{0,2}}\s*\d|/{any_of(short)}\b)")
        found.append(Rule("short_weekday", pattern, _at_words(*short)))
    if spoken := SPOKEN_WEEKDAYS_OF.get(language):
        pattern = Pattern(rf"\b(?P<weekday>{any_of(spoken)})s?\b(?!-feira)")
        found.append(Rule("short_weekday", pattern, _at_words(*spoken, *(f"{name}s" for name in spoken))))
    if language == "es":  # "L X V", "L-V"
        letters = Pattern(
            rf"(?<![\w.])[{SPANISH_DAYS}](?:(?:, ?| y |[ /-])[{SPANISH_DAYS}])+(?![\w.])", flags=0
        )
        found.append(Rule("spanish_days", letters, _at_words(*"lmxjvsd")))
    if language == "nl":  # "half four" is half past four in English
        found.append(Rule("half", Pattern(rf"\bhalf (?P<to>{_CLOCK_WORD})\b"), _at_words("half")))
    return found


@cache
def _words_of(language: str) -> list[Rule]:
    values = _number_words(language)
    if not values:
        return []
    unit = rf"(?:\s(?P<unit>{_PER_CENT}|{_WORD_UNIT}))?"
    pattern = Pattern(rf"\b(?P<number>{any_of(values)})\b{unit}")
    return [Rule("own_words", pattern, _at_words(*values))]


@cache
def _number_words(language: str) -> dict[str, int]:
    words = tables.NUMBERS.get(language, "").replace("\n", " ").strip()
    found = {word.strip(): number for number, word in enumerate(words.split(", "), start=2)} if words else {}
    return found | number_words.INFLECTED.get(language, {})


def blanked(text: str, spans: list[tuple[int, int]]) -> str:
    """Return the text with each span replaced by NUL characters."""
    pieces, position = [], 0
    for start, end in sorted(spans):
        if start >= position:
            pieces += [text[position:start], "\x00" * (end - start)]
            position = end
    return "".join([*pieces, text[position:]])


def _read_plain(name: str, match: re.Match[str], text: str) -> list[Fact]:
    """Read links, addresses, codes and phone numbers, which are compared literally."""
    written = match[0]
    if name == "phone":
        digits = re.sub(r"\D", "", written)
        return [_fact("number", match, [("phone", digits[-7:])])]
    if name == "code":
        return [_fact("number", match, [("code", re.sub(r"[-/]", "", written))])]
    plain = re.sub(r"^(?:https?://)?(?:www\.)?", "", written.lower()).rstrip("/")
    return [_fact("link" if name == "link" else "address", match, [("text", plain)])]


def _read_zone(name: str, match: re.Match[str], text: str) -> list[Fact]:
    """Skip the "+0100" after a time; it isn't a number in the text."""
    return [_fact("number", match, [], is_vague=True)]


def _read_phone_groups(name: str, match: re.Match[str], text: str) -> list[Fact]:
    """Read "333 555 0199". Groups of three alone are a large number, and few digits are a day and a year."""
    first, *others = match[0].split(" ")
    digits = first + "".join(others)
    if not 8 <= len(digits) <= 13 or all(len(group) == 3 for group in others):
        return []
    if any(re.fullmatch(r"(?:19|20)\d\d", group) for group in (first, *others)):
        return []
    return [_fact("number", match, [("phone", digits[-7:])])]


def _read_spaced_code(name: str, match: re.Match[str], text: str) -> list[Fact]:
    """Read "LW 20817", which is also written "LW-20817". It may be a word and a number, too."""
    values: list[Value] = [("code", re.sub(r"\s", "", match[0])), ("number", float(match["number"]), None)]
    return [_fact("number", match, values)]


def _read_setting(name: str, match: re.Match[str], text: str) -> list[Fact]:
    """Read "--mode upsert" and "reload_mode = soft". A word of prose behind an option is not its value."""
    option, value = match["name"], (match["value"] or "")
    if name == "setting" and value.startswith(" ") and is_function_word(value[1:]):
        value = ""
    end = match.start() + len(option) if not value else match.end()
    written = (option, value.lstrip(" ="))
    return [Fact("code", match.start(), end, text[match.start() : end], frozenset({("setting", *written)}))]


def _read_file(name: str, match: re.Match[str], text: str) -> list[Fact]:
    if name == "version":
        return [_fact("number", match, [("version", match[0].lower().lstrip("v"))])]
    return [_fact("code", match, [("file", match[0].lower())])]


def _read_week(name: str, match: re.Match[str], text: str) -> list[Fact]:
    number = int(match["number"])
    return [_fact("date", match, [("calendar week", number), ("number", float(number), None)])]


def _read_duration(name: str, match: re.Match[str], text: str) -> list[Fact]:
    """Read times and amounts that are said without their number: "a fortnight", "half an hour"."""
    groups = match.groupdict()
    if groups.get("fortnight"):
        return [_fact("number", match, _as_number(14.0, "day"))]
    if groups.get("dozen"):
        return [_fact("number", match, [("number", 12.0, None)], is_vague=True)]
    for part, minutes in (("half", 30.0), ("quarter", 15.0), ("three", 45.0)):
        if groups.get(part):
            return [_fact("number", match, [("number", minutes, "minute")], is_vague=True)]
    if groups.get("after"):
        return [_fact("number", match, [("number", 2.0, "day")], is_vague=True)]
    unit = _unit(groups)
    if groups.get("more"):
        return [_fact("number", match, _as_number(1.5, unit), is_vague=True)]
    if unit in MONEY or unit is None:
        return []
    return [_fact("number", match, _as_number(1.0, unit), is_vague=True)]


def _read_date(name: str, match: re.Match[str], text: str) -> list[Fact]:
    groups = match.groupdict()
    month = MONTHS_BY_NUMBERS.get(lower(groups.get("month") or ""))
    is_alone = "d" not in groups
    if month and not groups.get("year") and _is_other_word(groups["month"], alone=is_alone, match=match):
        is_typed = groups["month"] in _TYPED_MONTHS  # "from jan"
        return [_fact("date", match, [("date", None, month, None)], is_vague=True)] if is_typed else []
    year = int(groups["year"]) if groups.get("year") else None
    year = year + 2000 if year is not None and year < 100 else year
    day = int(groups["d"]) if groups.get("d") else None
    pairs = [(month, day)]
    if name == "cjk_day":
        pairs = [(int(groups["m"]), day)]
    elif "m" in groups:
        pairs = [(int(groups["m"]), day), (day, int(groups["m"]))]
        # Between full stops the day is first; between slashes it depends on the country.
        if name == "ymd" or ("." in match[0] and (_is_date(*pairs[0]) or not year)):
            del pairs[1]
    values: list[Value] = [("date", year, m, d) for m, d in pairs if _is_date(m, d)]
    if not values:
        return []
    if name == "day_of_weekday":
        return [_part("date", text, match.span("d"), values)]
    if name == "ordinal" and day and re.match(r"(?:le|au|du)\s", match[0]):  # "dopo le 17"
        values += [("clock", hour * 60) for hour in _hours(day)]
    if first := groups.get("first"):
        parts = (match.start("first"), match.end("first")), (match.start("d"), match.end())
        return [
            _part("date", text, parts[0], [("date", year, month, int(first))]),
            _part("date", text, parts[1], values),
        ]
    return [_fact("date", match, values)]


def _read_numbered_days(name: str, match: re.Match[str], text: str) -> list[Fact]:
    """Read "dias 7, 8 e 9" and "el 28", which may be something else with a number."""
    days = [(int(found[0]), found.span()) for found in DIGITS.finditer(text, *match.span("list"))]
    if not all(_is_date(None, day) for day, _ in days):
        return []
    return [
        _part("date", text, span, [("date", None, None, day), ("number", float(day), None)])
        for day, span in days
    ]


def _is_other_word(name: str, alone: bool, match: re.Match[str]) -> bool:
    """Return whether "may", "march" or an abbreviation is probably not a month here."""
    plain = lower(name)
    if plain in ("may", "march", "mar"):
        return name == plain or (alone and _begins_sentence(match))
    return alone and (len(name) < 4 or plain in ("sept", "janv"))


def _begins_sentence(match: re.Match[str]) -> bool:
    before = match.string[max(0, match.start() - NEAR) : match.start()].rstrip(" \t\"'“”„‘’«»([*_-–—•")
    return not before or before[-1] in ".!?:…\n\x00"


def _is_date(month: int | None, day: int | None) -> bool:
    return (month is None or 1 <= month <= 12) and (day is None or 1 <= day <= 31)


def _read_weekday(name: str, match: re.Match[str], text: str) -> list[Fact]:
    if name == "short_weekday":
        word = match["weekday"]
        number = SHORT_GERMAN_WEEKDAYS.get(word, _SHORT_WEEKDAYS.get(lower(word)))
        return [_fact("date", match, [("weekday", number)], is_vague=True)]
    return [_fact("date", match, [("weekday", WEEKDAYS[lower(match["weekday"])])])]


def _read_spanish_days(name: str, match: re.Match[str], text: str) -> list[Fact]:
    days = [SPANISH_DAYS.index(letter) for letter in match[0] if letter in SPANISH_DAYS]
    if "-" in match[0]:
        days = list(range(days[0], days[-1] + 1))
    return [_fact("date", match, [("weekday", day) for day in days], is_vague=True)]


def _read_clock(name: str, match: re.Match[str], text: str) -> list[Fact]:
    groups = match.groupdict()
    hour = 12 if name == "noon" else int(groups["h"])
    minute = int(groups.get("min") or groups.get("late") or 0)
    half = (groups.get("half") or "").lower()
    if hour > 24 or minute > 59:
        return []
    hours = [hour % 12 + (12 if half == "p" else 0)] if half else _hours(hour)
    values: list[Value] = [("clock", hour * 60 + minute) for hour in hours]
    if name == "clock" and not half and match[0][-1:] in "hH":  # "24h"
        values += _as_number(float(hour), "hour")
    return [_fact("time", match, values)]


def _read_half(name: str, match: re.Match[str], text: str) -> list[Fact]:
    """Read "half past three" and "halb vier", both 3:30; "half four" is either, by the language."""
    groups = match.groupdict()
    word = lower(groups.get("past") or groups.get("to") or groups.get("either") or "")
    hour = int(word) if word.isdigit() else _HOURS_IN_WORDS[word]
    hours = {hour} if groups.get("past") else {hour - 1 or 12} if groups.get("to") else {hour, hour - 1 or 12}
    values: list[Value] = [("clock", each * 60 + 30) for one in hours for each in (one, (one + 12) % 24)]
    return [_fact("time", match, values)]


def _read_quarter(name: str, match: re.Match[str], text: str) -> list[Fact]:
    """Read "quarter to eight" and "midi et demi"."""
    word = lower(match["hour"])
    hours = {"midi": [12], "minuit": [24]}.get(word) or _hours(
        int(word) if word.isdigit() else _HOURS_IN_WORDS[word]
    )
    groups = match.groupdict()
    minutes = -15 if match["to"] else 30 if groups.get("half") else -45 if groups.get("early") else 15
    return [_fact("time", match, [("clock", (hour * 60 + minutes) % (24 * 60)) for hour in hours])]


def _read_hour_word(name: str, match: re.Match[str], text: str) -> list[Fact]:
    """Read "klockan åtta", "nine o'clock", and "po ósmej", which may be another eighth."""
    word = lower(match["hour"])
    hour = int(word) if word.isdigit() else _HOURS_IN_WORDS[word]
    values: list[Value] = [("clock", each * 60) for each in _hours(hour)]
    if lower(match[0]).endswith("uur"):  # also a number of hours, as in `_read_hours`
        values += _as_number(float(hour), "hour")
    return [_fact("time", match, values, is_vague="near" in match.groupdict())]


def _read_hours(name: str, match: re.Match[str], text: str) -> list[Fact]:
    """Read "9 hodin" and "8 uur", an hour of the day or a number of hours."""
    hour, minute = int(match["h"]), int(match["min"] or 0)
    if minute > 59:
        return []
    values: list[Value] = [("clock", each * 60 + minute) for each in _hours(hour)]
    return [_fact("time", match, [*values, *([] if match["min"] else [("number", float(hour), "hour")])])]


def _read_cjk_weekday(name: str, match: re.Match[str], text: str) -> list[Fact]:
    groups = match.groupdict()
    if groups.get("zh"):
        return [_fact("date", match, [("weekday", min(6, "一二三四五六日天".index(groups["zh"])))])]
    return [_fact("date", match, [("weekday", "月火水木金土日".index(match["cjk"]))])]


def _read_cjk_clock(name: str, match: re.Match[str], text: str) -> list[Fact]:
    hour, minute = int(match["h"]), 30 if match["thirty"] else int(match["min"] or 0)
    if hour > 24 or minute > 59:
        return []
    late = match["part"] in ("下午", "晚上", "午後")
    hours = [hour % 12 + 12] if late else [hour] if match["part"] else _hours(hour)
    return [_fact("time", match, [("clock", each * 60 + minute) for each in hours])]


def _read_own_words(name: str, match: re.Match[str], text: str) -> list[Fact]:
    """Read a number in words of one of the languages of `tables.NUMBERS`."""
    word = lower(match["number"])
    value = next((table[word] for table in map(_number_words, _WITH_OWN_WORDS) if word in table), None)
    if value is None:
        return []
    unit = _unit(match.groupdict())
    values = _as_number(float(value), unit)
    if value <= 24:
        values += _on_the_clock(value, text, match.start())
    return [_fact(_kind(unit), match, values, is_vague=unit is None)]


def _read_cjk_words(name: str, match: re.Match[str], text: str) -> list[Fact]:
    number = match["number"].replace("两", "二")
    tens, ten, ones = number.rpartition("十")
    if len(tens) > 1 or len(ones) > 1:
        return []
    digits = " 一二三四五六七八九"
    value = (max(1, digits.find(tens)) * 10 if ten else 0) + max(0, digits.find(ones or " "))
    units = [("number", float(value), unit) for unit in (None, *set(UNITS_OF_CJK.values()))]
    return [_fact("number", match, [*units], is_vague=True)]


def _hours(hour: int) -> list[int]:
    """Return the hours of the day that a number may mean."""
    return [hour, hour + 12] if 0 < hour < 12 else [hour]


def _read_number(name: str, match: re.Match[str], text: str) -> list[Fact]:
    groups = match.groupdict()
    written = groups["number"]
    if name == "amount" and not groups.get("unit") and _is_item(match):
        return []
    unit, factor = _unit(groups), _factor(groups)
    values: list[Value] = []
    rest = _rest(groups)
    for number in readings(written):
        values += _as_number(round(number * factor + rest, 4), unit)
    if unit is None and factor == 1 and written.isdigit() and len(written) >= 8:  # typed without spaces
        values.append(("phone", written[-7:]))
    if clock := CLOCK.fullmatch(written):
        values.append(("clock", int(clock[1]) * 60 + int(clock[2])))
    if unit is None and (day := SHORT_DAY.fullmatch(written)):
        values.append(("date", None, int(day[2]), int(day[1])))
    if unit is None and HOUR.fullmatch(written):
        if RANGE_BEHIND.match(text, match.end()) or RANGE_BEFORE.search(
            text, max(0, match.start() - 8), match.start()
        ):
            values += [("clock", hour * 60) for hour in _hours(int(written))]  # "10-12 on friday"
        else:
            values += _on_the_clock(int(written), match.string, match.start())
    is_item = unit is None and text[max(0, match.start() - 1) : match.end() + 1] == f"({written})"
    is_vague = (is_item and len(written) == 1) or ORDINAL_ENDING.match(text, match.end()) is not None
    return [_fact(_kind(unit), match, values, is_vague=is_vague)]


def _read_words(name: str, match: re.Match[str], text: str) -> list[Fact]:
    """Read numbers in words. A unit, or "million", belongs to the last one.

    Numbers in idioms and times are vague: "two of you", "a thousand thanks", "a hundred percent",
    "fifty-fifty", "four thirty", "twenty past four".
    """
    groups = match.groupdict()
    numbers = number_words.numbers_in(groups["number"])
    found = []
    for number in numbers:
        is_last = number is numbers[-1]
        unit, factor = (_unit(groups), _factor(groups)) if is_last else (None, 1)
        start = match.start() + number.start
        end = match.end() if is_last else match.start() + number.end
        values = _as_number(float(number.value * factor), unit)
        if number.value <= 24:
            values += _on_the_clock(number.value, text, start)
        if number.is_round:
            is_vague = unit in (None, "%")
        else:
            is_vague = (unit, factor) == (None, 1) and (
                number.value < (100 if len(numbers) > 1 else 20) or _is_part(text, start, end)
            )
        if number.value * factor > 1:
            found.append(Fact(_kind(unit), start, end, text[start:end], frozenset(values), is_vague))
    return found


def _is_part(text: str, start: int, end: int) -> bool:
    """Return whether it is part of a longer word, or the minutes of a time."""
    return (
        text.endswith("-", 0, start)
        or text.startswith("-", end)
        or MINUTES_AFTER.match(text, end) is not None
        or MINUTES_BEFORE.search(text[max(0, start - NEAR) : start]) is not None
    )


def _unit(groups: Groups) -> str | None:
    unit = groups.get("unit")
    if not unit:
        return None
    written = lower(unit).split()
    if {*written} & {*WORKING_BEFORE, *WORKING_BEHIND}:
        return "working_day"
    stem = " ".join(word for word in written if word != "calendar")
    if stem in UNITS_OF_CJK:
        return UNITS_OF_CJK[stem]
    return UNITS.get(stem, "%" if " cent" in stem else stem) or None


def _factor(groups: Groups) -> float:
    times, of_cjk = groups.get("times"), groups.get("cjk_times")
    return TIMES_BY_OF_CJK.get(of_cjk or "", 1) * (TIMES_BY.get(lower(times), 1) if times else 1)


def _rest(groups: Groups) -> float:
    """Return what stands behind the ten thousands of a Japanese or Chinese number: the 5千 of 8万5千."""
    rest = groups.get("rest")
    if not rest:
        return 0
    times = groups.get("rest_times") or ""
    return float(rest.removesuffix(times)) * TIMES_BY_OF_CJK.get(times, 1)


def _as_number(number: float, unit: str | None) -> list[Value]:
    """Return a number with its unit, and how else the same is said: 24 hours, one day; 1000 g, 1 kg."""
    values: list[Value] = [("number", number, unit)]
    if unit is None:
        return values
    for small, times, large in SAME_AMOUNT:
        if unit == small and number >= times and number % times == 0:
            values.append(("number", number / times, large))
        if unit == large:
            values.append(("number", round(number * times, 4), small))
    return values


def _kind(unit: str | None) -> Kind:
    return "amount" if unit in MONEY else "number"


def _on_the_clock(number: int, text: str, start: int) -> list[Value]:
    """Return the times of day that a number may mean, as in "at 6"."""
    if not BY_THE_CLOCK.search(text[max(0, start - 8) : start]):
        return []
    return [("clock", hour * 60) for hour in _hours(number)]


def _line_before(match: re.Match[str]) -> str:
    """Return up to `NEAR` characters before the match on its line."""
    return match.string[max(0, match.start() - NEAR) : match.start()].rpartition("\n")[2]


def _is_item(match: re.Match[str]) -> bool:
    """Return whether the number only numbers a list item."""
    after = match.string[match.end() : match.end() + 1]
    return after in (".", ")") and not _line_before(match).strip(" \t*-(")


def readings(written: str) -> list[float]:
    """Return the values that a number may mean: 1,000.00 is a thousand; 1.000 is a thousand or one."""
    if written.isdigit():
        return [float(written)]
    plain = re.sub(r"[ \u00a0\u202f'’]", "", written)
    marks = re.findall(r"[.,]", plain)
    if not marks:
        return [float(plain)]
    whole, fraction = re.split(r"[.,](?=[^.,]*$)", plain)
    as_fraction = float(re.sub(r"[.,]", "", whole) + "." + fraction)
    as_groups = float(re.sub(r"[.,]", "", plain))
    if len(fraction) != 3:
        return [as_fraction]
    if len(set(marks)) > 1:
        return [as_fraction]
    return [as_groups] if len(marks) > 1 else [as_groups, as_fraction]


def _fact(kind: Kind, match: re.Match[str], values: list[Value], is_vague: bool = False) -> Fact:
    text = match[0].rstrip(" ,\u00a0")
    if text[-3:-1].isalpha():  # the full stop ends a sentence, not an abbreviation
        text = text.rstrip(".")
    return Fact(kind, match.start(), match.start() + len(text), text, frozenset(values), is_vague)


def _part(kind: Kind, text: str, span: tuple[int, int], values: list[Value]) -> Fact:
    return Fact(kind, *span, text[slice(*span)], frozenset(values))


READERS = {
    "link": _read_plain,
    "address": _read_plain,
    "phone": _read_plain,
    "code": _read_plain,
    "setting": _read_setting,
    "file": _read_file,
    "version": _read_file,
    "week": _read_week,
    "duration": _read_duration,
    "weekday": _read_weekday,
    "spanish_days": _read_spanish_days,
    "clock": _read_clock,
    "noon": _read_clock,
    "half": _read_half,
    "quarter": _read_quarter,
    "spaced_code": _read_spaced_code,
    "hours": _read_hours,
    "zone": _read_zone,
    "hour_word": _read_hour_word,
    "numbered_days": _read_numbered_days,
    "phone_groups": _read_phone_groups,
    "short_weekday": _read_weekday,
    "cjk_weekday": _read_cjk_weekday,
    "cjk_clock": _read_cjk_clock,
    "cjk_words": _read_cjk_words,
    "own_words": _read_own_words,
    "amount": _read_number,
    "words": _read_words,
} | dict.fromkeys(("ymd", "dmy", "days", "day", "month", "ordinal", "cjk_day", "day_of_weekday"), _read_date)
