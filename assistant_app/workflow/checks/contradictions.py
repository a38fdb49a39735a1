"""Finds sentences of a draft that go against what the owner said, where structure alone shows it.

What a sentence means can't be told without a model. Only these are found: the words of a negated
instruction in a sentence without a negation, a yes or no beside a fact that the draft turns round, a thing
that must not be mentioned, another day than "tomorrow", and a price per piece that became a total.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice

from assistant_app.workflow.checks.facts import Fact, Value
from assistant_app.workflow.checks.questions import stems

MOST = 50  # clauses of a text
MOST_SENTENCES = 500
AFTER_QUOTED = 40  # characters: "don't say 'jobs', 'layoffs'"
LONGEST = 80  # characters of what must not be mentioned
MOST_SAME = 10  # facts of a draft that are like one of the owner's
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.](?=\d)[^.!?\n]*)*[.!?]*")
_CLAUSE = re.compile(r"[^,;.!?\n]+(?:[.,](?=\d)[^,;.!?\n]*)*[!?]*")
# Any of these in a sentence may turn it round, so nothing is said about it.
NEGATION = re.compile(
    r"\b(?:not|no|never|without|cannot|neither|nor|none|nothing|nobody|unable|declin\w*|refus\w*|impossible"
    r"|instead|unfortunately|avoid\w*|sorry|afraid|regret\w*|reject\w*|pass on|drop|stop\w*|against|skip|keep"
    r"|nicht\w*|kein\w*|nie|niemals|ohne|weder|niemand|leider|unmöglich|ablehn\w*|absag\w*|verzicht\w*"
    r"|pas|aucun\w*|jamais|sans|ni|impossible|malheureusement|refus\w*|ne|regrett\w*"
    r"|sin|nunca|ni|tampoco|imposible|lamenta\w*|rechaz\w*|non|senza|mai|né|impossibile|purtroppo"
    r"|niet|geen|nooit|zonder|helaas|nie|bez|nigdy|ani|żad\w*|niestety|não|sem|nem|infelizmente"
    r"|inte|ej|utan|aldrig|ingen|inget|inga|tyvärr|ne(?:budu?|ní|jsou|jsem|mám|máme|můž\w*|chc\w*"
    r"|potřeb\w*|lze|musí\w*)|bez|nikdy|žád\w*|bohužel)\b"
    r"|n['’]t\b|\bn['’]|ない|ません|ず|不|没|沒|無|无|别",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"\b(?:impossible|not possible|(?:does|do|will|would|is|are)(?: not|n['’]t) (?:work|suit|fit|possible)\w*"
    r"|can(?:not|['’]t| not) (?:make|come|attend|do|accept|approve|agree)|unmöglich|nicht möglich"
    r"|(?:geht|passt|klappt) (?:leider )?nicht|pas possible|imposible|impossibile|onmogelijk"
    r"|niemożliwe|impossível"
    r"|omöjligt|nemožné)\b",
    re.IGNORECASE,
)
# "do not return the glass": what is behind the words must not be done.
_MUST_NOT = re.compile(
    r"\b(?:(?P<before>(?:do|does) not(?: have to)?|don['’]?t(?: have to)?|doesn['’]t have to|never|no need to"
    r"|need not|needn['’]t|must not|mustn['’]t|should not|shouldn['’]t)|auf keinen fall|nicht|kein\w*"
    r"|(?:ne )?pas"
    r"|jamais|no|nunca|non|niet|geen|nie|não|inte)\s+",
    re.IGNORECASE,
)
_OTHER_MATTER = re.compile(
    r"\b(?:but|before|after|until|unless|if|because|as|since|aber|sondern|bevor|wenn|mais|pero)\b",
    re.IGNORECASE,
)
_MENTION = re.compile(
    r"\b(?:do not|don['’]?t|never|must not|without|avoid)\s+(?:again )?"
    r"(?:mention|mentioning|say|saying|name|naming|tell|telling|give|giving|state|stating|quote|quoting|repeat"
    r"|repeating|reveal|disclose|confirm|write|use|using|include|including|put)\b(?P<what>[^,;.!?\n]{2,80})"
    r"|\b(?:ne (?:pas|jamais) (?:mentionner|dire|citer|donner|écrire)|no (?:menciones?|digas?|cites?"
    r"|mencionar|decir)|non (?:menzionare|dire|citare)|niet (?:noemen|vermelden|zeggen)"
    r"|nie (?:wspominaj|podawaj|mów)"
    r"|não (?:mencion\w+|dig\w+|cit\w+))\b(?P<other>[^,;.!?\n]{2,80})",
    re.IGNORECASE,
)
# In German, what must not be mentioned stands before: "die Zahl nicht nennen".
_MENTION_BEHIND = re.compile(
    r"\s(?:nicht|kein\w*)\s+(?:erwähnen|nennen|sagen|angeben|schreiben|verraten)\b", re.IGNORECASE
)
_BY_NAME = re.compile(
    r"\b(?:mention|name|reveal|disclose|erwähn|nennen|verraten|mentionn|mencion|menzion|noemen|vermelden|wspomin)",
    re.IGNORECASE,
)
MOST_WORDS = 3  # that name what must not be mentioned
_THINGS: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = (
    (
        re.compile(
            r"\b(?:the|any|our|that|this|die|den|le|la|el|il|het|o|a)?\s*(?:numbers?|figures?|zahl(?:en)?"
            r"|chiffres?|nombre"
            r"|número|cifras?|numero|aantal|liczb\w*)\b",
            re.I,
        ),
        frozenset({"number"}),
    ),
    (
        re.compile(
            r"\b(?:prices?|amounts?|costs?|sums?|money|fees?|salary|budget|preise?|betrag|beträge|kosten"
            r"|summe|prix"
            r"|montants?|coûts?|precios?|importes?|prezz[oi]|importo|prijs|bedrag|cen[ay]|kwot\w*|preços?|valor)\b",
            re.I,
        ),
        frozenset({"amount"}),
    ),
    (
        re.compile(r"\b(?:dates?|deadlines?|day|datum|termin\w*|frist|fecha|data|délai|date limite)\b", re.I),
        frozenset({"date"}),
    ),
    (re.compile(r"\b(?:times?|uhrzeit|heure|hora|ora)\b", re.I), frozenset({"time"})),
)
_QUOTED = re.compile(r"['\"“„‘«]([^'\"”“’»\n]{2,40})['\"”“’»]")
_YES = (
    r"(?:yes|ok|okay|fine|works|good|suits|ja|passt|geht|gut|oui|d'accord|sí|vale|bien|sì|va bene"
    r"|goed|prima|tak|sim)"
)
_NO = r"(?:no|nope|not|nein|nicht|non|nee|niet|nie|não|nej|ne)"
_ONLY = re.compile(rf"\W*(?:(?P<yes>{_YES})|(?P<no>{_NO}))\W*", re.IGNORECASE)
_ANSWER = re.compile(
    rf"\s*[:,-]?\s*(?:(?P<yes>{_YES})|(?P<no>{_NO}))\s*(?=[,;.!?\n]|$|and\b|but\b|und\b)", re.IGNORECASE
)
_NO_PROBLEM = re.compile(
    r"\b(?:no problem|not a problem|kein problem|pas de problème|no hay problema|nessun problema)", re.I
)
_EACH = re.compile(
    r"[^\d\n.;]{0,12}?(?:\b(?:each|apiece|per|a piece|a pop|pro|je|stück|chacune?|pièce|cada"
    r"|l['’]uno|ciascuno|stuk|sztuk\w*"
    r"|styck|kus)\b|/\s?(?:unit|piece|st|stk|pc))",
    re.IGNORECASE,
)
_AT = re.compile(
    r"\b\d[\d.,]*\s(?:\w+\s)?(?:at|à|zu|a|op|po|för|za)\s(?:[€$£]|EUR|USD|GBP|CHF)?\s?$", re.IGNORECASE
)
_TOTAL = (
    r"(?:in total|altogether|in all|all in all|total|overall|insgesamt|zusammen|gesamt|au total"
    r"|en tout|en total"
    r"|in totale|complessivamente|in totaal|totaal|łącznie|razem|no total|totalt|sammanlagt|celkem)"
)
_TOTAL_BEHIND = re.compile(
    rf"\s?(?:net|gross|netto|brutto|HT|TTC)?\s?\b{_TOTAL}\b(?!\s?(?:of\b|:|[€$£\d]|EUR|USD))", re.IGNORECASE
)
_TOTAL_BEFORE = re.compile(
    rf"\b(?:{_TOTAL}|a total)(?: of| is| comes to| von| de|:)?\s?(?:[€$£]|EUR|USD|GBP|CHF)?\s?$",
    re.IGNORECASE,
)
_DAYS: tuple[tuple[int, re.Pattern[str]], ...] = tuple(
    (number, re.compile(rf"(?<![\w'’-])(?:{words})(?![\w-])|{asian}", re.IGNORECASE))
    for number, words, asian in (
        (
            0,
            r"today|tonight|this (?:morning|afternoon|evening)|heute|aujourd['’]hui|ce (?:soir|matin)|hoy"
            r"|esta noche"
            r"|oggi|stasera|stamattina|vandaag|vanavond|dziś|dzisiaj|hoje|i ?dag|i ?kväll|dnes",
            r"今日|本日|今天|今晚",
        ),
        (
            1,
            r"(?<!after )tomorrow|(?<!guten )(?<!heute )(?<!am )(?<!goede )(?<!jeden )morgen"
            r"|(?<!après-)demain"
            r"|(?<!la )(?<!pasado )mañana|domani|jutro|amanhã|i ?morgon|zítra",
            r"明日|明天",
        ),
        (
            2,
            r"(?:the )?day after tomorrow|übermorgen|après-demain|pasado mañana|dopodomani|overmorgen"
            r"|pojutrze"
            r"|depois de amanhã|i ?övermorgon|pozítří",
            r"明後日|后天",
        ),
    )
)


def contradictions(
    draft: str,
    found: Sequence[Fact],
    own: Sequence[tuple[str, Sequence[Fact]]],
    email: str,
    email_facts: Sequence[Fact],
) -> Iterator[Fact]:
    """Yield the passages of a draft that go against the owner's texts, of which `own` has the facts."""
    letter = _Letter(draft, found)
    values_of_owner = {value for _, facts in own for fact in facts for value in fact.values}
    negated = [words for text, _ in own for words in _negated(text)]
    for words in negated[:MOST]:
        yield from letter.without_negation(words)
    for text, facts in own:
        yield from _turned_round(letter, text, facts)
    mentions = [(text, facts, *mention) for text, facts in own for mention in islice(_mentions(text), MOST)]
    for mention in mentions[:MOST]:
        yield from _mentioned(letter, values_of_owner, *mention)
    if own:
        yield from _only_yes_or_no(letter.sentences, own)
    yield from _another_day(draft, email, own)
    yield from _totals(draft, found, [(email, email_facts), *own])


