"""How long two drafts of 200,000 characters take to be compared, with each kind of change."""

import random
import time

from assistant_app.workflow.diffs import compare, passages
from tests.benchmarks.report import judged, ms, table

CHARACTERS = 200_000
MOST_MS = 1000
ROUNDS = 3


def measure():
    yield "## Two drafts compared\n"
    yield f"{CHARACTERS:,} characters each; CPU time, best of {ROUNDS}.\n"
    rows = []
    for name, before, after in pairs():
        taken = quickest(compare, before, after)
        rows.append(
            [name, ms(taken), ms(quickest(passages, before, after)), judged(taken * 1000, MOST_MS, "ms")]
        )
    yield table(["", "compare ms", "passages ms", "target"], rows)


def quickest(function, before, after):
    taken = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        function(before, after)
        taken.append(time.process_time() - begin)
    return min(taken)


def pairs():
    """Yield a name and two texts: paragraphs of usual length, very short ones, and one line of it all."""
    chance = random.Random(4471)
    vocabulary = ["".join(chance.choices("aeilnorstu", k=chance.randint(2, 9))) for _ in range(2000)]
    words = chance.choices(vocabulary, k=CHARACTERS // 6)
    edited = [chance.choice(vocabulary) if chance.random() < 0.1 else word for word in words]
    other = chance.choices(vocabulary, k=len(words))
    for length, name in (
        (80, "paragraphs of 80 words"),
        (4, "paragraphs of 4 words"),
        (len(words), "one line"),
    ):
        before = laid_out(words, length)
        yield f"{name}, a tenth of the words changed", before, laid_out(edited, length)
        yield f"{name}, nothing in common", before, laid_out(other, length)
    yield "one emoji a word", "👨‍👩‍👧 " * (CHARACTERS // 6), "👨‍👩‍👧 👍🏽 " * (CHARACTERS // 9)


def laid_out(words, length):
    lines = (" ".join(words[start : start + length]) for start in range(0, len(words), length))
    return "\n\n".join(lines)[:CHARACTERS]
