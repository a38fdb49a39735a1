"""Finds blocks of header lines in the text of an email: at its top, or over a quoted message. Pure functions.

Mail programs write them in any language and order, with `*` around the names, indented, or with
blank lines between.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path

_WORDS: dict[str, dict[str, list[str]]] = tomllib.loads(
    Path(__file__).with_name("languages.toml").read_text(encoding="utf-8")
)
LANGUAGES = tuple(_WORDS)
_ROLES = ("from", "sent", "date", "to", "cc", "bcc", "reply-to", "subject", "other")
# Direction marks, joiners, and the marks of bold text, which copied names have around them.
_AROUND = re.compile(
    "^[\\s*_\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+|[\\s*_\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+$"
)

# To be stripped: a regular expression for the end of a line takes long on lines of spaces.
_AROUND_VALUE = " \t\r\n\xa0\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@cache
def words(kind: str) -> frozenset[str]:
    """Return all languages' words of a kind."""
    return frozenset(word for each in _WORDS.values() for word in each.get(kind, ()))


@cache
def pattern(kind: str) -> str:
    """Return a regular expression for any language's word of a kind, to be matched in any case."""
    return "|".join(re.escape(word) for word in sorted(words(kind), key=lambda word: (-len(word), word)))


def role_of(name: str) -> str:
    """Return which header line a name is, such as "from" for "De"; an empty text if it is none."""
    plain = " ".join(_AROUND.sub("", name).split()).casefold()
    return _roles().get(plain, "")


@cache
def _roles() -> dict[str, str]:
    return {word.casefold(): role for role in reversed(_ROLES) for word in words(role)}


MOST_LINES = 24  # of a block over a quoted message
MOST_LINES_ON_TOP = 400
LONGEST_NAME = 40  # characters
LONGEST_UNKNOWN = 25  # characters of a name that is not known
MOST_WRAPPED = 12  # lines of one list of recipients

