"""Finds names: capitalised words that do not start a sentence.

German capitalises every noun, so there a name also needs the position of a name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Literal

from assistant_app.workflow.checks.facts import Fact

_LETTER = r"[^\W\d_ºª]"
WORD = re.compile(
    rf"[A-Z][a-z]?(?:\.[A-Z][a-z]?)+(?!{_LETTER})"  # "Ph.D", "U.S"
    rf"|{_LETTER}+(?:[-'’]{_LETTER}+)*"
)
POSSESSIVE = re.compile(r"'s?$")
# "d'Inès", "dell'Anna"
ELIDED = re.compile(r"(?:[dlnmtsc]|qu|jusqu|dell|all|dall|nell|sull)['’](?=\w)")
CONTRACTED = re.compile(r"['’](?:ll|d|ve|m|s|re)$")  # "I'll"
# Letters that Unicode cannot decompose, without their marks; and the two-letter spellings of German and the
# Scandinavian languages. `casefold` turns "ß" into "ss".
WITHOUT_MARKS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
IN_TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
TITLES = {
    "mr",
    "mrs",
    "ms",
    "dr",
    "prof",
    "st",
    "herr",
    "herrn",
    "hr",
    "frau",
    "rev",
    "ing",
    "med",
    "monsieur",
    "madame",
    "mme",
    "mlle",
    "m",
}
LONGEST_TITLE = max(map(len, TITLES)) + 2  # plus a full stop, and one letter to detect a longer word
LONGEST_SHORT = 5  # letters of an abbreviation
LONGEST_COMPOUND = 60  # letters of a word that it may stand for
MOST_COMPOUNDS = 200
LONGEST_LINE = 100  # characters of a signature line on each side of a word
# Words that are capitalised everywhere.
_COMMON = """
    i sir madam am pm ok okay ps re cc fyi asap pdf faq id tv hr email e-mail internet team kind
    best dear regards thanks english german french norwegian spanish italian deutsch englisch
    französisch vat eta iban gmbh sie ihnen ihr ihre ihrem ihren ihrer ihres damen herren bonjour
    mwst uhr messieurs mesdames cordialement christmas easter god usb api url it ceo cet viele liebe
    beste herzliche grüße grüßen gruß
    no nos nr ref yes hello hi all everyone everybody sirs colleagues friends whom concern wishes
    sincerely faithfully truly please
    estimado estimada estimados estimadas señor señora señores señoras sr sra srs saludos usted ustedes
    gentile gentili signor signora signori saluti lei
    geachte heer mevrouw groet groeten
    pan pani państwo panie panu panią szanowny szanowna szanowni pozdrawiam
    prezado prezada prezados exmo exma exmos senhor senhora senhores cumprimentos
    hälsning hälsningar vänliga
    vážený vážená vážení pane paní pozdravem
    monday tuesday wednesday thursday friday saturday sunday
    professor professorin professeur profesor profesora professore professoressa professora profesorze
    doctor doctora doktor doktorin docteur dottor dottore dottoressa doutor doutora maître maestra
"""
# Pronouns with a capital, out of politeness.
POLITE = {
    language: frozenset(words.split())
    for language, words in {
        "cs": "vy vás vám vámi váš vaše vaší vašeho vašemu vaši vaším vašim vašich vašimi"
        " ty tě tebe tobě tebou tvůj tvá tvé tvého tvému tvou",
        "de": "du dir dich dein deine deinem deinen deiner deines euch euer eure eurem euren",
        "es": "ud uds vd vds",
        "it": "la le suo sua suoi sue ella voi vi vostro vostra vostri vostre",
        "nl": "u uw",
        "pl": "wy was wam wami wasz wasza wasze waszego waszej waszych ty ciebie cię ci tobie tobą"
        " twój twoja twoje twojego twojej twoim twoją twoich państwa państwu państwem pański pańska",
        "pt": "vossa excelência senhoria",
        "sv": "ni er ert era du dig din ditt dina",
    }.items()
}
# Whom a letter is addressed to without a name, and what a team or a place is called.
_ROLES = """
    customer client service services support care sales team teams department departments office manager
    managers hiring human resources accounts accounting billing board committee council members member
    parents parent landlord tenant neighbour neighbours neighbor neighbors director head chair president
    secretary editor press reception desk helpdesk staff morning afternoon evening day may sir madam
    sirs colleague student students teacher teachers guest guests family friends ceo cfo cto hq room
    floor street road invoice order parental group kundin kunde kundendienst kundenservice zimmer raum
    saal service clients clientèle équipe direction atención cliente equipo departamento segreteria
    ufficio direzione assistenza officina klantenservice dział biuro obsługi equipa atendimento
    kundtjänst
