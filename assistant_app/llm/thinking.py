"""Separates a model's answer from its thinking and from the control tokens of its chat template.

Servers should do that, and many don't: the reports are named in `tests/llm/test_behaviours.py`.
"""

from __future__ import annotations

import re

_THOUGHT = (
    r"(?:\w{1,10}:)?(?:think|thinking|thoughts?|thought_process|reason|reasoning|reflection|scratchpad|antthinking"
    r"|analysis|(?:(?:inner|internal)_)?monologue|(?:inner|internal)(?:_thoughts?)?|chain_of_thought|cot|rationale"
    r"|think(?:ing)?_\w{1,10}|\w{1,10}_think(?:ing)?|tool_call|details)"
)
_MARK = re.compile(
    rf"(?P<open><{_THOUGHT}(?: [^<>\n]{{0,40}})?>|\[THINK\]|\u25c1think\u25b7"
    r"|<\|(?:begin_of_thought|START_THINKING|think(?:ing)?)\|>|<\|channel>thought|<unused94>(?:thought)?)"
    rf"|(?P<close></{_THOUGHT}\s?>|\[/THINK\]|\u25c1/think\u25b7|<\|(?:end_of_thought|END_THINKING|/think(?:ing)?)\|>"
    r"|<channel\|>|<unused95>)"
    r"|(?P<wrap><(?P<end>/)?(?:answer|response|final_answer|final|output)>)"
    r"|(?P<channel><\|(?:channel|start)\|>)"
    r"|(?P<skipped><\|(?:(?:begin|end)_of_(?:box|solution)|START_RESPONSE|message)\|>)"
    r"|(?P<strike><s>)"
    r"|(?P<turn>#{2,3} ?(?:User|Human|Instruction|Input) ?:)|(?P<title>#{2,3} ?(?:Assistant|Response) ?:)"
    r"|(?P<control><\|(?:im_start|start_header_id)\|>(?:assistant)?|<[|\uff5c][^<>|\uff5c\s]{1,40}[|\uff5c]>"
    r"|</s>|<(?:eos|bos|eot|unk|pad|(?:end|start)_of_(?:turn|utterance))>|<turn\|>|\[EOS\]|\[/?INST\])",
    re.IGNORECASE,
)
# The beginning of a mark that may go on. No mark is longer.
_UNENDED = re.compile(
    r"(?:<(?:[/|\uff5c\w][^<>\n]{0,70})?|\[/?[A-Z]{0,5}|\u25c1[/a-z]{0,6}"
    r"|<\|(?:im_start|start_header_id)\|>[asint]{0,8}|#{1,3} ?[a-z]{0,11} ?)\Z",
    re.IGNORECASE,
)
_BEGINS_MARK = re.compile(r"[<\[\u25c1#]")
_PLACE_OF_OPENING = re.compile(r"(?:\A|[\n.!?:>\]\u25b7\u3002])[ \t\r]*\Z")  # else it is a word of a sentence
_QUOTING = ("`", '"', "'", "\u201c", "\u201e")  # a mark after one of them is spoken about
_HEADER_END = re.compile(r"<\|message\|>")
_LONGEST_HEADER = 120  # characters
_END_OF_CHANNEL = re.compile(r"<\|(?:end|call|return|channel|start)\|>")
_BARE_CHANNELS = re.compile(r"\A\s*analysis[A-Z].*assistantfinal", re.DOTALL)  # their marks were left out
_KEPT = 80  # characters kept of what is dropped or was returned: enough for a split mark and its place