_NAMED = re.compile(
    rf"[>\s*_|]{{0,100}}(?P<name>[^\s:：*_>][^\n:：]{{0,{LONGEST_NAME - 1}}}?)[*_]{{0,2}}"
    r"[ \t\xa0]{0,20}[:：](?!//)[*_]{0,2}[ \t\xa0]*(?P<text>[^\n]*)"
)
# A row of a table: "| Von | Anna <anna@b.org> |", "Von: | Anna".
_ROW = re.compile(
    rf"[>\s*_|]{{0,100}}(?P<name>[^\s:：*_>|][^\n:：|]{{0,{LONGEST_NAME - 1}}}?)[*_]{{0,2}}"
    r"[ \t\xa0]{0,20}+[:：]?[*_]{0,2}+[ \t\xa0]{0,20}+"
    r"\|(?=[ \t\xa0]+[^\s|]|[^\n|]*\|)(?P<text>[^\n|]*)(?:\|[ \t]*)?\n?"
)
_TECHNICAL = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)+")
_TECHNICAL_NAMES = {
    "received",
    "references",
    "importance",
    "bcc",
    "precedence",
    "keywords",
    "comments",
    "autocrypt",
}
_ADDRESS = re.compile(r"[^\s<>@]@[^\s<>@]+\.[^\s<>@]")
_MARKS = re.compile(r"[>\s|]*")
# The line over a forwarded email that was copied with it: with dashes around any words, or with known words.
_ANNOUNCEMENT = re.compile(
    rf"[-_=—–~‐‑]{{2,}}[^\n@:]{{0,80}}[-_=—–~‐‑]{{2,}}\s*|[-_=—–~‐‑]{{2,}}\s*(?:{pattern('original')}|{pattern('forwarded')})\b.*"
    rf"|(?:{pattern('forwarded')})\s*[:：]?\s*|[> \t]{{0,5}}Message du \d[\d/: àh]{{5,20}}\s*",
    re.IGNORECASE,
)
# The first lines of an email that is copied from the page of Gmail or Outlook.
_ON_PAGE = re.compile(
    r"(?P<name>[^\n<>@:]{1,100}?)\s*<(?P<spec>[^\s<>@]{1,64}@[^\s<>@]{1,255})>(?P<rest>[^\n@]{0,100})"
)
LONGEST_ON_PAGE = 600  # characters of such a line
MOST_ON_PAGE = 8  # lines below it
_TO_ON_PAGE = re.compile(
    rf"(?:(?P<to>{pattern('to')})|(?P<cc>{pattern('cc')}))(?:(?:[:：]\s*|\s+)(?P<people>\S[^\n]{{0,300}})|[:：])"
    r"|[^\s]{1,40}에게",
    re.IGNORECASE,
)
_TIME = re.compile(r"\d{1,2}[:.]\d{2}")
_INITIALS_OR_FOLDER = re.compile(
    r"\W*(?:\w{1,2}|inbox|posteingang|boîte de réception|recibidos|external)\W*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    text: str
    role: str  # "from", "subject" and so on; the name in lower case for others
    start: int
    end: int  # behind its line break

    @property
    def is_for_people(self) -> bool:
        """Return whether people read this line, and not only mail programs."""
        return self.role in _ROLES


@dataclass(slots=True)
class Block:
    start: int
    end: int  # behind the line break of its last line
    lines: list[Line] = field(default_factory=list)

    @property
    def roles(self) -> set[str]:
        return {line.role for line in self.lines}

    def text(self, *roles: str) -> str:
        """Return the text of the first line with one of these roles."""
        return next((line.text for role in roles for line in self.lines if line.role == role), "")


def lines_from(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each line, the end behind the line break."""
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield start, end
        start = end


@lru_cache(maxsize=8)  # a prompt asks for it four times in a row
def on_top(email: str) -> Block | None:
    """Return the block at the top of an email's text; None if it begins with something else.

    It is shared by all callers. Don't change it.
    """
    start = len(email) - len(email.lstrip("\ufeff \t\r\n"))
    end = email.find("\n", start, start + 150)
    if end > 0 and _ANNOUNCEMENT.fullmatch(email, start, end):
        below = end + len(email[end : end + 50]) - len(email[end : end + 50].lstrip())
        return over_quoted(email, below, is_announced=True)
    block = _block(email, start, is_top=True)
    if block is None:
        return _on_page(email, start)
    if len(block.lines) > 1 or _ADDRESS.search(block.lines[0].text):
        return block
    return block if not email[block.end : block.end + 1].strip() else None


def over_quoted(text: str, start: int, *, is_announced: bool = False) -> Block | None:
    """Return the block of a quoted message that starts here; None for anything else, such as a trip.

    `is_announced` says that a line such as "Original Message" is above.
    """
    block = _block(text, start, is_top=False)
    if block is None or len(block.lines) < 2:
        return None
    if "from" not in block.roles:
        is_dated = bool({"sent", "date"} & block.roles) and "to" in block.roles
        return block if is_dated and _ADDRESS.search(block.text("to")) else None
    if is_announced or {"subject", "sent"} & block.roles:
        if is_announced:
            block.end = _behind_announcement(text, block.end)
        return block
    return block if _ADDRESS.search(block.text("from") + block.text("to")) and len(block.roles) > 1 else None


def _behind_announcement(text: str, position: int) -> int:
    """Return where a second announcement ends, which some programs write below the header."""
    end = text.find("\n", position, position + 150) + 1
    is_another = end > 0 and text[position] in "-_=~" and _ANNOUNCEMENT.fullmatch(text, position, end)
    return end if is_another else position


def _block(text: str, start: int, *, is_top: bool) -> Block | None:
    block = Block(start, start)
    gaps: list[int] = []  # blank lines before each line but the first
    gap = names_alone = 0  # lines whose text is below their name
    lines = list(islice(lines_from(text, start), MOST_LINES_ON_TOP if is_top else MOST_LINES))
    number = 0
    while number < len(lines):
        begin, end = lines[number]
        line = text[begin:end]
        if not line.strip("> \t\r\n\xa0|"):
            gap += 1
            number += 1
            if not block.lines or gap > 1 or (gaps and not gaps[0]):
                break
            continue
        named = _named(line, is_top) or _unknown(text, lines, number, block, is_top)
        if named is None or _ends(block, named[1]) or (gaps and gap != gaps[0]):
            break
        name, role, value = named
        is_below = not value and names_alone > 0
        taken = 1 + _wrapped(text, lines, number, value, role, is_top, is_below)
        names_alone += not value and taken > 1
        end = lines[number + taken - 1][1]
        value = " ".join(
            [
                value,
                *(_MARKS.sub("", text[a:b], count=1).strip() for a, b in lines[number + 1 : number + taken]),
            ]
        )
        if block.lines:
            gaps.append(gap)
        block.lines.append(Line(name, value.strip(), role, begin, end))
        block.end, gap = end, 0
        number += taken
    return block if block.lines else None


def _named(line: str, is_top: bool) -> tuple[str, str, str] | None:
    """Return name, role and text of a header line; None for any other line."""
    found = (_ROW.fullmatch(line) if "|" in line[1:100] else None) or _NAMED.match(line)
    if found is None:
        return None
    name = " ".join(found["name"].strip("*_ \t").split())
    role = role_of(name)
    if not role and is_top and (_TECHNICAL.fullmatch(name) or name.lower() in _TECHNICAL_NAMES):
        role = name.lower()
    value = found["text"].strip(_AROUND_VALUE)
    if line.lstrip().startswith("**"):
        value = value.removeprefix("**").strip()
    return (name, role, value) if role else None


def _unknown(
    text: str, lines: list[tuple[int, int]], number: int, block: Block, is_top: bool
) -> tuple[str, str, str] | None:
    """Return a line between known header lines as one whose name is not known here."""
    if not block.lines or number + 1 >= len(lines):
        return None
    if is_top and not any(line.role == "from" and _ADDRESS.search(line.text) for line in block.lines):
        return None
    found = _NAMED.match(text[slice(*lines[number])])
    if (
        found is None
        or len(found["name"]) > LONGEST_UNKNOWN
        or not _named(text[slice(*lines[number + 1])], is_top)
    ):
        return None
    return found["name"].strip(), "other", found["text"].strip()


def _ends(block: Block, role: str) -> bool:
    """Return whether another line with this role belongs to the next block."""
    return role in ("from", "to", "subject", "sent", "date", "cc") and role in block.roles


def _wrapped(
    text: str,
    lines: list[tuple[int, int]],
    number: int,
    value: str,
    role: str,
    is_top: bool,
    is_below: bool,
) -> int:
    """Return how many of the next lines continue this one."""
    taken = 0
    for begin, end in lines[number + 1 : number + 1 + MOST_WRAPPED]:
        line = text[begin:end]
        bare = _MARKS.sub("", line, count=1).strip()
        if not bare or _named(line, is_top):
            break
        is_folded = line[0] in " \t" and is_top
        is_list = (
            value.endswith((",", ";"))
            or bare.startswith("<")
            or (_ADDRESS.search(bare) is not None and len(bare) < 200)
        )
        is_title = role == "subject" and not is_top and len(bare) < 100
        if not (is_folded or is_list or is_title or (not value and len(bare) < 200)):
            break
        taken += 1
        value = bare
    is_sure = is_top and taken and text[lines[number + 1][0]] in " \t"
    after = number + 1 + taken
    if not taken or is_sure or is_below or after >= len(lines):
        return taken
    rest = text[lines[after][0] : lines[after][1]]
    if _named(rest, is_top):
        return taken
    return taken if role != "subject" and not rest.strip("> \t\r\n") else 0


def _on_page(email: str, start: int) -> Block | None:
    """Return the header of an email that was copied from the page of Gmail or Outlook."""
    lines = [(begin, end) for begin, end in islice(lines_from(email, start), 20) if email[begin:end].strip()]
    for number, (begin, end) in enumerate(lines[:6]):
        line = _line_on_page(email, begin, end)
        found = _ON_PAGE.fullmatch(line) if len(line) <= LONGEST_ON_PAGE else None
        if found is None:
            continue
        before = [email[a:b].strip() for a, b in lines[:number]]
        if any(len(each) > 150 or each.endswith((",", ".", ":")) for each in before):
            return None
        block = Block(start, end)
        subject = next(
            (each for each in before if not ("@" in each or _INITIALS_OR_FOLDER.fullmatch(each))), ""
        )
        if subject:
            block.lines.append(Line("Subject", subject, "subject", start, begin))
        block.lines.append(Line("From", f"{found['name'].strip()} <{found['spec']}>", "from", begin, end))
        is_sure = _add_time(block, found["rest"], begin, end)
        if _add_below(block, email, lines[number + 1 : number + 1 + MOST_ON_PAGE]) or is_sure:
            return block
    return None


def _line_on_page(email: str, start: int, end: int) -> str:
    return email[start:end].replace("\u200b", " ").strip()


def _add_below(block: Block, email: str, lines: list[tuple[int, int]]) -> bool:
    """Add the lines below the sender to a block: recipients, beside or below their name, and the time."""
    is_sure = False
    open_line = ""  # the name of recipients that may go on
    for begin, end in lines:
        line = _line_on_page(email, begin, end)
        found = _TO_ON_PAGE.fullmatch(line)
        if found and (role := "cc" if found["cc"] else "to") not in block.roles:
            name = found["to"] or found["cc"] or "To"
            block.lines.append(Line(name, (found["people"] or "").strip(), role, begin, end))
            is_alone = not found["people"] and line.endswith((":", "："))
            open_line = name if is_alone or line.endswith(";") else ""
        elif len(line) < 60 and _add_time(block, line, begin, end):
            open_line = ""
        elif open_line and len(line) < 200:
            last = block.lines.pop()
            block.lines.append(Line(last.name, f"{last.text} {line}".strip(), last.role, last.start, end))
            open_line = open_line if line.endswith(";") else ""
        else:
            break
        block.end, is_sure = end, True
    return is_sure


def _add_time(block: Block, text: str, start: int, end: int) -> bool:
    if not _TIME.search(text) or "date" in block.roles:
        return False
    block.lines.append(Line("Date", text.strip(), "date", start, end))
    return True
