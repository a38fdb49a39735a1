"""Words for months, weekdays and units in ten languages, and regex patterns of them.

Months and weekdays come from CLDR (`tables.py`); here are the forms that it lacks.
"""

import re
import unicodedata
from collections.abc import Collection

from assistant_app.workflow.checks import tables


def _numbered(*rows: str, start: int) -> dict[str, int]:
    """Map each word to the number of its row. A row holds the synonyms of one month or weekday."""
    return {word: number for number, row in enumerate(rows, start) for word in row.split()}


def lower(word: str) -> str:
    """Return a word in lower case, as in the tables. re.IGNORECASE takes ı, İ, ſ and µ for i, s and μ."""
    if not word.isascii():
        word = word.replace("ı", "i").replace("İ", "i").replace("ſ", "s").replace("µ", "μ")
    return word.lower()


def any_of(names: Collection[str]) -> str:
    """Return a pattern that matches the longest of the names.

    It is a trie behind a lookahead for the first letters: four times as fast as one alternative per name.
    """
    return f"(?=[{''.join(sorted({re.escape(name[0]) for name in names}))}])(?:{_rest(names)})"


def _rest(names: Collection[str]) -> str:
    by_first: dict[str, set[str]] = {}
    for name in sorted(names):
        by_first.setdefault(name[:1], set()).add(name[1:])
    ends = by_first.pop("", None)
    rest = "|".join(re.escape(first) + _rest(others) for first, others in by_first.items())
    return f"(?:{rest})?" if ends and rest else f"(?:{rest})" if "|" in rest else rest


def _with_plain_forms(words: dict[str, int]) -> dict[str, int]:
    """Add each word as it is typed without accents, where that is no other word."""
    plain = {}
    for word, number in words.items():
        letters = (letter for letter in unicodedata.normalize("NFKD", word.replace("ł", "l")))
        plain["".join(letter for letter in letters if not unicodedata.combining(letter))] = number
    return {**plain, **words}