class _Letter:
    """A draft with its facts and sentences."""

    def __init__(self, text: str, facts: Sequence[Fact]) -> None:
        self.text = text
        self.facts = facts
        found = islice(_SENTENCE.finditer(text), MOST_SENTENCES)
        self.sentences = [(match.start(), match[0]) for match in found]

    @cached_property
    def _stems(self) -> list[set[str]]:
        return [stems(sentence) for _, sentence in self.sentences]

    def without_negation(self, words: set[str]) -> Iterator[Fact]:
        """Yield the first sentence with all the words that nothing turns round."""
        for (start, sentence), of_sentence in zip(self.sentences, self._stems, strict=True):
            if words <= of_sentence and not sentence.endswith("?") and not NEGATION.search(sentence):
                yield _passage(start, sentence)
                return

    def about(self, facts: Sequence[Fact]) -> list[tuple[int, str]]:
        """Return the sentences with one of the facts."""
        starts = [fact.start for fact in facts]
        return [
            (start, sentence)
            for start, sentence in self.sentences
            if any(start <= place < start + len(sentence) for place in starts)
        ]


def _passage(start: int, text: str) -> Fact:
    lead = len(text) - len(text.lstrip())
    shown = text.strip().rstrip(".!")
    return Fact("contradiction", start + lead, start + lead + len(shown), shown, frozenset())