# Some templates open the thinking in the prompt, so the answer has only its end. A text that begins like
# this is held back until that end, or its own.
_ALOUD = (
    *(
        f"{word}{mark} {so}"
        for word in ("okay", "ok", "alright", "hmm", "well")
        for mark in ",."
        for so in ("the user", "so ", "so,", "let me", "let's", "i need", "i should", "first", "we need")
    ),
    *("the user ", "user wants", "we need to", "i need to ", "let me think", "let's think", "first, i "),
    *("thinking process", "thought process", "here's a thinking", "here is a thinking", "analysis"),
    *("thinking...", "thinking\u2026", "```think", "```thought", "```reasoning"),
    *("\u597d\u7684\uff0c\u7528\u6237", "\u55ef\uff0c\u7528\u6237", "\u9996\u5148\uff0c"),
)
# Thinking whose end is a line of words, or of a fence.
_ANNOUNCED = re.compile(
    r"\s*(?:thinking(?:\.\.\.|\u2026)[ \t]*\n.*?(?:\.\.\.|\u2026) ?done thinking\.?[ \t]*\n"
    r"|```(?:think(?:ing)?|thoughts?|reasoning)[ \t]*\n.*?\n```[ \t]*\n)",
    re.IGNORECASE | re.DOTALL,
)
_MAY_BE_ALOUD = frozenset(text[:end] for text in _ALOUD for end in range(len(text) + 1))


