"""Finds placeholders that models leave in a draft, in English, German and French.

Square, angle and curly brackets are almost always placeholders. Round ones mostly hold a remark, so they
need words like "your name"; the less clear words also need a position where a remark cannot stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant_app.workflow.checks.fact_words import MONTHS, UNITS, any_of

_LETTER = r"[^\W\d_]"
_WHOSE = r"(?:your|my|ihr|ihre|dein|deine|mein|meine|votre|mon)"
# In round brackets, "your name" is always a placeholder; "your company" may explain the word before it.
_NAME = (
    r"(?:(?:full |first |last |family )?name|surname|(?:voll\w+ |vor- und nach)?name|vorname|nachname"
    r"|nom(?: complet| et prénom)?|prénom)"
)
_OTHER = (
    r"(?:(?:job )?title|position|signature|company(?: name)?|organi[sz]ation|department"
    r"|(?:tele)?phone(?: number)?"
    r"|contact (?:details|information)|e-?mail(?: address)?|address|date|time|amount"
    r"|unterschrift|firma|firmenname|telefonnummer|anschrift|datum|uhrzeit|betrag"
    r"|entreprise|société|fonction|numéro de téléphone|adresse|heure|montant)"
)
_FIELD = rf"(?:{_NAME}|{_OTHER})"
_FILL_IN = rf"(?:please )?(?:insert|enter|add|fill in|hier|bitte) (?:(?:{_WHOSE}|the|an?) )?"
# Positions where a remark cannot stand: at the start of a line, or after one of these words. A lookbehind
# needs a fixed length.
_NEEDS_MORE = r"(?:^|(?<=: )|(?<=\bat |\bon |\bto |\bis |\bam |\bau )|(?<=\bvon )|(?<=\bdear ))"
_IN_ROUND = rf"\((?:{_WHOSE} {_NAME}|(?:{_WHOSE} )?{_FIELD} here|{_FILL_IN}{_FIELD}|(?-i:XX+))\)"
_AFTER_MONTH = r"(?<=ary |rch |ril |may |une |uly |ust |ber )"
_UNIT = any_of([name for name in UNITS if name.isalpha() and len(name) > 1])
PLACEHOLDER = re.compile(
    r"(?=[\[<{(_XxTYIDV])(?:"  # a first character check, to skip most of the text
    rf"\[(?=[^\]\n]{{0,59}}{_LETTER})[^\]\n]{{2,60}}\](?!\()"
    rf"|<(?={_LETTER})[^<>\n@/:]{{2,40}}>"
    rf"|\{{\{{?(?=[^{{}}\n]{{0,39}}{_LETTER})[^{{}}\n]{{1,40}}\}}\}}?"
    rf"|(?i:{_IN_ROUND}|{_NEEDS_MORE}\((?:{_WHOSE} )?{_FIELD}\))"
    r"|\b[Xx]{3,}\b|\b(?:TBD|TBC|TODO)\b|_{3,}"
    r"|^(?:Your [Nn]ame|Ihr Name|Dein Name|Votre nom)$"
    # "XX" in a date, a time or an amount; elsewhere it may be kisses or a Roman numeral.
    r"|\bXX+(?:[.,:/ -]XX+)+\b|\bXX(?=[./:-]\d|\s?[%€$£])|(?:(?<=\d[./:-])|(?<=\b19|\b20))XX\b"
    r"|(?:(?<=[€$£])|(?<=[€$£] )|(?<=CHF |EUR |USD |GBP |NOK ))XX\b"
    rf"|\bXX(?=\.?[ -](?i:{any_of(MONTHS)}|{_UNIT})\b)|(?i:{_AFTER_MONTH})XX\b"
    r")",
    re.MULTILINE,
)
NOT_OPEN = re.compile(r"\[(?:sic|\.\.\.|…)\]", re.IGNORECASE)


def placeholders(text: str) -> Iterator[tuple[int, str]]:
    """Yield each placeholder as (start, text)."""
    for match in PLACEHOLDER.finditer(text):
        if not NOT_OPEN.fullmatch(match[0]):
            yield match.start(), match[0]