def _negated(text: str) -> Iterator[set[str]]:
    """Yield the words of each clause that says what must not be done."""
    for clause in islice(_CLAUSE.finditer(text), MOST):
        found = _MUST_NOT.search(clause[0])
        if found is None or clause[0].rstrip().endswith("?") or next(_mentions(clause[0]), None):
            continue
        # In other languages the verb may stand before: "den Vertrag nicht kündigen".
        whole = clause[0][found.end() :] if found["before"] else clause[0].replace(found[0], " ", 1)
        behind = _OTHER_MATTER.split(whole, maxsplit=1)[0]
        if 2 <= len(words := stems(behind)) <= 5:
            yield words


def _turned_round(letter: _Letter, text: str, facts: Sequence[Fact]) -> Iterator[Fact]:
    """Yield the sentence about a fact to which the owner said the opposite: "3k no", "Sunday ok"."""
    answered = ((fact, answer) for fact in facts if (answer := _ANSWER.match(text, fact.end)))
    for fact, answer in islice(answered, MOST):
        alike = (
            other for other in letter.facts if other.values & fact.values or _have_same_number(other, fact)
        )
        same = list(islice(alike, MOST_SAME))
        sentences = letter.about(same)
        if answer["no"] and sentences and not any(_may_be_no(sentence) for _, sentence in sentences):
            yield _passage(*sentences[0])
        for start, sentence in sentences if answer["yes"] else ():
            for clause in _CLAUSE.finditer(sentence):
                begin, end = start + clause.start(), start + clause.end()
                is_about_it = any(begin <= other.start < end for other in same)
                if is_about_it and _REFUSAL.search(clause[0]) and not _NO_PROBLEM.search(clause[0]):
                    yield _passage(begin, clause[0])


def _may_be_no(sentence: str) -> bool:
    return sentence.endswith("?") or NEGATION.search(sentence) is not None