_MORE_MONTHS = ("jänner", "febr", "mrz maerz", "", "", "", "", "", "", "", "", "")
_MORE_WEEKDAYS = (  # other cases of Polish and Czech, and what CLDR lacks
    "poniedziałku poniedziałki pondělka pondělku segunda-feira",
    "wtorku wtorki úterka úterku",
    "środę środy środzie středu středy středě",
    "czwartku czwartki čtvrtka čtvrtku",
    "piątku piątki pátku",
    "sonnabend sobotę soboty sobocie sobotu sobotě",
    "niedzielę niedzieli neděli nedělí",
)
# Portuguese drops "-feira" in speech; these are ordinal numbers as well.
_SPOKEN_WEEKDAYS = _numbered("segunda", "terça", "quarta", "quinta", "sexta", start=0)
MONTHS = _with_plain_forms(
    _numbered(*tables.MONTHS.strip().splitlines(), start=1) | _numbered(*_MORE_MONTHS, start=1)
)
_SHORT_MONTHS = _numbered(*tables.SHORT_MONTHS.removeprefix("\n").splitlines(), start=1)
MONTHS_BY_NUMBERS = MONTHS | _SHORT_MONTHS  # with those that are months only between a day and a year
WEEKDAYS = _with_plain_forms(
    _numbered(*tables.WEEKDAYS.strip().splitlines(), start=0) | _numbered(*_MORE_WEEKDAYS, start=0)
)
WEEKDAYS |= {f"{name}en": number for name, number in WEEKDAYS.items() if name.endswith("dag")}  # "måndagen"
# Many are other words as well, so they support a date but need no support.
SHORT_WEEKDAYS = _numbered("mon", "tue tues", "wed", "thu thur thurs", "fri", "sat", "sun", start=0)
SHORT_GERMAN_WEEKDAYS = _numbered("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So", start=0)
SHORT_WEEKDAYS_OF = {
    language: _with_plain_forms({name: day for day, name in enumerate(names.split()) if name != "-"})
    for language, names in tables.SHORT_WEEKDAYS.items()
}
SPOKEN_WEEKDAYS_OF = {"pt": _with_plain_forms(_SPOKEN_WEEKDAYS)}
UNITS = {
    name: names.split()[0]
    for names in (
        "minute minutes min minuten minuto minutos minuti minuut minuta minuty minut minuter",
        "hour hours hrs stunde stunden heure heures hora horas ora ore uur uren godzina godziny godzin timme"
        " timmar hodina hodiny hodin",
        # Before the days, which are in some of them.
        "working_day werktag werktage werktagen arbeitstag arbeitstage arbeitstagen werkdag werkdagen"
        " arbetsdag arbetsdagar",
        "day days tag tage tagen tages jour jours día días dia dias giorno giorni dag dagen"
        " dzień dni dagar den dny dní",
        "week weeks woche wochen semaine semaines semana semanas settimana settimane weken tydzień"
        " tygodnie tygodni vecka veckor týden týdny týdnů",
        "month months monat monate monaten monats mois mes meses mese mesi maand maanden"
        " miesiąc miesiące miesięcy mês"
        " månad månader měsíc měsíce měsíců",
        "year years jahr jahre jahren jahres an ans año años anno anni jaar jaren rok lata lat ano anos år"
        " roky let",
        "% percent per cent prozent pourcent procent",
        "€ eur euro euros euró eura",
        "$ usd dollar dollars",
        "£ gbp pound pounds",
        "chf franken francs",
        "kr nok sek dkk kroner kronor",
        "zł pln złotych złote złoty",
        "kč czk korun koruny",
        "¥ jpy cny yen yuan",
        *tables.MEASURES,
        "kg kilo kilos",
        "μg mcg",
    )
    for name in names.split()
}
# Units that stand behind a number without a space, and have no words beside them.
UNITS_OF_CJK = {
    "円": "¥",
    "日元": "¥",
    "元": "¥",
    "块": "¥",
    "塊": "¥",
    "美元": "$",
    "ドル": "$",
    "欧元": "€",
    "ユーロ": "€",
    "时间": "hour",
    "時間": "hour",
    "个工作日": "working_day",
    "工作日": "working_day",
    "営業日": "working_day",
    "小时": "hour",
    "分钟": "minute",
    "分間": "minute",
    "日間": "day",
    "天": "day",
    "週間": "week",
    "周": "week",
    "个月": "month",
    "ヶ月": "month",
    "か月": "month",
    "年": "year",
}
# Days of work, before and behind the word for days: "working days", "jours ouvrés".
WORKING_BEFORE = ("working", "business", "pracovní", "pracovních")
WORKING_BEHIND = (
    "ouvrés",
    "ouvrables",
    "hábiles",
    "laborables",
    "lavorativi",
    "roboczych",
    "robocze",
    "úteis",
)
MEASURES = frozenset(names.split()[0] for names in tables.MEASURES)
# Two ways to say how long, or how much: so many of the first are one of the second.
SAME_AMOUNT = (
    ("minute", 60, "hour"),
    ("hour", 24, "day"),
    ("day", 7, "week"),
    ("month", 12, "year"),
    ("g", 1000, "kg"),
    ("mg", 1000, "g"),
    ("ml", 1000, "l"),
)
TIMES_BY_OF_CJK = {"千": 1e3, "万": 1e4, "萬": 1e4, "億": 1e8, "亿": 1e8}
MONEY = {"%", "€", "$", "£", "chf", "kr", "zł", "kč", "¥"}
TIMES_BY = {
    "k": 1e3,
    "thousand": 1e3,
    "tausend": 1e3,
    "mille": 1e3,
    "million": 1e6,
    "millionen": 1e6,
    "millions": 1e6,
    "mio": 1e6,
    "mln": 1e6,
    "miljoen": 1e6,
    "miljoner": 1e6,
    "milioni": 1e6,
    "millones": 1e6,
    "milhões": 1e6,
    "mrd": 1e9,
    "mld": 1e9,
    "milliarden": 1e9,
    "milliards": 1e9,
    "miljard": 1e9,
    "miliardi": 1e9,
}
