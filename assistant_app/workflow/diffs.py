"""What changed between two drafts, word by word: for the compare page, the API and the prompt.

Words are compared inside matched paragraphs; line ends count as the same however they are written.
Time and size of the answer are bounded: what differs too often is replaced as a whole (`is_coarse`).
Nothing of Django here.
"""

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, islice, zip_longest
from operator import itemgetter
from typing import Literal, TypedDict

import regex

from assistant_app.workflow.matching import (
    EXACT_CELLS,
    Paragraph,
    count_words,
    first_token,
    last_token,
    matches,
    paragraphs,
    word_opcodes,
)

Op = Literal["equal", "insert", "delete"]

MOST_PIECES = 2_000  # of one comparison; an ordinary draft has some ten
MOST_CHARACTERS = sys.maxunicode  # of both texts: `matching` gives each word a character of its own
MOST_PASSAGES = 200  # of one comparison
SHORT_PASSAGE = 3  # words; a shorter passage is told with the sentence it stands in
SENTENCE = regex.compile(r".+?(?:[.!?…。！？][\"'”’»)]*(?=\s|$)|\n|$)", regex.DOTALL)


@dataclass(frozen=True)
class Segment:
    """A piece of text that is in both, only in the second (insert) or only in the first (delete)."""

    op: Op
    text: str


class SegmentData(TypedDict):
    op: Op
    text: str


@dataclass(frozen=True)
class Row:
    """A paragraph beside its counterpart, if there is one. `whole`: replaced as a whole, or without one."""

    segments: tuple[Segment, ...]
    has_before: bool
    has_after: bool
    whole: bool = False

    @cached_property
    def before(self) -> list[Segment]:
        return shown(segment for segment in self.segments if segment.op != "insert")

    @cached_property
    def after(self) -> list[Segment]:
        return shown(segment for segment in self.segments if segment.op != "delete")

    @cached_property
    def inline(self) -> list[Segment]:
        """The paragraph in one text: what was taken out stands before what came in its place."""
        if self.same:
            return self.after
        return shown(_spaced(self.segments, "\n" if self.whole else " "))

    @cached_property
    def same(self) -> bool:
        """Whether nothing that can be seen has changed: spaces and line ends do not count."""
        return all(segment.op == "equal" or segment.text.isspace() for segment in self.segments)


@dataclass(frozen=True)
class Comparison:
    """Two texts compared.

    Equal and inserted segments together are the second text, equal and deleted ones the first, both with
    `\\n` as the line end.
    """

    segments: tuple[Segment, ...]
    rows: tuple[Row, ...]
    is_coarse: bool = False  # whether something was too long to be compared word by word

    @cached_property
    def added(self) -> int:
        """How many words came."""
        return count_words(segment.text for segment in self.segments if segment.op == "insert")

    @cached_property
    def removed(self) -> int:
        """How many words were taken out."""
        return count_words(segment.text for segment in self.segments if segment.op == "delete")

    @cached_property
    def changed(self) -> int:
        """How many paragraphs changed."""
        return sum(not row.same for row in self.rows)

    def data(self) -> list[SegmentData]:
        return [{"op": segment.op, "text": segment.text} for segment in self.segments]


def compare(before: str, after: str) -> Comparison:
    """Return what changed from `before` to `after`."""
    if len(before) + len(after) > MOST_CHARACTERS:
        row = Row(_changed(before, after), has_before=True, has_after=True, whole=True)
        return Comparison(row.segments, (row,), is_coarse=before != after)
    segments: list[Segment] = []
    rows = []
    left, is_coarse = MOST_PIECES, False
    for one, other, matched in _pairs(paragraphs(before), paragraphs(after)):
        row = _row(one, other, matched, left)
        is_coarse = is_coarse or _is_coarse(one, other, row, matched)
        if matched and not row.same:
            left -= len(row.segments)
        segments += row.segments
        segments += _changed(one.end if one else "", other.end if other else "")
        if row.segments:
            rows.append(row)
    return Comparison(tuple(_merged(segments)), tuple(rows), is_coarse)


def passages(before: str, after: str) -> list[str]:
    """Return what of `after` is new, in its order. Fewer than three new words come with their sentence."""
    return passages_in(compare(before, after))


def passages_in(comparison: Comparison, *, with_sentence: bool = True) -> list[str]:
    """Return the same, of two texts that were compared; at most `MOST_PASSAGES`.

    Without their sentence, short passages are told as they are.
    """
    found: dict[str, None] = {}
    for row in comparison.rows:
        if row.same or len(found) >= MOST_PASSAGES:
            continue
        text = "".join(segment.text for segment in row.segments if segment.op != "delete")
        spans = _new_spans(text, row.segments, with_sentence)
        found |= {text[start:stop].strip(): None for start, stop in spans}
    return list(found)[:MOST_PASSAGES]


def deletions(before: str, after: str) -> list[str]:
    """Return what of `before` was deleted and not replaced, in its order."""
    found: list[str] = []
    for row in compare(before, after).rows:
        segments = row.segments
        for place, segment in enumerate(segments):
            beside = [*segments[max(0, place - 1) : place], *segments[place + 1 : place + 2]]
            is_replaced = any(other.op == "insert" for other in beside)
            if segment.op == "delete" and not is_replaced and count_words([segment.text]):
                found.append(segment.text.strip())
    return list(dict.fromkeys(found))