def _have_same_number(one: Fact, other: Fact) -> bool:
    numbers = {value[1] for value in one.values if value[0] == "number"}
    return any(value[1] in numbers for value in other.values if value[0] == "number")


def _mentions(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the words that forbid to mention something, and where it stands."""
    for match in _MENTION.finditer(text):
        start, end = match.span("what" if match["what"] else "other")
        yield match[0], start, end
    for match in _MENTION_BEHIND.finditer(text):
        start = max(text.rfind(mark, 0, match.start()) for mark in ",;.!?\n") + 1
        yield match[0], max(start, match.start() - LONGEST), match.start()


def _mentioned(
    letter: _Letter,
    values_of_owner: set[Value],
    text: str,
    facts: Sequence[Fact],
    said: str,
    start: int,
    end: int,
) -> Iterator[Fact]:
    """Yield what must not be mentioned: a fact or a word in quotes, or "the number" of the email."""
    what = text[start:end]
    for word in _QUOTED.findall(text[start : end + AFTER_QUOTED])[:MOST_SAME]:
        place = re.search(rf"\b{re.escape(word)}\b", letter.text, re.IGNORECASE)
        if place:
            yield Fact("contradiction", place.start(), place.end(), place[0], frozenset())
    if _BY_NAME.search(said) and 0 < len(subject := stems(what)) <= MOST_WORDS:
        yield from letter.without_negation(subject)
    forbidden = {value for fact in facts if start <= fact.start < end for value in fact.values}
    kinds = {kind for pattern, of_thing in _THINGS if pattern.search(what) for kind in of_thing}
    for fact in letter.facts if forbidden or kinds else ():
        is_of_kind = fact.kind in kinds and not fact.values & values_of_owner and not fact.is_vague
        if fact.values & forbidden or (not forbidden and is_of_kind):
            yield Fact("contradiction", fact.start, fact.end, fact.text, frozenset())


def _only_yes_or_no(
    sentences: Sequence[tuple[int, str]], own: Sequence[tuple[str, Sequence[Fact]]]
) -> Iterator[Fact]:
    """Yield the first sentence with a statement if the owner only said "no" and the draft has no refusal."""
    said = [text for text, _ in own if text.strip()]
    only = _ONLY.fullmatch(said[0]) if len(said) == 1 else None
    if only is None:
        return
    if only["no"] and not any(NEGATION.search(sentence) for _, sentence in sentences):
        longest = max(sentences, key=lambda each: len(each[1]), default=None)
        if longest is not None and len(longest[1].split()) > 3:
            yield _passage(*longest)
    if only["yes"]:
        for start, sentence in sentences:
            if _REFUSAL.search(sentence):
                yield _passage(start, sentence)


def _another_day(draft: str, email: str, own: Sequence[tuple[str, Sequence[Fact]]]) -> Iterator[Fact]:
    """Yield "tomorrow" where the owner said "tonight", and named no other day."""
    said = "\n".join(text for text, _ in own)
    days = {number for number, pattern in _DAYS if pattern.search(said)}
    if not days or any(fact.kind == "date" for _, facts in own for fact in facts):
        return
    known = days | {number for number, pattern in _DAYS if pattern.search(email)}
    in_draft = {number: match for number, pattern in _DAYS if (match := pattern.search(draft))}
    if days & set(in_draft):
        return
    for number, match in in_draft.items():
        if number not in known:
            yield Fact("date", match.start(), match.end(), match[0], frozenset())


def _totals(
    draft: str, found: Sequence[Fact], sources: Iterable[tuple[str, Sequence[Fact]]]
) -> Iterator[Fact]:
    """Yield the amounts that the draft calls a total and the sources a price per piece."""
    in_total = []
    for fact in found:
        before = draft[max(0, fact.start - 30) : fact.start]
        if fact.kind not in ("amount", "number"):
            continue
        if behind := _TOTAL_BEHIND.match(draft, fact.end):
            if not _EACH.match(draft[fact.end : behind.end()]):
                in_total.append((fact, fact.start, behind.end()))
        elif _TOTAL_BEFORE.search(before) and not _EACH.match(draft, fact.end):
            in_total.append((fact, fact.start, fact.end))
    if not in_total:
        return
    of_each: set[float] = set()
    whole: set[float] = set()
    for text, facts in sources:
        for fact in facts:
            numbers = {float(str(value[1])) for value in fact.values if value[0] == "number"}
            is_each = _EACH.match(text, fact.end) or _AT.search(text[max(0, fact.start - 40) : fact.start])
            (of_each if is_each else whole).update(numbers)
    for fact, start, end in in_total:
        numbers = {float(str(value[1])) for value in fact.values if value[0] == "number"}
        if numbers & of_each and not numbers & whole:
            yield Fact("contradiction", start, end, draft[start:end], frozenset())
