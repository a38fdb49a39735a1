"""Paragraphs and words of two texts, and which belong together. Nothing here knows of drafts.

A user-perceived character (an emoji with its modifiers, a letter with its marks) is never cut apart.
"""

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Optional

import regex
from rapidfuzz.distance import Indel, Levenshtein

ALIKE = 0.45  # paragraphs less alike than this do not belong together
SHORTEST_EQUAL = 4  # characters; a shorter run between two changes joins them
MOST_PAIRS = 60_000  # how many pairs of paragraphs one gap may have compared
EXACT_CELLS = 100_000_000  # beyond it the exact matching would need more than some 10 MB

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
WORD = regex.compile(r"\w")

Opcode = tuple[str, int, int, int, int]  # "equal" or "replace", and the two ranges


@dataclass(frozen=True)
class Paragraph:
    """A paragraph as words, with the space before each and after the last one, and what ends it."""

    text: str
    end: str
    words: tuple[str, ...]
    spaces: tuple[str, ...]

    def between(self, start: int, stop: int) -> str:
        """Return the words from `start` to `stop`, each with the space before it."""
        both = zip(self.spaces[start:stop], self.words[start:stop], strict=True)
        return "".join(space + word for space, word in both)


def paragraphs(text: str) -> list[Paragraph]:
    """Return the paragraphs; all line ends become `\\n`."""
    pieces = PARAGRAPH_END.split(text.replace("\r\n", "\n").replace("\r", "\n"))
    both = zip_longest(pieces[::2], pieces[1::2], fillvalue="")
    return [_paragraph(raw, end) for raw, end in both if raw or end]


def _paragraph(text: str, end: str) -> Paragraph:
    words: list[str] = []
    spaces = [""]
    for token in tokens(text):
        if token.isspace():
            spaces[-1] += token  # not all that is space to Python is one token
        else:
            words.append(token)
            spaces.append("")
    return Paragraph(text, end, tuple(words), tuple(spaces))


def tokens(text: str) -> list[str]:
    """Return words, spaces between them, and every other character."""
    return (SIMPLE_TOKEN if SIMPLE.fullmatch(text) else TOKEN).findall(text)


def count_words(texts: Iterable[str]) -> int:
    return sum(bool(WORD.search(token)) for text in texts for token in tokens(text))


def opcodes(one: Sequence[Hashable], other: Sequence[Hashable]) -> list[Opcode]:
    """Return equal and changed runs in turn, with the fewest changes unless both are very long."""
    exact = len(one) * len(other) <= EXACT_CELLS
    found: list[Opcode] = []
    for tag, i, i_end, j, j_end in (Indel if exact else Levenshtein).opcodes(*_numbered(one, other)):
        _add(found, (tag, i, i_end, j, j_end))
    return found


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
    """Append a run; one change after another continues it."""
    tag, i, i_end, j, j_end = opcode
    if tag == "equal":
        found.append(opcode)
        return
    if found and found[-1][0] != "equal":
        _, i, _, j, _ = found.pop()
    found.append(("replace", i, i_end, j, j_end))


def _numbered(*sequences: Sequence[Hashable]) -> list[list[int]]:
    numbers: dict[Hashable, int] = {}
    return [[numbers.setdefault(item, len(numbers)) for item in items] for items in sequences]


def matches(before: list[Paragraph], after: list[Paragraph]) -> Iterator[tuple[int, int]]:
    """Yield the positions of paragraphs that belong together, rising on both sides."""
    alike = opcodes([paragraph.words for paragraph in before], [paragraph.words for paragraph in after])
    for tag, one, one_end, other, other_end in alike:
        if tag == "equal":
            yield from zip(range(one, one_end), range(other, other_end), strict=True)
        elif one < one_end and other < other_end:
            for i, j in _alike(before[one:one_end], after[other:other_end]):
                yield one + i, other + j


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


def _kept(one: list[int], other: list[int]) -> float:
    """Return how many words stay, 0 if that is too little of both."""
    both = len(one) + len(other)
    if 2 * min(len(one), len(other)) < ALIKE * both:
        return 0.0
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
