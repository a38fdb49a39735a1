"""Paragraphs and words of two texts, and which belong together. Nothing here knows of drafts.

A user-perceived character (an emoji with its modifiers, a letter with its marks) is never cut apart.
All of it takes a time that grows with the length of the texts, and no single call of a library takes long.
"""

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Optional

import regex
from rapidfuzz.distance import Indel

ALIKE = 0.45  # paragraphs less alike than this do not belong together
SHORTEST_EQUAL = 4  # characters; a shorter run between two changes joins them
MOST_PARAGRAPHS = 500  # of a text; what follows counts as one more
MOST_READ = 60_000  # characters of the changed part of a text that are split into words
MOST_PAIRS = 20_000  # how many pairs of paragraphs one gap may have compared
EXACT_CELLS = 100_000_000  # words times words of one call; beyond it, it takes over 10 ms and over 10 MB
PIECE = 200  # characters in which the regex engine looks for user-perceived characters

# Scripts without spaces between words are compared by character. `\X` is a whole user-perceived character.
TOKEN = regex.compile(
    r"""(?V1)
    (?:(?=\s)\X)+
    | (?:(?=[\w--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]])\X)+
    | \X""",
    regex.VERBOSE,
)
# The same, quicker, for text in which every character stands for itself.
SIMPLE_TOKEN = regex.compile(r"\s+|\w+|.", regex.DOTALL)
SIMPLE = regex.compile(r"[\x00-\u02ff\u2010-\u2027\u20ac]*")
PARAGRAPH_END = regex.compile(r"(\n(?:[^\S\n]*\n)+)")
SPACELESS = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
WORD = regex.compile(rf"(?V1)[\w--{SPACELESS}]+|[\w&&{SPACELESS}]")

Opcode = tuple[str, int, int, int, int]  # "equal" or "replace", and the two ranges


