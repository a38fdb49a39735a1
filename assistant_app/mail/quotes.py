"""Finds the messages that an email quotes: with ">", below a line such as "On … wrote:", or below a header.

Pure functions of text, which is untrusted. Every line is looked at a bounded number of times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from assistant_app.mail import blocks
from assistant_app.mail.addresses import addresses_in
from assistant_app.mail.blocks import pattern, words

MOST_LINES = 3_000  # of an email in which the first lines of quoted messages are looked for
SHORTEST_OPENING = 3  # characters, as "---" has
LONGEST_INTRODUCTION = 400  # characters
MOST_INTRODUCING = 3  # lines that an introduction is broken into
MOST_BROKEN = 6  # the same if the first of them is surely one; some programs put blank lines between
LONG_LINE = 35  # characters of a quoted line that may have been broken
MOST_SIGNED = 12  # lines of a signature or a list's footer below the last quote

_MARKS = re.compile(r"[ \t]*(?:>[ \t]?)*")
_PLAIN_MARK = re.compile(r"[ \t]{0,3}>")
_DIRECTIONS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ANY_MARKS = re.compile(r"[>\s|*_]*")
# Verbs of scripts that write no spaces between words need no word boundary.
_JOINED = sorted(
    (word for word in words("wrote") if re.search(r"[\u0e00-\u0eff\u3040-\u9fff\uac00-\ud7af]", word)),
    key=len,
)
_SPACED = sorted(words("wrote") - set(_JOINED), key=len)
_VERB = re.compile(
    rf"(?<!\w)(?:{'|'.join(map(re.escape, _SPACED[::-1]))})(?!\w)|{'|'.join(map(re.escape, _JOINED[::-1]))}",
    re.IGNORECASE,
)
_YEAR_OR_DAY = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,2}[./-]\d{1,2}(?:[./-]\d{2,4})?(?!\d)"
    r"|(?<!\d)\d{1,2}\. \d{1,2}\. ?\d\d|[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef]{4}|25\d\d"
)
_TIME = re.compile(
    r"(?<!\d)\d{1,2}[:.h]\d{2}(?!\d)|[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef]{1,2}:"
)
_ADDRESS = re.compile(r"[^\s<>@:\"]+@[^\s<>@:\"]+")
_LETTER = re.compile(r"[^\W\d_]")
_HINT = re.compile("[:：﹕︰@]")
_COLON = re.compile(r"[:：﹕︰]\s*[*_]*\s*$")
_DATED_ADDRESS = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b[^<>]{0,100}<[^\s<>@]+@[^\s<>@]+>\s*[:：]?")
_NAMED_ADDRESS = re.compile(r"[^<>:,.;]{0,60}<[^\s<>@]+@[^\s<>@]+>\s*(?:\w+\s?){1,3}[:：]$")
_QUOTING_NAMED = re.compile(  # Horde and its relatives
    r"(?:Quoting|Zitat von|Citando(?: a)?|Citation de|Citeren|Citat från|Citat|Cytowanie|Citát|Idézet"
    r"|Цитирую)\s"
    r"[^<>:]{0,60}<?[^\s<>@]+@[^\s<>@]+?>?\s*:"
)
_GROUPWISE = re.compile(r">>> ?([^<>\n]{1,150}(?:<[^<>\s]{1,320}>[^<>\n]{0,60})?)>>>[ \t]*$")
_NAMED_AFTER_COMMA = re.compile(r"[,،、]\s*[^\W\d_a-zà-öø-ÿ][^,:]*$")
_NAME = re.compile(
    rf"[>\s*_|\u200e\u200f]*(?:{'|'.join(pattern(role) for role in ('from', 'sent', 'date', 'subject'))})"
    r"[*_\u200e\u200f]*[ \t\xa0]*[*_]*[:：|]",
    re.IGNORECASE,
)
_DASHES = re.compile(r"[>\s|*]*[-_=—–~*‐‑]{2,}")
_OF_RULES = "-_=—–~*‐‑>| \t\r\n"  # what lines between messages are drawn with
_ANNOUNCED = re.compile(rf"(?:{pattern('original')}|{pattern('forwarded')})\b.{{0,80}}", re.IGNORECASE)
_FORWARD = re.compile(rf"(?:{pattern('forwarded')})\b", re.IGNORECASE)
# Most lines begin differently, and are then not matched with hundreds of words.
_FIRST_LETTERS = {word[:2].casefold() for word in words("original") | words("forwarded")}
_ANNOUNCED_ALONE = re.compile(rf"(?:{pattern('forwarded')})\s*(?:[:：]|[-–—.…]*)\s*", re.IGNORECASE)
_ANNOUNCED_BY_WORD = re.compile(rf"(?:{pattern('original')})\s*[:：]?\s*", re.IGNORECASE)
# What people write over a forwarded message that is itself what the email is about.
_FOR_INFORMATION = re.compile(
    r"\W*(?:fyi|fya|f\.y\.i\.?|for (?:your )?info(?:rmation)?|see below|siehe unten"
    r"|s\.\s?u\.?|z\.?\s?k\.?|zur (?:info(?:rmation)?|kenntnis)"
    r"|pour info(?:rmation)?|voir ci-dessous|para (?:tu|su) información|per conoscenza"
    r"|ter info(?:rmatie)?|til info(?:rmasjon)?)\W*",
    re.IGNORECASE,
)
_SIGNED = re.compile(
    r"[ \t]*(?:--|__|—)[ \t]*$|_{5,}[ \t]*$|-{5,}[ \t]*$|(?:Sent|Get) (?:from|Outlook for|via) ",
    re.IGNORECASE,
)
# Words around the date of an introduction that belong to no name.
_NO_NAME = re.compile(
    r"(?:[AP]\.?M\.?|Uhr|um|h|kl\.?|klo|hrs?|GMT|UTC|CES?T|MES?Z|at|à|às|alle|a las|o|от|в|на|the"
    r"|om|ora|u|le|am|on)[,.]?",
    re.IGNORECASE,
)
_START = re.compile(
    r"(?:On|Am|Le|El|Il|Em|Op|Den|W dniu|Dnia|Dne|Dňa|La data de|Pe|V|Dana"
    r"|Στις|Vào|Pada|ב-|בתאריך|في)\s+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quote:
    """A quoted message: where its first line and its text begin, and what the first line says."""

    start: int
    text_start: int
    end: int
    depth: int  # number of ">" before its first line
    is_marked: bool  # its lines start with ">", so that its end is known
    sender: str = ""  # as written; empty if unknown
    date: str = ""
    has_first_line: bool = True
    is_forward: bool = False


@dataclass(frozen=True, slots=True)
class _Opening:
    start: int
    end: int
    sender: str = ""
    date: str = ""
    is_forward: bool = False


def quotes_in(email: str) -> list[Quote]:
    """Return the quoted messages in the order in which they begin. Answers between quoted lines end one.

    Below `MOST_LINES`, no more begin: the last one has all the rest.
    """
    scan = _Scan(email)
    return scan.with_all_the_rest(list(scan.quotes()))


def quoted_in(email: str) -> int:
    """Return how many earlier messages an email quotes, counting those with a recognisable first line."""
    found = quotes_in(email)
    return sum(quote.has_first_line for quote in found) or int(bool(found))


def start_of_quoted(email: str, spans: list[tuple[int, int]] | None = None) -> int:
    """Return the index from which everything is quoted; the length of the email if it ends with new text.

    `spans` are those of `spans_of`, if they are known: to find them takes long in a long email.
    """
    spans = spans_of(quotes_in(email)) if spans is None else spans
    end = len(email)
    if not spans:
        return end
    last = spans[-1][1]
    if email[last:].strip() and not _is_signature(email[last:]):
        return end
    start = spans[-1][0]
    for before in reversed(spans[:-1]):
        if email[before[1] : start].strip():
            break
        start = before[0]
    return start


def without_quoted(email: str) -> str:
    """Return an email without its quoted messages. Answers between them stay, and mere forwards."""
    spans = spans_beside_new(email)
    return _without(email, spans).rstrip() if spans else email


def spans_beside_new(email: str) -> list[tuple[int, int]]:
    """Return the quoted stretches of an email; none if it has no other text, or merely forwards."""
    found = quotes_in(email)
    spans = spans_of(found)
    return [] if _has_nothing_new(_without(email, spans), found) else spans


def _without(email: str, spans: list[tuple[int, int]]) -> str:
    starts, ends = [start for start, _ in spans], [end for _, end in spans]
    return "".join(email[start:end] for start, end in zip([0, *ends], [*starts, len(email)], strict=True))


def is_the_email(email: str, first: Quote) -> bool:
    """Return whether the first quoted message is what the email is about, as in a mere forward."""
    return _has_nothing_new(email[: first.start], [first])


def _has_nothing_new(text: str, found: list[Quote]) -> bool:
    """Return whether the text beside quoted messages says nothing but that one of them is forwarded."""
    top = blocks.on_top(text)
    new = text[top.end if top else 0 :].strip()
    return not new or bool(found and found[0].is_forward and _FOR_INFORMATION.fullmatch(new))


def spans_of(quotes: list[Quote]) -> list[tuple[int, int]]:
    """Return the quoted stretches of an email, joined where they meet."""
    spans: list[tuple[int, int]] = []
    for quote in quotes:
        if spans and quote.start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], quote.end))
        else:
            spans.append((quote.start, quote.end))
    return spans


def _is_signature(text: str) -> bool:
    lines = text.strip().splitlines()
    return len(lines) <= MOST_SIGNED and _SIGNED.match(lines[0]) is not None


class _Scan:
    """Goes through the lines of an email once, from its header to its end."""

    def __init__(self, email: str) -> None:
        block = blocks.on_top(email)
        self.email = email
        self.lines = list(blocks.lines_from(email, block.end if block else 0))
        self.depths = [self._depth(start, end) for start, end in self.lines]

    def quotes(self) -> Iterator[Quote]:
        number = 0
        while number < len(self.lines):
            opening = self._opening(number) if self._may_open(number) else None
            if opening is not None:
                begin, after = opening[0], opening[1]
                yield self._quote(begin, after, opening[2])
                number = after
                continue
            if self.depths[number] > 0 and (number == 0 or not self._is_inside(number)):
                end = self._end_of_marked(number, 0)
                yield Quote(
                    self.lines[number][0],
                    self.lines[number][0],
                    self.lines[end - 1][1],
                    0,
                    True,
                    has_first_line=False,
                )
                self._inside_until = end
            number += 1

    def with_all_the_rest(self, found: list[Quote]) -> list[Quote]:
        """Return the quotes, of which the last one that was looked for has the messages below it, too."""
        if len(self.lines) <= MOST_LINES:
            return found
        looked_at = self.lines[MOST_LINES][0]
        kept = [quote for quote in found if quote.start < looked_at]
        if not kept:
            return found
        last = kept[-1]
        below = self._next_with_text(self._number_at(0, last.end))
        is_thread = MOST_LINES <= below < len(self.lines) and self._opening(below) is not None
        return [*kept[:-1], replace(last, end=len(self.email))] if is_thread else found

    _inside_until = 0  # number of the line where a quote that began without a first line ends

    def _is_inside(self, number: int) -> bool:
        return number < self._inside_until

    def _quote(self, begin: int, after: int, opening: _Opening) -> Quote:
        """Return the quote that begins with these lines, up to its last line."""
        depth = max(0, min((self.depths[n] for n in range(begin, after) if self.depths[n] >= 0), default=0))
        first = self._next_with_text(after)
        is_marked = first < len(self.lines) and self.depths[first] > depth
        if is_marked or depth:
            end = self._end_of_marked(first if is_marked else after, depth if is_marked else depth - 1)
        else:
            end = len(self.lines)
        self._inside_until = max(self._inside_until, end)
        stop = self.lines[end - 1][1] if end else len(self.email)
        text_start = self.lines[after][0] if after < len(self.lines) else len(self.email)
        return Quote(
            opening.start,
            text_start,
            max(stop, opening.end),
            depth,
            is_marked,
            opening.sender,
            opening.date,
            True,
            opening.is_forward,
        )

    def _end_of_marked(self, number: int, depth: int) -> int:
        """Return the number of the line behind the last one that is quoted deeper than `depth`."""
        end = number
        while number < len(self.lines) and (
            self.depths[number] > depth or self.depths[number] < 0 or self._is_broken_off(number)
        ):
            if self.depths[number] >= 0:
                end = number + 1
            number += 1
        return end

    def _is_broken_off(self, number: int) -> bool:
        """Return whether a line is the rest of the quoted line above, broken without a mark."""
        if (
            number == 0
            or number + 1 >= len(self.lines)
            or self.depths[number - 1] < 1
            or self.depths[number + 1] < 1
        ):
            return False
        first, before = self._bare(number)[:1], self._bare(number - 1)
        if first != first.lower() or first.isdigit():
            return False
        return len(before) > 2 * LONG_LINE - 10 or (len(before) > LONG_LINE and before[-1] not in ".?!:;")

    def _depth(self, start: int, end: int) -> int:
        """Return how many ">" a line begins with; -1 for a blank line."""
        line = self.email[start : min(end, start + 200)]
        if not line.strip():
            return -1
        if "<<" in line or _GROUPWISE.match(line.rstrip("\n")):  # ">>> click here <<<" is no quote
            return 0
        return _MARKS.match(line)[0].count(">") if _PLAIN_MARK.match(line) else 0  # type: ignore[index]

    def _next_with_text(self, number: int) -> int:
        while number < len(self.lines) and not self._bare(number):
            number += 1
        return number

    def _bare(self, number: int) -> str:
        """Return a line without its marks and white space."""
        start, end = self.lines[number]
        line = _DIRECTIONS.sub("", self.email[start : min(end, start + LONGEST_INTRODUCTION + 50)])
        return _ANY_MARKS.sub("", line, count=1).strip()

    # --- The first lines of a quoted message -------------------------------------------------------

    def _may_open(self, number: int) -> bool:
        """Return whether a line is long enough to begin a quoted message, and not too far down."""
        start, end = self.lines[number]
        return number < MOST_LINES and end - start >= SHORTEST_OPENING and self.depths[number] >= 0

    def _opening(self, number: int) -> tuple[int, int, _Opening] | None:
        """Return the lines (first, behind the last) that begin a quoted message here, and what they say."""
        start, end = self.lines[number]
        line = self.email[start : min(end, start + LONGEST_INTRODUCTION + 50)].rstrip()
        if not line.strip():
            return None
        if (found := _GROUPWISE.match(line)) and _YEAR_OR_DAY.search(found[1]):
            return number, number + 1, _Opening(start, end, *_said_by(found[1]))
        if announced := self._announced(number, line):
            return announced
        if block := self._block(number, is_announced=False):
            return number, self._number_at(number, block.end), _from_block(block)
        return self._introduction(number, line)

    def _announced(self, number: int, line: str) -> tuple[int, int, _Opening] | None:
        """Match a line such as "-----Original Message-----", with the header or introduction below it."""
        bare = _ANY_MARKS.sub("", line, count=1).strip()
        has_dashes = _DASHES.match(line) is not None
        if not has_dashes and bare[:2].casefold() not in _FIRST_LETTERS:
            return None
        words = line.strip(_OF_RULES) if has_dashes else ""
        if has_dashes and line.rstrip()[-1] in "-—–" and _is_introduction(f"{words}:", False):  # Zoho's
            return number, number + 1, _Opening(*self.lines[number], *_said_by(words))
        is_rule = has_dashes and not words
        is_said = bool(words and _ANNOUNCED.fullmatch(words)) or bool(_ANNOUNCED_ALONE.fullmatch(bare))
        is_any = 3 < len(words) < 80 and not _NAME.match(line[:60])
        is_forward = is_said and _FORWARD.match(words or bare) is not None
        if not (is_said or is_rule or is_any or _ANNOUNCED_BY_WORD.fullmatch(bare)):
            return None
        below = self._next_with_text(number + 1)
        while (
            below < len(self.lines)
            and below < number + 4
            and not self.email[slice(*self.lines[below])].strip(_OF_RULES)
        ):
            below = self._next_with_text(below + 1)
        if below < len(self.lines) and below <= number + 5:
            if block := self._block(below, is_announced=is_said):
                opening = _from_block(block, self.lines[number][0], is_forward)
                return number, self._number_at(below, block.end), opening
            start, end = self.lines[below]
            if (is_said or is_rule) and (
                found := self._introduction(below, self.email[start : min(end, start + 450)].rstrip())
            ):
                return (
                    number,
                    found[1],
                    _Opening(self.lines[number][0], found[2].end, found[2].sender, found[2].date),
                )
        if is_said and has_dashes:
            return number, number + 1, _Opening(*self.lines[number])
        return None

    def _block(self, number: int, *, is_announced: bool) -> blocks.Block | None:
        start, end = self.lines[number]
        if all(self.email.find(sign, start, start + 60) < 0 for sign in ":：|"):
            return None
        is_marked = self.depths[number] > 0
        if not _NAME.match(self.email, start, min(end, start + 60)):
            return None
        return blocks.over_quoted(self.email, start, is_announced=is_announced or is_marked)

    def _number_at(self, number: int, position: int) -> int:
        """Return the number of the line that begins at a position, counting from a line before it."""
        while number < len(self.lines) and self.lines[number][0] < position:
            number += 1
        return number

    def _introduction(self, number: int, line: str) -> tuple[int, int, _Opening] | None:
        """Match a line such as "On …, Ida wrote:", which may be broken into three lines."""
        if not self._could_begin(number, line):
            return None
        text = ""
        is_sure = _START.match(self._bare(number)) is not None and _TIME.search(line) is not None
        most = MOST_BROKEN if is_sure else MOST_INTRODUCING
        for after in range(number + 1, min(number + most, len(self.lines)) + 1):
            bare = self._bare(after - 1)
            text = f"{text} {bare}".strip()
            if len(text) > LONGEST_INTRODUCTION or not (bare or is_sure):
                return None
            first = self._next_with_text(after)
            base = max(self.depths[number], 0)
            has_marks = first < len(self.lines) and first - after < 4 and self.depths[first] > base
            if _is_introduction(text, has_marks):
                start, end = self.lines[number][0], self.lines[after - 1][1]
                return number, after, _Opening(start, end, *_said_by(text))
        return None

    def _could_begin(self, number: int, line: str) -> bool:
        """Return whether an introduction may begin here: quick, because most lines are none."""
        below = self.lines[number + 1] if number + 1 < len(self.lines) else (0, 0)
        if not (_HINT.search(line) or _HINT.search(self.email, below[0], min(below[1], below[0] + 200))):
            return False
        if _YEAR_OR_DAY.search(line) or _TIME.search(line) or "@" in line:
            return True
        return _COLON.search(line) is not None and _VERB.search(line) is not None


def _is_introduction(text: str, has_marks: bool) -> bool:
    """Return whether a text introduces a quoted message; it has to say more if no line with ">" follows."""
    text = " ".join(text.split())
    if not _LETTER.search(text):
        return False
    has_colon = _COLON.search(text) is not None
    has_day, has_time = _YEAR_OR_DAY.search(text) is not None, _TIME.search(text) is not None
    has_address = _ADDRESS.search(text) is not None
    if _DATED_ADDRESS.fullmatch(text):
        return True
    if has_marks:
        if has_colon and (has_day or has_address):
            return True
        return (has_colon or has_day) and _VERB.search(text) is not None
    if _QUOTING_NAMED.fullmatch(text):
        return True
    if not (has_day or has_colon):
        return False
    verb = _VERB.search(text)
    if verb and len(text) < 150 and _NAMED_ADDRESS.match(text):
        return True
    if not has_colon:
        return bool(verb and verb.end() == len(text) and has_address and has_time)
    if has_address and has_day and (verb or has_time):
        return True
    if verb and has_day and has_time:
        return True
    return bool(verb and has_day and _NAMED_AFTER_COMMA.search(text[: verb.start()].rstrip()))


def _said_by(text: str) -> tuple[str, str]:
    """Return sender and date of an introduction, as written; empty if it does not say them."""
    text = _COLON.sub("", " ".join(text.split())).strip("* _-")
    spec = _ADDRESS.search(text)
    verb = None
    for verb in _VERB.finditer(text):
        if spec and spec.start() > verb.end():
            break
    before, behind = (text[: verb.start()], text[verb.end() :]) if verb else (text, "")
    bare = re.sub(r"[<(\[]?\s*(?:mailto:)?[^\s<>@:\"(\[]+@[^\s<>@\")\]]+\s*[>)\]]?", "", behind).strip(" ,.-")
    if bare and not _YEAR_OR_DAY.search(bare):
        named, dated = behind, before
    else:
        named, dated = _split_at_date(f"{before} {behind}" if bare else before)
    found = addresses_in(named) or (addresses_in(spec[0].strip("<>()[],;")) if spec else [])
    name = re.sub(r"[<(\[].*", "", named).strip(" ,.\"'<>*-")
    if found:
        name = f"{name} <{found[0].addr_spec}>" if name and "@" not in name else str(found[0])
    dated = re.sub(r"[<(\[]?[^\s<>@]+@[^\s<>@]+[>)\]]?", "", dated)
    return name, _START.sub("", dated.strip(" ,.-"), count=1).strip(" ,")


def _split_at_date(text: str) -> tuple[str, str]:
    """Split "Mon, 2 Nov 2026 at 10:00 AM Ida" or "Ida, 2 Nov 2026" into name and date."""
    found = list(
        re.finditer(r"\d[\d:./-]*[^\s,、，]*", re.sub(r"\S+@\S+", lambda spec: "x" * len(spec[0]), text))
    )
    if not found:
        return text, ""
    rest = text[found[-1].end() :]
    pieces = rest.strip(" ,").split()
    while pieces and _NO_NAME.fullmatch(pieces[0].strip("(),")):
        pieces = pieces[1:]
    if pieces:
        return " ".join(pieces), text[: found[-1].end()]
    return text[: found[0].start()], text[found[0].start() :]


def _from_block(block: blocks.Block, start: int | None = None, is_forward: bool = False) -> _Opening:
    sender, date = block.text("from"), block.text("sent", "date")
    return _Opening(block.start if start is None else start, block.end, sender, date, is_forward)