"""
ROLES = frozenset(_ROLES.split())
# A line that closes a letter: "Freundliche Grüße", "Kind Regards".
CLOSING = re.compile(
    r"gr(?:ü|ue)(?:ß|ss)|regards|wishes|sincerely|saluti|saludo|salutations|cordialement|groet|hälsning|pozdrav"
    r"|cumprimento|poważani|atentamente|abraço|bientôt|presto",
    re.IGNORECASE,
)
COMMON = frozenset(_COMMON.split())
_NO_NAMES = COMMON | ROLES
ARROWS = "\u2190"  # symbols from here on may be emoji, which end a sentence; "°", "©" and "™" are lower
ENDS_SENTENCE = ".!?:…\n•*"
OPENS = " \t\"'“”„‘’«»()[]_¿¡"
SURE_GERMAN = {
    "und",
    "ist",
    "nicht",
    "wir",
    "ich",
    "mit",
    "für",
    "auf",
    "die",
    "der",
    "das",
    "ein",
    "eine",
    "zu",
}
SURE_OTHER = {
    "the",
    "and",
    "of",
    "to",
    "is",
    "we",
    "you",
    "for",
    "le",
    "la",
    "les",
    "et",
    "nous",
    "vous",
    "de",
    "pour",
}
NAMING = {"herr", "herrn", "hr", "frau", "firma", "kollege", "kollegen", "kollegin", "familie", "dr", "prof"}


def words_of(text: str) -> set[str]:
    """Return the words of a text, case-folded and without a possessive, with their other spellings.

    The spellings are those of `_forms`.
    """
    found: set[str] = set()
    for word in set(WORD.findall(text)):
        if word.isascii() and word.isalpha():
            found.add(word.casefold())
            continue
        parts = _parts(word)
        if elided := ELIDED.match(word.casefold()):
            parts |= _parts(word[elided.end() :])
        for part in parts:
            found |= _forms(part)
            found.update(part.split("."))
    return found - {""}


def are_among(name: str, words: Collection[str]) -> bool:
    """Return whether each part of a name is among the words of a text, in one of its spellings."""
    if name.casefold() in words:
        return True
    parts = {part for word in WORD.findall(name) for part in _parts(word)} - {""}
    return all(
        any(form in words for form in _forms(part)) or all(piece in words for piece in part.split("."))
        for part in parts
    )


def _parts(word: str) -> set[str]:
    if word.isalpha():
        return {word.casefold()}
    lower = word.casefold().replace("’", "'")
    base = POSSESSIVE.sub("", lower)
    return {base, *base.split("-")}


def _forms(word: str) -> set[str]:
    """Return the spellings of a word in lower case: "zürich", "zurich", "zuerich"; "ph.d", "phd"."""
    if word.isascii():
        return {word, word.replace(".", "")} if "." in word else {word}
    return {word, _without_marks(word), word.translate(IN_TWO_LETTERS)}


def _without_marks(word: str) -> str:
    if word.isascii():
        return word
    marked = unicodedata.normalize("NFKD", word.translate(WITHOUT_MARKS))
    return "".join(letter for letter in marked if not unicodedata.combining(letter))


DECLINING = ("pl", "cs")  # languages whose names have other endings in other cases
# Endings of Polish and Czech nouns and adjectives, without marks.
_ENDINGS = "a e i y o u ie ii ou om um em im ym ej iem iej ego eho emu ach ami owi ovi ove ova iego iemu"
_CASES = frozenset(_ENDINGS.split())
LONGEST_CASE = max(map(len, _CASES))
# A consonant before such an ending, and what it is without: "Piotrze", "Magdzie", "Hance", "Beacie".
_SOFT = (("rz", "r"), ("dz", "d"), ("dz", "g"), ("c", "k"), ("c", "t"))


def stems(name: str) -> set[str]:
    """Return what a Polish or Czech name may be without the ending of its case: "Ewo" and "Ewa" share one."""
    plain = _without_marks(name.casefold())
    found = {plain}
    found |= {
        plain[:-length]
        for length in range(1, min(LONGEST_CASE + 1, len(plain) - 1))
        if plain[-length:] in _CASES
    }
    for stem in tuple(found):
        found |= {stem.removesuffix(soft) + hard for soft, hard in _SOFT if stem.endswith(soft)}
        if len(stem) > 3 and stem[-2] == "e":  # Marek, Marka
            found.add(stem[:-2] + stem[-1])
    return found


def initials_and_nouns(text: str) -> tuple[str, list[str]]:
    """Return the first letters of a text's words in order, and its first words with a capital."""
    words = WORD.findall(text)
    nouns = dict.fromkeys(
        word.casefold() for word in words if word[0].isupper() and len(word) <= LONGEST_COMPOUND
    )
    return "".join(word[0].casefold()[:1] for word in words), list(nouns)[:MOST_COMPOUNDS]


