"""Compares whom a draft greets with the email's people, and the name under it with the owner's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant_app.mail.blocks import role_of
from assistant_app.mail.header import pasted
from assistant_app.workflow.checks.facts import CJK, Fact
from assistant_app.workflow.checks.names import (
    CLOSING,
    COMMON,
    DECLINING,
    ROLES,
    TITLES,
    WORD,
    are_among,
    stems,
    words_of,
)

_LINES = 4  # the greeting is among the first lines
_LONGEST = 80
LONGEST_LINE = 200
_HELLO = (
    r"dear|hi|hello|hey|good (?:morning|afternoon|evening)|hallo|guten (?:tag|morgen|abend)|liebe[rs]?"
    r"|sehr geehrte[rs]?|moin|bonjour|bonsoir|salut|chère?s?|hola|buen[oa]s (?:días|tardes|noches)"
    r"|querid[oa]|estimad[oa]|ciao|buongiorno|buonasera|gentile|car[oa]|hoi|dag|beste|geachte|cześć"
    r"|dzień dobry|drog[ia]|szanown[ya]|olá|oi|bom dia|boa tarde|prezad[oa]|exm[oa]\.?|hej|hejsan"
    r"|kär[ae]|bäste|ahoj|dobrý den|mil[ýá]|vážen[ýá]"
)
_GREETING = re.compile(rf"[ \t]*(?:(?:{_HELLO})[ \t,]+)(?P<who>[^\n,!:.]{{1,60}})", re.IGNORECASE)
_ALONE = re.compile(r"[ \t]*(?P<who>[^\W\d_][\w'’-]{1,30})[ \t]*,[ \t]*(?P<more>\S?)")
_ALONE_IN_HEADER = re.compile(r"\A([^\n:]{2,20}):[ \t]*([^\n]+)")  # a single line, without a blank one below
_FIRST_WORDS = re.compile(
    r"(?:thank|thanks|yes|no|sorry|sure|please|well|ok|okay|danke|ja|nein|merci|oui|non)\b", re.I
)


Header = list[tuple[str, str]]


def misnamed(
    draft: str,
    email: str,
    header: Header,
    known: str,
    own: str,
    words: set[str],
    writer: str = "",
    language: str | None = None,
) -> Iterator[Fact]:
    """Yield names in the greeting and under the letter that fit no one.

    `header` has the lines at the top of the email, `known` the owner's names, `own` what they wrote, `words`
    the words of all of them. If the name of the `writer` is known, someone else may not sign.
    """
    sender = next((text for label, text in header if role_of(label) == "from"), "")
    lines = list(_lines(draft))
    for start, line in lines[:_LINES]:
        found = _GREETING.match(line) or (_ALONE.match(line) if start == lines[0][0] else None)
        if found is None or _FIRST_WORDS.match(line.strip()):
            continue
        is_unsure = bool(found.groupdict().get("more"))  # "Bella, thanks" or "Unfortunately, we"
        for fact in _names(found["who"], start + found.start("who")):
            if is_unsure and not any(word.startswith(fact.text[:2].casefold()) for word in words_of(sender)):
                continue
            if not _fits(fact.text, words, language) or _is_oneself(
                fact.text, email, header, sender, known, own
            ):
                yield fact
        break
    if under := _signed(lines):
        start, line = under
        signed = list(_names(line, start))
        allowed = words_of("\n".join((known, own, _greeted(email, header), *_got_it(header))))
        is_other = bool(writer.strip()) and not any(_fits(fact.text, allowed, language) for fact in signed)
        for fact in signed:
            if is_other or not _fits(fact.text, words, language):
                yield fact


# Behind a name: 佐藤様, 陈先生, 王医生.
_HONORIFIC = re.compile(
    r"(?P<name>[\u3400-\u9fff々])(?=様|殿|さん|先生|氏|女士|小姐|老师|老師|医生|醫生|大夫|经理|經理|主任|总监)"
)
# Letters before an honorific that are no part of a name: 皆様, お客様, 各位老师, 您的医生, お母さん.
_BEFORE_HONORIFIC = frozenset(
    "皆客者子奥貴同方長任員母父兄姉妹弟孫嫁娘王神仏姫殿誰何人他様的位是个個名有请請和与及给對对找看问您你我他她"
    "各女男老大小新原旧好师生医班课主任科室外内儿牙家本校院这那該该哪"
    "仕模多左異一社店当總总副目户戶售务務品学學语語文数數乐樂育庭治"
)


def misnamed_in_cjk(draft: str, sources: str) -> Iterator[Fact]:
    """Yield a letter before a Japanese or Chinese honorific that no source has: 程先生 for 陈先生.

    Sources in other letters can't tell how a name is written.
    """
    if not CJK.search(sources):
        return
    known = _BEFORE_HONORIFIC.union(sources)
    for found in _HONORIFIC.finditer(draft):
        if found["name"] not in known:
            yield Fact("name", found.start(), found.end(), found["name"], frozenset())


def _lines(draft: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in draft.split("\n"):
        if line.strip():
            yield start, line
        start += len(line) + 1


def _names(text: str, start: int) -> Iterator[Fact]:
    for word in WORD.finditer(text):
        plain = word[0].casefold()
        if word[0][0].isupper() and not {plain, plain.rstrip("s"), plain.rpartition("-")[2]} & (
            COMMON | ROLES | TITLES
        ):
            yield Fact("name", start + word.start(), start + word.end(), word[0], frozenset())


def _fits(name: str, words: set[str], language: str | None) -> bool:
    """Return whether a name is known, in Polish and Czech also in another case: "Ewo" for Ewa."""
    if are_among(name, words):
        return True
    own = stems(name) if language in DECLINING else set()
    return bool(own) and any(not own.isdisjoint(stems(word)) for word in words)


def _is_oneself(name: str, email: str, header: Header, sender: str, known: str, own: str) -> bool:
    """Return whether the greeting copies the email's own, which greets somebody else than its sender."""
    greeted = _greeted(email, header)
    if not sender or not are_among(name, words_of(greeted)):
        return False
    others = "\n".join((sender, own, known, _body(email, header).replace(greeted, "", 1)))
    return not are_among(name, words_of(others))


def _body(email: str, header: Header) -> str:
    return email[sum(len(label) + len(text) for label, text in header) :].lstrip(": \t\n")


def _greeted(email: str, header: Header) -> str:
    """Return whom the email greets; empty if no one."""
    first = list(_lines(_body(email, header)))[:_LINES]
    return next((found["who"] for _, line in first if (found := _GREETING.match(line))), "")


def _got_it(header: Header) -> Iterator[str]:
    """Yield the lines that say who got the email."""
    return (text for label, text in header if role_of(label) in ("to", "cc"))


def header_of(email: str) -> Header:
    """Return the lines at the top of an email, also a single one without an empty line below."""
    if header := pasted(email):
        return header
    found = _ALONE_IN_HEADER.match(email[:LONGEST_LINE])
    return [(found[1], found[2])] if found and role_of(found[1]) else []


def _signed(lines: list[tuple[int, str]]) -> tuple[int, str] | None:
    """Return the last line if it is a name under a closing."""
    if len(lines) < 3 or len(lines[-1][1]) > _LONGEST:
        return None
    is_name = len(lines[-1][1].split()) <= 3 and not lines[-1][1].rstrip().endswith((".", "!", "?", ":", ","))
    return lines[-1] if is_name and CLOSING.search(lines[-2][1]) else None
