"""Reads the letter in a model's text line by line, while it is streamed.

Text that was passed on cannot be taken back, and the result must not depend on how the stream is cut. So each
decision is taken at a fixed place of the text: at a line's end, or after a fixed number of characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from assistant_app.mail.html_text import TooMuch, to_text
from assistant_app.workflow import drafting_talk as talk
from assistant_app.workflow import letter_forms as forms
from assistant_app.workflow.remarks import Remarks

OPENING, CLOSING = "<reply>", "</reply>"
_CLOSER = re.compile(CLOSING, re.I)
PIECE = 1_000  # characters to work on at once
_ENOUGH = 60  # characters of a line's start in which talk can be told
_LONG_HEAD = 120  # characters of a first line after which it need not end to be read
_MOST_HEAD_LINES = 12
_MOST_HEAD = 1_500  # characters
_LONGEST_MARKUP = 400  # characters to hold back for Markdown that may close
_SPECIAL = "*\\<#_`>\"'“”„«»[({-–—="
_TRIMMED = " \t\r\n\f\v\u00a0\u2003"


class Letter:
    """Takes the text of the letter and what the model put around it; returns the letter.

    It works line by line. The head is held back until it is clear that it is no talk; then a line is let out
    as it arrives, unless it begins like talk.
    """

    def __init__(self, *, states_assumptions: bool = True, is_unwrapped: bool = False) -> None:
        self._states_assumptions = states_assumptions
        self._is_unwrapped = is_unwrapped  # JSON and HTML were read already
        self._line = ""  # the part of the current line that was not let out
        self._seen = ""  # the start of the current line
        self._context = ""  # its last character that was let out
        self._is_open = False  # the start of the current line was let out
        self._decode: forms.Decoder | None = None
        self._is_first_line = True
        self._head: list[str] | None = []  # lines of the head; None in the body
        self._whole: list[str] | None = None  # all text of a letter that is read at the end
        self._read_whole: Callable[[str], str | None] = forms.read_json
        self._closers: list[str] = []  # lines that end a wrapper: a fence, a tag
        self._quote_end = ""  # closing mark of a letter in quotation marks
        self._is_marked = False  # each line begins with ">"
        self._gap: list[str] = []  # blank lines and rules, held until more text follows
        self._tail: list[str] = []  # lines held because they may be talk
        self._tail_kind = ""
        self._tail_has_items = False
        self._tail_is_list = False  # it begins with a heading for a list of changes
        self._code = False
        self._paragraph: list[str] = []
        self._paragraphs = 0
        self._is_signed = False
        self._first = ""  # the greeting
        self._let: list[str] = []
        self._ends_with = ""
        self._is_over = False
        self._after: list[str] = []  # text after the letter
        self._copies = 0
        self.before = Remarks("")
        self.after = Remarks("")

    # --- Feeding -------------------------------------------------------------------------------

    def feed(self, text: str) -> str:
        """Return the text that certainly belongs to the letter."""
        # What remains is searched again after each line, so a whole letter at once must not remain.
        pieces = (text[start : start + PIECE] for start in range(0, len(text), PIECE))
        return "".join(map(self._feed, pieces))

    def _feed(self, text: str) -> str:
        text = text.replace("\ufeff", "")
        if self._is_over:
            self._after.append(text)
            return ""
        if self._whole is not None:
            self._whole.append(text)
            return ""
        self._line += self._decode.feed(text) if self._decode else text
        return self._work(is_all=False)

    def finish(self) -> str:
        """Return the rest of the letter."""
        out = ""
        if not self._is_over and self._whole is None:
            self._line += self._decode.finish() if self._decode else ""
            out = self._work(is_all=True)
        if self._whole is not None and not self._is_over:
            out += self._finish_whole("".join(self._whole))
        if not self._is_over:
            out += self._finish_tail()
        self.after.add("".join(self._after))
        return out

    def _work(self, *, is_all: bool) -> str:
        out: list[str] = []
        while not self._is_over and self._whole is None:
            self._look_for_code_of_lines()
            end = self._line.find("\n") + 1
            closer = _CLOSER.search(self._line, 0, end or len(self._line))
            if closer:
                rest = self._line[closer.end() :]
                self._line = self._line[: closer.start()]
                out.append(self._end_line("") if self._line or self._is_open else "")
                out.append(self._leave_head_now())
                if self._whole is None:
                    out.append(self._close(rest))
                else:
                    self._line = closer[0] + rest
            elif end:
                line, self._line = self._line[:end], self._line[end:]
                rest, self._line = self._line, line
                out.append(self._end_line(rest))
            else:
                if is_all and (self._line or self._is_open):
                    out.append(self._end_line(""))
                if is_all:
                    out.append(self._leave_head_now())
                else:
                    out.append(self._let_out_a_start())
                break
        if self._is_over and self._line:
            self._after.append(self._line)
            self._line = ""
        if self._whole is not None and self._line:
            self._whole.append(self._line)
            self._line = ""
        return "".join(out)

    def _look_for_code_of_lines(self) -> None:
        """Decode a letter whose line ends are written as `\\n` or `<br>`, from the first one on."""
        if self._decode is not None or not self._is_first_line:
            return
        line = self._line.partition("\n")[0]
        if line.lstrip().startswith("{") or forms.HTML.match(line):
            return
        if found := forms.CODED_LINE_END.search(line):
            self._decode = forms.Decoder(is_html=found[0].startswith("<"))
            rest = self._line[found.start() :]
            self._line = self._line[: found.start()] + self._decode.feed(rest)

    def _end_line(self, rest: str) -> str:
        """Take the current line, which is complete, and make `rest` the next one."""
        line, is_open = self._line, self._is_open
        self._line, self._is_open = rest, False
        self._is_first_line = self._is_first_line and not is_open and not line.strip()
        if is_open:
            self._note((self._seen + line)[: talk.LONGEST])
            return self._emit(self._plain(line, is_all=True))
        if self._head is not None:
            self._head.append(line)
            return self._look_at_head(is_all=False)
        return self._take(line)

    def _let_out_a_start(self) -> str:
        """Let out the start of the current line, if it can be no talk."""
        line = self._line
        if self._head is not None:
            return self._leave_head_early()
        if not self._is_open:
            if self._tail or self._is_signed or self._is_marked or self._code or self._closers:
                return self._take_overlong()
            if not line.strip() or talk.may_begin_talk(line[:_ENOUGH]) or line.lstrip()[:1] in _SPECIAL:
                return self._take_overlong()
            return self._open()
        self._seen = (self._seen + line)[: talk.LONGEST]
        return self._emit(self._plain(line, is_all=False))

    def _open(self) -> str:
        """Let out the current line as it arrives, from now on."""
        out = self._release() + self._take_gap()
        self._is_open, self._seen, self._context = True, self._line[: talk.LONGEST], ""
        return out + self._emit(self._plain(forms.without_heading(self._line), is_all=False))

    def _take_overlong(self) -> str:
        """Let out a line that is too long to be talk, whatever it begins like."""
        return self._open() if self._is_overlong(self._line) else ""

    def _is_overlong(self, line: str) -> bool:
        is_read_whole = self._closers or self._is_marked or self._tail_kind == "copy"
        return len(line.rstrip("\n")) > talk.LONGEST and not is_read_whole

    # --- The head ------------------------------------------------------------------------------

    def _leave_head_early(self) -> str:
        """Leave the head in the middle of its first line, if that is a greeting or plainly no talk."""
        line, head = self._line, self._head or []
        if any(each.strip() for each in head) or self._closers or self._is_marked:
            return ""
        start = line.lstrip()
        if talk.is_greeting_so_far(start) and len(line) - len(start) < 4:
            return self._begin_body([], start)
        if (
            len(line) >= _LONG_HEAD
            and not forms.may_wrap(start)
            and not talk.is_talk_before(line[:_LONG_HEAD])
        ):
            return self._begin_body([], forms.without_indent(line))
        if forms.JSON.match(line) and not self._is_unwrapped:
            return self._read_at_the_end(forms.read_json, [])
        if forms.HTML.match(line) and not self._is_unwrapped:
            return self._read_at_the_end(read_html, [])
        return ""

    def _leave_head_now(self) -> str:
        return self._look_at_head(is_all=True) if self._head is not None else ""

    def _look_at_head(self, *, is_all: bool) -> str:
        """Decide about the lines of the head, of which the last one has just ended."""
        lines = self._head or []
        words = [number for number, line in enumerate(lines) if line.strip()]
        if not words:
            return ""
        for number in words:
            if (begun := self._begin_at(lines, number)) is not None:
                return begun
        first = lines[words[0]]
        is_suspect = forms.may_wrap(first.lstrip()) or talk.is_talk_before(first)
        is_suspect = is_suspect or first.strip(" *_\r\n").endswith((":", "："))
        is_suspect = is_suspect or talk.assumption_label(first) is not None or talk.is_label(first)
        size = sum(map(len, lines))
        if is_suspect and not is_all and len(words) <= _MOST_HEAD_LINES and size <= _MOST_HEAD:
            return ""
        return self._begin_without_greeting(lines, words)

    def _begin_at(self, lines: list[str], number: int) -> str | None:
        """Begin the letter at this line if one begins there; return None if not."""
        line = lines[number]
        above = lines[:number]
        has_talk = any(talk.is_talk_before(each) for each in above)
        start = line.lstrip()
        if found := forms.TAG.fullmatch(line.strip()):
            self._closers.append(f"</{found[1].lower()}>")
            return self._begin_again(above, lines[number + 1 :])
        if (found := forms.TAG.match(start)) and talk.opens_letter(start[found.end() :]):
            self._closers.append(f"</{found[1].lower()}>")
            return self._begin_again(above, [start[found.end() :], *lines[number + 1 :]])
        if not self._is_unwrapped and forms.JSON.match(line):
            return self._read_at_the_end(forms.read_json, lines, number)
        if not self._is_unwrapped and forms.HTML.match(line):
            return self._read_at_the_end(read_html, lines, number)
        if found := forms.FENCE.fullmatch(line.strip()):
            return self._begin_in_fence(lines, number, found[1].lower(), has_talk)
        if talk.is_echoed_fence(line) and not any(each.strip() for each in above):
            return self._begin_again([], lines[number + 1 :])
        bare = talk.without_inline_label(line)
        bare = bare.lstrip() if bare != line or talk.opens_letter(line) else bare
        if (mark := bare.lstrip()[:1]) in forms.QUOTES and self._opens_quoted(
            bare.lstrip()[1:], forms.QUOTES[mark]
        ):
            self._quote_end = forms.QUOTES[mark]
            bare = bare.lstrip()[1:]
        if bare.lstrip().startswith("> ") and talk.opens_letter(bare.lstrip()[2:]):
            self._is_marked = True
            return self._begin_body(self._sorted_out(above), bare, lines[number + 1 :])
        is_greeting = talk.opens_letter(bare) or (has_talk and talk.is_bare_name(bare))
        if is_greeting and len(bare) <= talk.LONGEST:
            if line != bare and line.strip().endswith(bare.strip()):
                label = line.strip()[: -len(bare.strip())].strip(" \"'“”„«»")
                above = [*above, *([label + "\n"] if re.search(r"\w", label) else [])]
            return self._begin_body(self._sorted_out(above), bare, lines[number + 1 :])
        return None

    def _opens_quoted(self, rest: str, end: str) -> bool:
        return talk.opens_letter(rest) and end not in rest.rstrip("\n") and '"' not in rest

    def _begin_in_fence(self, lines: list[str], number: int, kind: str, has_talk: bool) -> str | None:
        inside = [line for line in lines[number + 1 :] if line.strip()]
        if kind in ("json", "html", "xml"):
            self._closers.append("```")
            read = forms.read_json if kind == "json" else read_html
            return self._read_at_the_end(forms.in_fence(read), lines, number)
        fence = lines[number].strip()[:3]
        if has_talk or kind in forms.TEXT_KINDS:
            self._closers.append(fence)
            return self._begin_again(lines[:number], lines[number + 1 :])
        if not inside:
            return None
        if talk.opens_letter(inside[0]) or talk.is_talk_before(inside[0]):
            self._closers.append(fence)
            return self._begin_again(lines[:number], lines[number + 1 :])
        if forms.JSON.match(inside[0]) and not self._is_unwrapped:
            return self._read_at_the_end(forms.in_fence(forms.read_json), lines, number)
        if self._is_unwrapped:
            return None
        return self._read_at_the_end(forms.read_fenced, lines, 0)

    def _begin_again(self, above: list[str], below: list[str]) -> str:
        """Look for the letter's head once more, inside a wrapper."""
        kept = self._sorted_out(above)
        self._head = [*kept]
        out = ""
        for place, line in enumerate(below):
            if self._head is None:
                out += self._take(line)
            else:
                self._head.append(line)
                out += self._look_at_head(is_all=False)
            if self._is_over:
                self._after[:0] = below[place + 1 :]
                break
        return out

    def _sorted_out(self, above: list[str]) -> list[str]:
        """Leave out the lines above a greeting if one of them is talk; return those that stay."""
        words = [line for line in above if line.strip()]
        is_trimming = all(forms.RULE.fullmatch(line.strip()) or talk.is_echoed_fence(line) for line in words)
        is_talk = any(talk.is_talk_before(line) or talk.assumption_label(line) is not None for line in words)
        # In any language: no one writes a line with a colon right above a greeting.
        is_talk = is_talk or (bool(words) and words[-1].strip(" *_\r\n").endswith((":", "：")))
        if not (is_trimming or is_talk):
            return [*above]
        self.before.add("".join(above))
        return []

    def _begin_without_greeting(self, lines: list[str], words: list[int]) -> str:
        """Begin the letter below the lines that are surely none of it, although no greeting was found."""
        number = 0
        for place in words:
            line = lines[place]
            rest = [each for each in lines[place + 1 :] if each.strip()]
            is_followed = bool(rest) or bool(self._line)
            is_sure = talk.presents_plainly(line) or talk.is_decorated_label(line)
            is_sure = is_sure or (not is_followed and talk.is_nothing_but_talk(line))
            is_apart = place + 1 < len(lines) and not lines[place + 1].strip()
            is_header = talk.is_certain_header(line) and is_apart and is_followed
            is_rule = number > 0 and bool(forms.RULE.fullmatch(line.strip()))
            if talk.assumption_label(line) is not None and self._states_assumptions:
                number = place + 1
                while number < len(lines) and lines[number].strip():
                    number += 1
                continue
            if place < number:
                continue
            if not (is_sure or is_header or is_rule):
                break
            number = place + 1
        if number:
            self.before.add("".join(lines[:number]))
        below = lines[number:]
        while below and not below[0].strip():
            del below[0]
        if not below:
            self._head = []
            return ""
        below[0] = forms.without_indent(below[0])
        return self._begin_body([], "", below)

    def _begin_body(self, kept: list[str], first: str, below: list[str] | None = None) -> str:
        """Go from the head to the body, which begins with these lines."""
        self._head = None
        while kept and not kept[0].strip():
            del kept[0]
        if below is None:  # in the middle of the first line
            self._line = first
            return self._let_out_a_start()
        lines = [*kept, first, *below] if first else [*kept, *below]
        out = ""
        for place, line in enumerate(lines):
            out += self._take(line)
            if self._is_over:
                self._after[:0] = lines[place + 1 :]
                break
        return out

    # --- Letters that are read at the end ------------------------------------------------------

    def _read_at_the_end(self, read: Callable[[str], str | None], lines: list[str], number: int = 0) -> str:
        kept = self._sorted_out(lines[:number])
        self._read_whole = read
        self._whole = [*kept, *lines[number:], self._line]
        self._head, self._line = None, ""
        return ""

    def _finish_whole(self, text: str) -> str:
        body, *rest = _CLOSER.split(text, maxsplit=1)
        read = self._read_whole(body)
        inner = Letter(states_assumptions=self._states_assumptions, is_unwrapped=True)
        out = inner.feed(body if read is None else read) + inner.finish()
        self.before.join(inner.before)
        self.after.join(inner.after)
        self._is_over = True
        self._after = rest
        return out

    # --- The body ------------------------------------------------------------------------------

    def _take(self, line: str) -> str:
        """Take a complete line; return what is let out."""
        if self._is_marked:
            line = re.sub(r"^[ \t]*> ?", "", line, count=1)
        text = line.strip()
        if self._is_overlong(line):
            return self._release() + self._take_gap() + self._let_through(line)
        if self._closers and (closed := self._closer_in(line)) is not None:
            out = self._take(closed) if closed.strip() else ""
            return out + self._close("")
        if self._code or text.startswith("```"):
            self._code = self._code != text.startswith("```")
            return self._release() + self._take_gap() + self._let_through(line)
        if talk.is_echoed_fence(text) or text.lower() == OPENING:
            return ""
        if not text or (forms.RULE.fullmatch(text) and self._first):
            if not text:
                self._end_paragraph()
            self._gap.append(line)
            return ""
        if self._tail:
            if self._continues(line):
                self._hold(line)
                return ""
            if self._tail_kind == "option" and self._begins_another(line):
                self._is_over, self._after = True, [*self._tail, *self._gap, line]
                self._tail, self._gap = [], []
                return ""
            return self._release() + self._take(line)
        if kind := self._kind_of_tail(line):
            self._tail_kind, self._tail_is_list = kind, talk.is_changes_label(line)
            if kind == "quote":
                self._is_over, self._after = True, [line]
                return ""
            self._hold(line)
            return ""
        return self._take_gap() + self._let_through(line)

    def _closer_in(self, line: str) -> str | None:
        """Return the text before the wrapper's end, if it is on this line."""
        for closer in self._closers:
            if closer in forms.FENCES and line.strip() == closer and not self._code:
                return ""
            if closer.startswith("<") and (found := re.search(re.escape(closer), line, re.I)):
                return line[: found.start()]
        return None

    def _let_through(self, line: str) -> str:
        self._note(line)
        if self._code or line.strip().startswith("```"):
            return self._emit(line)
        self._context = ""
        return self._emit(self._plain(forms.without_heading(line), is_all=True))

    def _note(self, line: str) -> None:
        """Remember what tells later whether the letter was signed."""
        if not self._first and line.strip():
            self._first = line.strip()
        self._paragraph.append(line.strip())
        if self._paragraphs and talk.is_closing(line):
            self._is_signed = True

    def _end_paragraph(self) -> None:
        lines, self._paragraph = self._paragraph, []
        if not lines:
            return
        self._paragraphs += 1
        if self._paragraphs > 1 and len(lines) <= 3 and all(map(talk.is_name, lines)):
            self._is_signed = True

    def _kind_of_tail(self, line: str) -> str:
        """Return what kind of text after the letter this line may begin; empty for a line of the letter."""
        if self._states_assumptions and talk.assumption_label(line) is not None:
            return "assumptions"
        is_apart = not self._paragraph or self._is_signed
        if not is_apart or not self._first:
            return ""
        if self._is_signed and talk.begins_quote(line):
            return "quote"
        if self._is_signed and self._copies == 0 and line.strip() == self._first and talk.opens_letter(line):
            return "copy"
        if talk.is_talk_after(line, is_signed=self._is_signed):
            return "talk"
        if self._is_signed and talk.is_word_count(line):
            return "talk"
        return "option" if self._is_signed and talk.is_option_label(line) else ""

    def _continues(self, line: str) -> bool:
        """Return whether what is held may go on with this line."""
        kind = self._tail_kind
        if kind == "copy":
            return True
        is_below = not self._gap
        has_items = self._tail_has_items
        if talk.is_item(line) or (is_below and has_items and line[:1] in " \t"):
            return kind == "assumptions" or self._tail_is_list or has_items or is_below
        if kind == "assumptions" and is_below and not has_items and not talk.is_closing(line):
            return True
        if kind == "talk" and is_below and self._tail_is_list and not talk.is_closing(line):
            return True
        if self._states_assumptions and talk.assumption_label(line) is not None:
            return True
        is_talk = talk.is_talk_after(line, is_signed=self._is_signed or kind == "assumptions")
        return is_talk or talk.is_word_count(line)

    def _begins_another(self, line: str) -> bool:
        return talk.opens_letter(line) or bool(forms.FENCE.fullmatch(line.strip()))

    def _hold(self, line: str) -> None:
        self._tail += [*self._gap, line]
        self._tail_has_items = self._tail_has_items or talk.is_item(line)
        self._gap = []

    def _release(self) -> str:
        """Let out what was held: it was no talk, as more of the letter follows."""
        held, self._tail = self._tail, []
        kind, self._tail_kind = self._tail_kind, ""
        self._tail_has_items = False
        if not held:
            return ""
        if kind == "copy":
            self._copies += 1
            return "".join(map(self._take, held))
        gap, self._gap = self._gap, []
        out = ""
        for line in held:
            if line.strip():
                out += self._take_gap() + self._let_through(line)
            else:
                self._end_paragraph()
                self._gap.append(line)
        self._gap += gap
        return out

    def _take_gap(self) -> str:
        gap, self._gap = "".join(self._gap), []
        return self._emit(gap) if self._first else ""

    def _emit(self, text: str) -> str:
        """Return the text without white space at its end, which follows with the next text."""
        text = self._ends_with + text
        kept = text.rstrip(_TRIMMED + self._quote_end)
        self._ends_with = text[len(kept) :]
        self._let.append(kept)
        return kept

    def _close(self, rest: str) -> str:
        """End the letter, here because a marker or a wrapper ends it."""
        out = self._finish_tail()
        self._is_over = True
        self._after = [*self._after, rest + self._line if rest is not self._line else rest]
        self._line = ""
        return out

    def _finish_tail(self) -> str:
        """Decide about what is held when the letter is over; return what belongs to it."""
        if self._tail_kind == "copy" and not self._is_copy("".join(self._tail)):
            out = self._release()
            return out + self._finish_tail()
        if self._tail_kind == "option":
            return self._release() + self._rest()
        if self._tail and self._tail_kind != "copy":
            self.after.add("".join(self._tail), has_lists=False)
        self._tail, self._tail_kind = [], ""
        return self._rest()

    def _rest(self) -> str:
        gap, self._gap = self._gap, []
        rest = self._ends_with.rstrip(_TRIMMED)
        if self._quote_end and rest.endswith(self._quote_end):
            rest = rest[: -len(self._quote_end)].rstrip(_TRIMMED)
        self._ends_with = ""
        art = "".join(gap).rstrip() if any(line.strip() == self._first for line in gap) else ""
        return rest + ("\n" + art.strip("\n") if art else "")

    def _is_copy(self, text: str) -> bool:
        held = text.split()
        return len(held) > 3 and "".join(self._let).split()[: len(held)] == held

    def _plain(self, text: str, *, is_all: bool) -> str:
        """Return a part of a line without Markdown; keep what may be the beginning of some in `_line`.

        Markdown is looked for in parts that begin and end at the same places however the line arrives.
        """
        out = ""
        while True:
            safe = len(text) if self._code else forms.start_of_markup(text)
            out, self._context = out + text[:safe], text[:safe][-1:] or self._context
            text = text[safe:]
            if len(text) <= _LONGEST_MARKUP:
                break
            part, text = text[:_LONGEST_MARKUP], text[_LONGEST_MARKUP:]
            out, self._context = out + forms.as_plain_text(part, self._context), part[-1:]
        if is_all:
            return out + forms.as_plain_text(text, self._context)
        self._line = text
        return out


def read_html(text: str) -> str | None:
    try:
        return to_text(text)
    except TooMuch:
        return None