def may_be_short(name: str) -> bool:
    """Return whether it looks like an abbreviation in capitals."""
    return 1 < len(name) <= LONGEST_SHORT and name.isalpha() and name.isupper()


def is_spelled_out(short: str, initials: str, nouns: Collection[str], language: str | None) -> bool:
    """Return whether a text has the words of an abbreviation: "EG" is "Erdgeschoss".

    The first letters of two words say too little.
    """
    letters = short.casefold()
    if len(letters) > 2 and letters in initials:
        return True
    return language == "de" and any(_is_made_of(letters, noun) for noun in nouns)


def _is_made_of(letters: str, noun: str) -> bool:
    """Return whether each letter begins a part, of three letters at least."""
    if not noun.startswith(letters[0]):
        return False
    place = 0
    for letter in letters[1:]:
        place = noun.find(letter, place + 3)
        if place < 0:
            return False
    return place + 3 <= len(noun)


PAIR = re.compile(r"\b([A-Z]\w+)[ \t]([A-Z]\w+)\b")
SMALL_PAIR = re.compile(r"(?=\b([a-z]\w+) ([a-z]\w+)\b)")


def full_names(email: str) -> set[tuple[str, str]]:
    """Return each two words beside each other that begin with capitals, in lower case."""
    return {
        (first.casefold(), last.casefold())
        for first, last in set(PAIR.findall(email))
        if _may_be_name(first) and _may_be_name(last) and not CLOSING.search(f"{first} {last}")
    }


def typed_small(text: str, pairs: Collection[tuple[str, str]]) -> list[Fact]:
    """Return the full names of an email that stand in a text in lower case: "nuria falk".

    Only two words at once: a single one may be an ordinary word ("will", "march").
    """
    return [
        Fact("name", match.start(), match.end(2), f"{match[1]} {match[2]}", frozenset())
        for match in SMALL_PAIR.finditer(text)
        if match.groups() in pairs
    ]


def names(text: str, language: str | None = None) -> list[Fact]:
    """Return the capitalised words that do not start a sentence.

    In a text of a few words, the language tells better than its words whether it is German.
    """
    tokens = list(WORD.finditer(text))
    words = [token[0] for token in tokens]
    small = {*words, *POLITE.get(language or "", ())}  # looked up case-folded, which none with a capital is
    is_german = language == "de" if language else _is_german(words)
    found: list[Fact] = []
    for position, (token, word) in enumerate(zip(tokens, words, strict=True)):
        if word.islower() and word.isalpha():  # most words
            continue
        start = token.start()
        if word[0].islower() and not word.isalpha() and (elided := ELIDED.match(word)):
            start += elided.end()
            word = word[elided.end() :]
        if not word[0].isupper() or word.casefold() in small or not _may_be_name(word):
            continue
        if _begins_sentence(text, start) and not _is_in_signature(text, token):
            continue
        is_beside = False
        if is_german:
            stands = _stands_like_a_name(text, tokens, position)
            if not stands:
                continue
            is_beside = stands == "beside"
        end = token.end() + ("." in word and text.startswith(".", token.end()))
        found.append(Fact("name", start, end, text[start:end], frozenset(), is_beside))
    return found


