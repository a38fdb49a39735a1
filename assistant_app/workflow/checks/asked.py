"""Facts that the owner asked for: which of them the draft needs, and which were withdrawn later."""

from __future__ import annotations

import re
from bisect import bisect_right

from assistant_app.workflow.checks.facts import Fact

# Words that ask to leave something out. The facts of their clause are then not missing from the draft.
LEFT_OUT = re.compile(
    r"\b(?:not|don['’]t|do not|never|without|leave out|take out|remove|drop|delete|instead of|rather than"
    r"|no longer|avoid|impossible|can['’]?t|cannot|replace|change"
    r"|nicht|kein\w*|ohne|weglassen|streich\w*|statt|ändere|ersetze"
    r"|pas|sans|jamais|enlev\w*|retir\w*|supprim\w*|au lieu|remplac\w*"
    r"|sin|nunca|quita\w*|en vez de|senza|togli\w*|invece di|niet|geen|zonder|bez|zamiast|usuń"
    r"|não|sem|em vez de|tira\w*|inte|utan|istället för|ta bort|místo|vynech\w*)\b",
    re.IGNORECASE,
)
# Words by which a person says that something is now otherwise.
CHANGED_MIND = re.compile(
    r"\b(?:after all|actually|instead|rather|change|make it|now|no longer|not|correct\w*"
    r"|doch|statt\w*|lieber|ändere|finalement|plutôt|en fait|au lieu|al final|mejor|en vez|invece|anzi|meglio"
    r"|toch|liever|jednak|zamiast|raczej|afinal|melhor|ändå|istället|hellre|nakonec|raději|místo)\b",
    re.IGNORECASE,
)
CLAUSE = re.compile(
    r"[^,;!?\n]+?(?:[,;!?\n](?!\d)|\.(?!\d)|\s(?=(?:but|aber|mais|pero|ma|maar|ale|mas|men)\s)|$)|.",
    re.DOTALL,
)
REPLACED = re.compile(r"\b(?:change|ändere|replace|ersetze|remplac\w+)\b", re.IGNORECASE)
LENGTH = re.compile(
    r"\s?(?:-|to|or|bis|oder|à|ou)?\s?(?:words?|sentences?|lines?|paragraphs?|characters?|w[öo]rter\w*|s[äa]tze\w*"
    r"|zeilen|mots|phrases|lignes|palabras|frases|líneas|parole|frasi|righe|woorden|zinnen|regels|sł[óo]w\w*|zda\w+"
    r"|palavras|linhas|ord|meningar|rader|slov|vět\w*|字|文字|行)\b",
    re.IGNORECASE,
)
RANGE = re.compile(r"\s?(?:-|to|or|bis|oder|à|ou)\s?\d{1,4}")
INTO = re.compile(r"\b(?:to|in|auf|durch|par|by|with)\s+$")
MOST_LEFT_OUT = 2  # points of the email that a numbered answer may skip
ITEM = re.compile(r"(?:^|(?<=[\n.;!?,] )|(?<=\n))[ \t]*(?P<n>\d{1,2})(?=[.):]?\s)", re.MULTILINE)


class Clauses:
    """The clauses of an owner's text, and which of their facts are to be left out."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._spans = [(match.start(), match.end()) for match in CLAUSE.finditer(text)]
        self._starts = [start for start, _ in self._spans]
        self._found: dict[int, tuple[int, bool, bool] | None] = {}  # by the number of the clause

    def is_left_out(self, fact: Fact) -> bool:
        number = bisect_right(self._starts, fact.start) - 1
        if number not in self._found:
            self._found[number] = self._read(*self._spans[number])
        found = self._found[number]
        if found is None:
            return False
        end, is_replaced, has_number_behind = found
        if is_replaced:  # "change 30 days to 35"
            return INTO.search(self._text[max(0, fact.start - 8) : fact.start]) is None
        # "salad for 10 not 12", "11 instead of 10": only what is behind the word.
        return fact.start >= end or not has_number_behind

    def _read(self, start: int, end: int) -> tuple[int, bool, bool] | None:
        """Return where the word that leaves out ends, whether it replaces, and whether a number follows."""
        found = LEFT_OUT.search(self._text, start, end)
        if found is None:
            return None
        is_replaced = REPLACED.match(found[0]) is not None
        return found.end(), is_replaced, re.search(r"\d", self._text[found.end() : end]) is not None


def is_about_the_text(text: str, fact: Fact) -> bool:
    """Return whether a number gives a length, as in "no more than 100 words"."""
    if fact.kind == "name":  # "5 Sätze"
        return LENGTH.match(text, fact.start) is not None
    after = text[fact.end : fact.end + 30]
    if between := RANGE.match(after):
        after = after[between.end() :]
    return LENGTH.match(after) is not None


def items(text: str) -> set[int]:
    """Return the places of numbers that only number the owner's points: "1 yes. 2: no", also with gaps."""
    found = [(match.start("n"), int(match["n"])) for match in ITEM.finditer(text)]
    places: set[int] = set()
    last = 0
    for place, number in found:
        if last < number <= last + MOST_LEFT_OUT:
            places.add(place)
            last = number
    return places if len(places) > 1 else set()
