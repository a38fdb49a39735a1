"""HTML made at random, as mail programs write it, measured: words seen, words hidden, cells told apart."""

import random

from assistant_app.mail.html_text import read as read_html
from tests.mail.test_html import HIDDEN, SEEN

LETTERS = 40  # emails
# Without sheets of which a rule is not understood: text in any colour counts as seen then.
AROUND = [
    "<p>{}</p>",
    "<div class=MsoNormal><span lang=DE style='mso-fareast-language:DE'>{}</span></div>",
    "<blockquote type=cite>{}</blockquote>",
    "<div><b>{}</b><br></div>",
    "<ul><li>{}</li></ul>",
    "<ol start=3><li><p>{}</p></ol>",
    "<h2>{}</h2>",
    "<pre>{}</pre>",
    "<a href='https://example.org/x'>{}</a>",
    "<font face=Arial size=2>{}</font>",
    "<!--[if mso]><i>outlook</i><![endif]--><center>{}</center>",
    "<details><summary>{}</summary></details>",
    "<div style='background:#fff'><div style='color:#333'>{}</div></div>",
    *(
        each
        for each in SEEN
        if each.count("{}") == 1
        and not any(said in each for said in ("body", "<style>.dark", "first-child", "hidden>x"))
    ),
]
OUT_OF_SIGHT = [each for each in HIDDEN if "<b><div" not in each]


class Letter:
    """A random email. Every word is written once, so that each can be looked for."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.seen, self.hidden, self.rows = [], [], []
        self._number = 0
        self.html = "".join(self._block(0) for _ in range(self.random.randint(5, 25)))

    def words(self, kept):
        new = [f"w{self._number + n}x" for n in range(self.random.randint(1, 6))]
        self._number += len(new)
        kept += new
        return " ".join(new)

    def _block(self, depth):
        kind = self.random.random()
        if kind < 0.15:
            return self.random.choice(OUT_OF_SIGHT).replace("{}", self.words(self.hidden))
        if kind < 0.3:
            return self._table()
        if kind < 0.5 and depth < 4:
            return f"<div>{self._block(depth + 1)}{self._block(depth + 1)}</div>"
        return f"<div>{self.random.choice(AROUND).replace('{}', self.words(self.seen))}</div>"

    def _table(self):
        columns, rows = self.random.randint(2, 5), []
        for _ in range(self.random.randint(1, 6)):
            cells = [self.words(self.seen) if self.random.random() < 0.8 else "" for _ in range(columns)]
            rows.append(cells)
        self.rows += [cells for cells in rows if sum(map(bool, cells)) > 1]
        tag = self.random.choice(["td", "td style='padding:4px'", "td align=right valign=top"])
        lines = ["".join(f"<{tag}>{cell or '&nbsp;'}</td>" for cell in cells) for cells in rows]
        return f"<table border=1><tbody><tr>{'</tr><tr>'.join(lines)}</tr></tbody></table>"


def test_all_that_is_seen_is_read_nothing_hidden_is_and_cells_are_told_apart():
    lost, found, together, words = [], [], [], 0
    for seed in range(LETTERS):
        letter = Letter(seed)
        read = read_html(f"<html><body>{letter.html}</body></html>")
        text = read.text.split()
        words += len(letter.seen)
        lost += [(seed, word) for word in letter.seen if word not in text]
        found += [(seed, word) for word in letter.hidden if word in read.text]
        lines = [[cell.strip() for cell in line.split("|")] for line in read.text.splitlines()]
        filled = [[cell for cell in line if cell] for line in lines]
        together += [(seed, row) for row in letter.rows if [cell for cell in row if cell] not in filled]
        assert bool(letter.hidden) == bool(read.hidden), seed
    assert words > 1_000
    assert (lost, found, together) == ([], [], [])