def _new_spans(text: str, segments: Iterable[Segment], with_sentence: bool) -> list[tuple[int, int]]:
    """Return where the new passages of a paragraph are; those that overlap are one."""
    sentences = [match.span() for match in SENTENCE.finditer(text)]
    spans: list[tuple[int, int]] = []
    position = 0
    for segment in segments:
        start, position = position, position + len(segment.text) * (segment.op != "delete")
        words = count_words([segment.text]) if segment.op == "insert" else 0
        if not words:
            continue
        stop = start + len(segment.text.rstrip())
        if words < SHORT_PASSAGE and with_sentence:
            start = stop - len(segment.text.strip())
            start = sentences[bisect_right(sentences, start, key=itemgetter(0)) - 1][0]
            stop = sentences[bisect_left(sentences, stop, key=itemgetter(1))][1]
        if spans and start < spans[-1][1]:
            start = min(start, spans.pop()[0])
        spans.append((start, stop))
    return spans


def shown(segments: Iterable[Segment]) -> list[Segment]:
    """Return the segments as they are marked: spaces at the edges of a change are not part of the mark."""
    marked: list[Segment] = []
    for segment in segments:
        if segment.op == "equal":
            marked.append(segment)
            continue
        text = segment.text
        first, last = first_token(text), last_token(text)
        start = len(first) if first.isspace() else 0
        stop = max(start, len(text) - (len(last) if last.isspace() else 0))
        marked += [
            Segment("equal", text[:start]),
            Segment(segment.op, text[start:stop]),
            Segment("equal", text[stop:]),
        ]
    return _merged(segment for segment in marked if segment.text)


def _pairs(
    before: list[Paragraph], after: list[Paragraph]
) -> Iterator[tuple[Paragraph | None, Paragraph | None, bool]]:
    """Yield paragraphs, and whether they match; those without a counterpart stand beside each other."""
    start_one = start_other = 0
    for one, other in [*matches(before, after), (len(before), len(after))]:
        for left, right in zip_longest(before[start_one:one], after[start_other:other]):
            yield left, right, False
        if one < len(before):
            yield before[one], after[other], True
        start_one, start_other = one + 1, other + 1


def _row(one: Paragraph | None, other: Paragraph | None, matched: bool, most: int) -> Row:
    """Return two paragraphs compared; replaced as a whole if that takes more than `most` pieces."""
    if matched and one and other:
        if one.text == other.text:
            return Row(_changed(one.text, other.text), has_before=True, has_after=True)
        pieces = list(islice(_compared(one, other), max(0, most) + 1))
        if len(pieces) <= most:
            return Row(tuple(_merged(pieces)), has_before=True, has_after=True)
    segments = _changed(one.text if one else "", other.text if other else "")
    return Row(segments, has_before=one is not None, has_after=other is not None, whole=True)


def _is_coarse(one: Paragraph | None, other: Paragraph | None, row: Row, matched: bool) -> bool:
    """Return whether a row was too long to be compared word by word, and so tells less than it might."""
    if row.same:
        return False
    sides = [side for side in (one, other) if side]
    if not all(side.is_read for side in sides) or (matched and row.whole):
        return True
    return matched and len(sides[0].words) * len(sides[-1].words) > EXACT_CELLS


def _compared(one: Paragraph, other: Paragraph) -> Iterator[Segment]:
    """Yield the differences of two paragraphs; a change of spaces alone is one as well."""
    for tag, i, i_end, j, j_end in word_opcodes(one, other):
        if tag == "equal" and one.spaces[i:i_end] == other.spaces[j:j_end]:
            yield Segment("equal", one.between(i, i_end))
        elif tag == "equal":
            for k in range(i_end - i):
                yield from _changed(one.spaces[i + k], other.spaces[j + k])
                yield Segment("equal", one.words[i + k])
        else:
            yield from _change(one, other, (i, i_end), (j, j_end))
    yield from _changed(one.spaces[-1], other.spaces[-1])


def _change(
    one: Paragraph, other: Paragraph, old: tuple[int, int], new: tuple[int, int]
) -> Iterator[Segment]:
    """Yield what was taken out, then what came; a space before both is neither."""
    out, come = one.between(*old), other.between(*new)
    if out and come and one.spaces[old[0]] == other.spaces[new[0]]:
        space = one.spaces[old[0]]
        yield Segment("equal", space)
        out, come = out[len(space) :], come[len(space) :]
    yield from _changed(out, come)


def _changed(before: str, after: str) -> tuple[Segment, ...]:
    if before == after:
        both = [Segment("equal", before)]
    else:
        both = [Segment("delete", before), Segment("insert", after)]
    return tuple(segment for segment in both if segment.text)


def _merged(segments: Iterable[Segment]) -> list[Segment]:
    """Join neighbours of one kind; in each change what was taken out comes first."""
    merged: list[Segment] = []
    for changed, run in groupby(segments, key=lambda segment: segment.op != "equal"):
        texts: dict[Op, list[str]] = {"equal": [], "delete": [], "insert": []}
        for segment in run:
            texts[segment.op].append(segment.text)
        kinds: tuple[Op, ...] = ("delete", "insert") if changed else ("equal",)
        merged += [Segment(op, "".join(texts[op])) for op in kinds if any(texts[op])]
    return merged


def _spaced(segments: Sequence[Segment], space: str) -> Iterator[Segment]:
    """Put a space between what was taken out and what came in its place."""
    for segment, following in zip_longest(segments, segments[1:]):
        yield segment
        if segment.op == "delete" and following and following.op == "insert":
            yield Segment("equal", space)