@dataclass
class Paragraph:
    """A paragraph as words, with the space before each and after the last one, and what ends it."""

    text: str
    end: str
    is_read: bool = True  # or it counts as one word

    @cached_property
    def words(self) -> tuple[str, ...]:
        return self._words_and_spaces[0]

    @cached_property
    def spaces(self) -> tuple[str, ...]:
        return self._words_and_spaces[1]

    @cached_property
    def _words_and_spaces(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if not self.is_read:
            return (self.text,), ("", "")
        words: list[str] = []
        spaces = [""]
        for token in tokens(self.text):
            if token.isspace():
                spaces[-1] += token  # not all that is space to Python is one token
            else:
                words.append(token)
                spaces.append("")
        return tuple(words), tuple(spaces)

    def between(self, start: int, stop: int) -> str:
        """Return the words from `start` to `stop`, each with the space before it."""
        both = zip(self.spaces[start:stop], self.words[start:stop], strict=True)
        return "".join(space + word for space, word in both)


def paragraphs(text: str) -> list[Paragraph]:
    """Return the paragraphs; all line ends become `\\n`."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    pieces = PARAGRAPH_END.split(lines, maxsplit=MOST_PARAGRAPHS)
    both = zip_longest(pieces[::2], pieces[1::2], fillvalue="")
    return [Paragraph(raw, end) for raw, end in both if raw or end]


def tokens(text: str) -> list[str]:
    """Return words, spaces between them, and every other character."""
    # Not `findall`: it would keep all other threads waiting until the whole text is read.
    if SIMPLE.fullmatch(text):
        return [match[0] for match in SIMPLE_TOKEN.finditer(text)]
    found: list[str] = []
    position = 0
    while position < len(text):
        # The engine looks back to the first of many flags in a row, which would take a quadratic time.
        piece = text[position : position + PIECE]
        read = TOKEN.findall(piece)
        if position + PIECE < len(text) and len(read) > 1:
            read.pop()  # it may go on
        found += read
        position += sum(map(len, read))
    return found


def first_token(text: str) -> str:
    return tokens(text[:PIECE])[0]


def last_token(text: str) -> str:
    return tokens(text[-PIECE:])[-1]


def count_words(texts: Iterable[str]) -> int:
    return sum(len(WORD.findall(text)) for text in texts)


def opcodes(one: Sequence[Hashable], other: Sequence[Hashable]) -> list[Opcode]:
    """Return equal and changed runs in turn, with the fewest changes.

    Of very long ones, all between what is the same at the beginning and at the end is one change.
    """
    before, after = _numbered(one, other)
    start, end = same_at_both_ends(before, after)
    before, after = before[start : len(before) - end], after[start : len(after) - end]
    found: list[Opcode] = [("equal", 0, start, 0, start)] if start else []
    if len(before) * len(after) <= EXACT_CELLS:
        for run in Indel.opcodes(before, after):
            ends = run.src_start, run.src_end, run.dest_start, run.dest_end
            i, i_end, j, j_end = (start + place for place in ends)
            _add(found, (run.tag, i, i_end, j, j_end))
    else:
        found.append(("replace", start, start + len(before), start, start + len(after)))
    if end:
        _add(found, ("equal", len(one) - end, len(one), len(other) - end, len(other)))
    return found


def same_at_both_ends(one: Sequence[Hashable], other: Sequence[Hashable]) -> tuple[int, int]:
    """Return how many items are the same at the beginning, and how many of the rest at the end."""
    shorter = min(len(one), len(other))
    start = next((i for i in range(shorter) if one[i] != other[i]), shorter)
    end = next((i for i in range(shorter - start) if one[-1 - i] != other[-1 - i]), shorter - start)
    return start, end


def word_opcodes(one: Paragraph, other: Paragraph) -> list[Opcode]:
    """Return the changed and equal words; changes with but a few characters between them are one."""
    plain = opcodes(one.words, other.words)
    joined: list[Opcode] = []
    for position, (tag, i, i_end, j, j_end) in enumerate(plain):
        between = tag == "equal" and 0 < position < len(plain) - 1
        short = between and len(one.between(i, i_end).strip()) <= SHORTEST_EQUAL
        _add(joined, ("replace" if short else tag, i, i_end, j, j_end))
    return joined


def _add(found: list[Opcode], opcode: Opcode) -> None:
    """Append a run; one after another of its kind continues it."""
    tag, i, i_end, j, j_end = opcode
    if tag == "equal":
        if found and found[-1][0] == "equal":
            _, i, _, j, _ = found.pop()
        found.append((tag, i, i_end, j, j_end))
        return
    if found and found[-1][0] != "equal":
        _, i, _, j, _ = found.pop()
    found.append(("replace", i, i_end, j, j_end))


def _numbered(*sequences: Sequence[Hashable]) -> list[str]:
    """Return each sequence with a character for every item: rapidfuzz reads a text without copying it."""
    numbers: dict[Hashable, str] = {}
    return ["".join([numbers.setdefault(item, chr(len(numbers))) for item in items]) for items in sequences]


def matches(before: list[Paragraph], after: list[Paragraph]) -> Iterator[tuple[int, int]]:
    """Yield the positions of paragraphs that belong together, rising on both sides."""
    start, end = same_at_both_ends([each.text for each in before], [each.text for each in after])
    yield from ((i, i) for i in range(start))
    changed, changed_to = before[start : len(before) - end], after[start : len(after) - end]
    for part in (changed, changed_to):
        _read_up_to(MOST_READ, part)
    alike = opcodes([each.words for each in changed], [each.words for each in changed_to])
    for tag, one, one_end, other, other_end in alike:
        if tag == "equal":
            yield from zip(
                range(start + one, start + one_end), range(start + other, start + other_end), strict=True
            )
        elif one < one_end and other < other_end:
            for i, j in _alike(changed[one:one_end], changed_to[other:other_end]):
                yield start + one + i, start + other + j
    yield from zip(range(len(before) - end, len(before)), range(len(after) - end, len(after)), strict=True)


def _read_up_to(most: int, part: list[Paragraph]) -> None:
    for paragraph in part:
        most -= len(paragraph.text)
        paragraph.is_read = most >= 0


@dataclass(frozen=True)
class Chain:
    """The heaviest chain of pairs that ends at (i, j)."""

    i: int
    j: int
    weight: float
    before: Optional["Chain"]


def _alike(before: list[Paragraph], after: list[Paragraph]) -> list[tuple[int, int]]:
    """Return the pairs, rising on both sides, that together keep most words; each is alike enough.

    Only pairs at about the same place are looked at where there are very many.
    """
    numbered = _numbered(*(paragraph.words for paragraph in [*before, *after]))
    ones, others = numbered[: len(before)], numbered[len(before) :]
    reach = max(4, MOST_PAIRS // len(ones) // 2)
    chains: list[Chain] = []
    for i, one in enumerate(ones):
        middle = i * len(others) // len(ones)
        for j in range(min(len(others), middle + reach) - 1, max(0, middle - reach) - 1, -1):
            if kept := _kept(one, others[j]):
                _extend(chains, i, j, kept)
    pairs = []
    chain = chains[-1] if chains else None
    while chain:
        pairs.append((chain.i, chain.j))
        chain = chain.before
    return pairs[::-1]


def _kept(one: str, other: str) -> float:
    """Return how many words stay; 0 if that is too little. Of very long ones, only the length counts."""
    both = len(one) + len(other)
    if 2 * min(len(one), len(other)) < ALIKE * both:
        return 0.0
    if len(one) * len(other) > EXACT_CELLS:
        return ALIKE * both
    return Indel.normalized_similarity(one, other, score_cutoff=ALIKE) * both


def _extend(chains: list[Chain], i: int, j: int, kept: float) -> None:
    """Add a pair to the best chain that it can follow. `chains` rises in `j` and in weight."""
    place = end = bisect_left(chains, j, key=lambda chain: chain.j)
    before = chains[place - 1] if place else None
    longer = Chain(i, j, kept + (before.weight if before else 0), before)
    if place < len(chains) and chains[place].j == j and chains[place].weight >= longer.weight:
        return
    while end < len(chains) and chains[end].weight <= longer.weight:
        end += 1
    chains[place:end] = [longer]