def _is_german(words: Iterable[str]) -> bool:
    small = [word.casefold() for word in words]
    return sum(word in SURE_GERMAN for word in small) > sum(word in SURE_OTHER for word in small)


def _begins_sentence(text: str, start: int) -> bool:
    end = _end_before(text, start)
    if end == 0:
        return True
    if text[end - 1].isalpha():  # the usual case
        return False
    if text[end - 1] in "-–—" and _char_before(text, end - 1) in ("", "\n"):
        return True
    near = text[max(0, end - LONGEST_TITLE) : end]
    if near[-1] == "." and (title := re.search(r"(?<![.\w])(\w+)\.$", near)):
        return title[1].casefold() not in TITLES
    return near[-1] in ENDS_SENTENCE or _is_emoji(near[-1])


def _is_emoji(char: str) -> bool:
    """Return whether it is an emoji or the last part of one: a skin tone (Sk) or U+FE0F."""
    is_symbol = char >= ARROWS and unicodedata.category(char) in ("So", "Sk")
    return is_symbol or char == "\N{VARIATION SELECTOR-16}"


def _char_before(text: str, start: int) -> str:
    end = _end_before(text, start)
    return text[end - 1] if end else ""


def _end_before(text: str, start: int) -> int:
    """Return the end of the text before `start`, skipping opening marks. Does not copy the text."""
    while start and text[start - 1] in OPENS:
        start -= 1
    return start


def _is_in_signature(text: str, token: re.Match[str]) -> bool:
    """Return whether it starts a line of two or three capitalised words, like a name under a letter."""
    if token.start() <= len(text) * 0.6:
        return False
    start = text.rfind("\n", max(0, token.start() - LONGEST_LINE), token.start()) + 1
    if start <= len(text) * 0.6:
        return False
    end = text.find("\n", token.end(), token.end() + LONGEST_LINE)
    line = text[start : end if end >= 0 else token.end() + LONGEST_LINE].strip()
    parts = line.split()
    if not 1 < len(parts) <= 3 or line[-1] in ",.!?:" or CLOSING.search(line):
        return False
    return all(part[0].isupper() for part in parts)


def _stands_like_a_name(
    text: str, tokens: list[re.Match[str]], position: int
) -> Literal["", "surely", "beside"]:
    """Return whether a German word is surely a name, or only beside another one.

    Sure are words in capitals, and those after a title or "Firma".
    """
    token = tokens[position]
    if len(token[0]) > 1 and token[0].isupper():
        return "surely"
    stands: Literal["", "beside"] = ""
    for before, after in ((position - 1, position), (position, position + 1)):
        if before >= 0 and after < len(tokens) and _are_neighbours(text, tokens[before], tokens[after]):
            other = tokens[before if after == position else after]
            if other[0].casefold() in NAMING and after == position:
                return "surely"
            if _may_be_name(other[0]) and not _begins_sentence(text, other.start()):
                stands = "beside"
    return stands


def _are_neighbours(text: str, one: re.Match[str], other: re.Match[str]) -> bool:
    return text[one.end() : other.start()].lstrip(".") == " "


def _may_be_name(word: str) -> bool:
    if not word[0].isupper():
        return False
    lower = word.casefold()
    if not word.isalpha():
        lower = CONTRACTED.sub("", lower).replace(".", "")
        if lower.rpartition("-")[2] in ROLES:  # "Kita-Team"
            return False
    return lower not in _NO_NAMES and lower.rstrip("s") not in _NO_NAMES and lower not in TITLES