class ThinkingFilter:
    """Takes the pieces of a model's text; the joined return values are its answer, however it is cut.

    `began_anew` is set by a piece that ends a thinking whose beginning was not marked, after some of it was
    returned: the answer begins with that piece.
    """

    def __init__(self) -> None:
        self._held = ""  # not decided yet
        self._before = ""  # the last characters before it
        self._start: str | None = ""  # the beginning, until it is clear whether it is thinking aloud
        self._aloud: list[str] | None = None  # text that is perhaps thinking
        self._ends: re.Pattern[str] | None = None  # of the thinking that is being dropped
        self._is_header = False  # in a channel's header
        self._is_over = False
        self._is_wrapped = False
        self._has_strike = False  # so `</s>` is HTML
        self._has_answer = False
        self._has_returned = False  # some of the answer, to the caller
        self.has_thought = False
        self.began_anew = False

    def feed(self, text: str) -> str:
        """Return the text that certainly belongs to the answer."""
        self.began_anew = False
        is_plain = not self._held and self._has_answer and not self._is_over and not self._is_header
        if is_plain and not self._ends and not _BEGINS_MARK.search(text):  # nearly every piece
            self._before = (self._before + text)[-_KEPT:]
            return text
        self._held += text
        return self._work(is_all=False)

    def finish(self) -> str:
        """Return the rest of the answer."""
        self.began_anew = False
        out = [self._work(is_all=True)]
        if self._start and not self._is_over:
            out.append(self._start)
        if self._aloud is not None:
            text = "".join(self._aloud)
            if _ANNOUNCED.fullmatch(f"{text}\n"):
                self.has_thought, text = True, ""
            out.append(_BARE_CHANNELS.sub("", text))
        return "".join(out)

    def _work(self, *, is_all: bool) -> str:
        out: list[str] = []
        while self._held and self._step(out, is_all=is_all):
            pass
        self._has_returned = self._has_returned or any(out)
        return "".join(out)

    def _step(self, out: list[str], *, is_all: bool) -> bool:
        """Take some of what is held; return whether another step may follow."""
        if self._is_over:
            self._held = ""
            return False
        if self._ends:
            return self._drop(self._ends)
        if self._is_header:
            return self._read_header(out, is_all=is_all)
        unended = None if is_all else _UNENDED.search(self._held)
        mark = _MARK.search(self._held)
        if unended and (mark is None or unended.start() <= mark.start()):
            mark = None
        if mark is None:
            self._let_out(out, unended.start() if unended else len(self._held), is_all=is_all)
            return False
        self._take_mark(out, mark, is_all=is_all)
        return True

    def _drop(self, ends: re.Pattern[str]) -> bool:
        """Drop thinking up to its end."""
        for found in ends.finditer(self._held):
            if ends is _MARK and not found["close"]:
                continue
            self._ends = None
            self._is_header = found[0].lower() in {"<|channel|>", "<|start|>"}
            self._pass(found.end())
            return True
        self._pass(max(0, len(self._held) - _KEPT))
        return False

    def _read_header(self, out: list[str], *, is_all: bool) -> bool:
        """Read the name of a channel: what follows is the answer or thinking."""
        end = _HEADER_END.search(self._held)
        if end is None and not is_all and len(self._held) < _LONGEST_HEADER:
            return False
        self._is_header = False
        if end is None:
            return True
        name = self._held[: end.start()].lower()
        self._pass(end.end())
        if "final" in name or name.strip() == "assistant":
            self._begin_answer(out)
        else:
            self.has_thought, self._ends = True, _END_OF_CHANNEL
        return True

    def _take_mark(self, out: list[str], mark: re.Match[str], *, is_all: bool) -> None:
        before = (self._before + self._held[: mark.start()])[-_KEPT:]
        kind = mark.lastgroup if mark.lastgroup != "end" else "wrap"
        is_named = before.endswith(_QUOTING)
        if kind == "open" and not _PLACE_OF_OPENING.search(before):
            is_named = True
        if kind == "turn" and not (before.endswith("\n") and self._has_text(mark.start())):
            is_named = True
        if kind == "title" and self._has_text(mark.start()):
            is_named = True
        if kind == "strike" and self._has_text(mark.start()):
            self._has_strike = is_named = True
        if mark[0].lower() == "</s>" and self._has_strike:
            is_named = True
        if kind == "wrap" and not (self._is_wrapped if mark["end"] else not self._has_text(mark.start())):
            is_named = True
        if is_named:
            self._let_out(out, mark.end(), is_all=is_all)
            return
        self._let_out(out, mark.start(), is_all=False)
        self._pass(len(mark[0]))
        if kind == "open":
            self.has_thought, self._ends = True, _MARK
        elif kind == "close":
            self._begin_answer(out)
        elif kind == "channel":
            self._is_header = True
        elif kind == "wrap":
            self._is_over, self._is_wrapped = bool(mark["end"]), True
        elif kind == "turn":
            self._is_over = True
        elif kind == "control":
            self._is_over = self._has_text(0)

    def _has_text(self, end: int) -> bool:
        """Return whether the answer has text, with what is held up to `end`."""
        start = (self._start or "") + self._held[:end]
        return self._has_answer or bool(self._aloud) or bool(start.strip())

    def _begin_answer(self, out: list[str]) -> None:
        """Drop all text so far: it was thinking."""
        self.has_thought = True
        self.began_anew = self.began_anew or self._has_returned
        self._has_returned = False
        self._start, self._aloud, self._has_answer, self._is_wrapped = None, None, False, False
        out.clear()

    def _pass(self, end: int) -> None:
        self._before = (self._before + self._held[:end])[-_KEPT:]
        self._held = self._held[end:]

    def _let_out(self, out: list[str], end: int, *, is_all: bool) -> None:
        """Return what is held up to `end`, unless it may be thinking."""
        text = self._held[:end]
        self._pass(end)
        if self._aloud is not None:
            self._aloud.append(text)
            text = self._after_announced(out) if "\n" in text else ""
            if not text:
                return
        if self._start is not None:
            self._start += text
            head = self._start.lstrip("\ufeff \t\r\n").lower()
            if head.startswith(_ALOUD):
                self._aloud, self._start = [self._start], None
                if text := self._after_announced(out):
                    self._has_answer = True
                    out.append(text)
                return
            if not is_all and head in _MAY_BE_ALOUD:
                return
            text, self._start = self._start, None
        if not self._has_answer:
            text = text.lstrip("\ufeff \t\r\n")
        self._has_answer = self._has_answer or bool(text.strip())
        out.append(text)

    def _after_announced(self, out: list[str]) -> str:
        """Return what follows announced thinking, which is dropped; empty until it has ended."""
        text = "".join(self._aloud or ())
        announced = _ANNOUNCED.match(text)
        if announced is None:
            return ""
        self._begin_answer(out)
        return text[announced.end() :].lstrip("\ufeff \t\r\n")
