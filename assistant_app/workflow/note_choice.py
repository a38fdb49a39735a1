"""The words by which notes are found for an email, and how much each says. Pure functions of text.

No model is needed: a note is about an email if both have rare words, names, codes or topics in common, or if
the note is for the email's sender only. The words of all notes are in a table, so that one query decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from assistant_app.mail.addresses import addresses_in
from assistant_app.mail.header import Header, pasted
from assistant_app.mail.proposed_envelope import without_tag
from assistant_app.mail.quotes import without_quoted
from assistant_app.mail.shown import without_header
from assistant_app.workflow.checks.languages import is_function_word
from assistant_app.workflow.checks.names import WITHOUT_MARKS
from assistant_app.workflow.topics import topics_of

ALL, DOMAIN, ADDRESS = "all", "domain", "address"
MOST = 5  # notes of one prompt
MOST_CHARACTERS = 12_000  # of them together
LONGEST = 4_000  # characters of one note
LONGEST_TITLE = 200
LONGEST_WORD = 40
MOST_READ = 20_000  # characters of an email
MOST_WORDS = 400  # that are looked for
STEM = 6  # letters of a word that count
# How much a word says that both have: of the title, of the text, and one with digits ("LW-20817").
IN_TITLE, IN_TEXT, CODE = 4, 2, 6
FOR_SENDER = 1_000  # for a note that is meant for this sender
ENOUGH = 2.0  # that a note has to reach
SHARE_OF_BEST = 0.5  # that a note has to reach of the best one's score

NoteT = TypeVar("NoteT")
_WORD = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
# Words of any email, which say nothing about what it is about.
_USUAL = """
    about after again also another anything around asked asking back because been before being best both
    cannot colleague come customer dear does done each email emails ever every everything find first
    following forward from further general get getting give given going good great greetings hello here hope
    information inform interested just keep kind know last later less like little long look looking made
    make many may maybe might mind moment month more most much must need needs never next nice note nothing
    now number often once only other others over own people person please possible question questions quick
    quite ready really regards reply right said same say see seen send sent several should show since some
    someone something soon still such sure take team tell than thank thanks that their them then thing
    things think this those through time today together told tomorrow under until upon used using very want
    wanted week well were which while whom whose wish with within without wonder word work working would
    write writing wrote year years yes yesterday anfrage antwort danke ebenfalls einmal etwas fragen frage
    gerne gibt grusse heute immer jetzt kann konnen konnte konnten leider machen mail mehr melden mochte
    mochten muss mussen nachricht neue noch schon sehr senden sollte sollen teilen viele wann warum weil
    welche werden wieder wissen wochen wurde wurden aussi autre avant avoir bien cela cette comment comme
    depuis deux encore etre faire fait leur mais meme merci message notre nouveau nouvelle pourriez pouvez
    pouvons question quel quelle quelles quels savoir sera serait souhaite souhaitons sommes tous tout toute
    tres voici vous algo alguna antes aqui cuando cual cuales desde donde esta estan estas este favor
    gracias hacer hasta hola informacion mensaje mucho muchas nueva nuevo otra otro para podria podrian
    pregunta puede pueden quisiera queremos saber saludos ser sido sobre somos tambien tener tiene todo
    anche buongiorno come cosa cordiali domanda dopo essere fare grazie ha hanno messaggio molto nuovo ogni
    ora posso possiamo potete potrebbe prima quale quali quando quanto questa questo sapere saluti sono
    stata stato tutto vorrei vorremmo als bedankt bent dat deze een graag groet heb heeft hebben hoe kunnen
    kunt nog onze over u uw vraag vragen vriendelijke waar wanneer welke weten willen worden zijn zou bardzo
    chcialbym czy dzien dobry dziekuje jak jest jestem jestesmy ktory maja moge mozna oraz pozdrawiam prosze
    pytanie sie sa tak tez wiadomosc agradeco bom como gostaria mais muito obrigad obrigada obrigado
    pergunta poderia quais qual sabe sao voce att behover bra det en fraga fragor finns fran halsningar hej
    kan ni nar och som tack undrar vad vill vilka vara bych chteli dekuji dobry jake jaky jsou jsme kdy
    muzete nebo potrebujeme pozdravem prosim
"""
USUAL = frozenset(_USUAL.split())


def words_of_note(title: str, text: str, scope: str = ALL, target: str = "") -> dict[str, int]:
    """Return the words by which a note is found, each with how much it says."""
    found: dict[str, int] = {}
    for source, weight in ((text, IN_TEXT), (title, IN_TITLE)):
        for word in _words(source):
            says = max(weight, CODE) if _is_code(word) else weight
            found[word] = max(found.get(word, 0), says)
    if scope != ALL:
        found[f"@{target}"] = FOR_SENDER
    return found


def words_of_email(email: str, said: Iterable[str] = ()) -> list[str]:
    """Return the words of an email by which notes are found. `said` has what its owner said about it.

    Quoted messages and the header don't count, but the subject and the sender do.
    """
    header = Header(pasted(email))
    body = without_header(without_quoted(email[:MOST_READ]))
    texts = [header.text("subject"), *said, body]
    found = dict.fromkeys(word for text in texts for word in _words(text))
    senders = [f"@{each}" for each in targets_of(email)]
    return [*senders, *list(found)[:MOST_WORDS]]


def targets_of(email: str) -> list[str]:
    """Return the addresses and domains to which a note for this email's sender may be limited."""
    header = Header(pasted(email))
    people = [each for name in ("reply-to", "from") for each in header.addresses(name)]
    boxes = [without_tag(each.addr_spec) for each in people]
    domains = [each.rpartition("@")[2] for each in boxes]
    above = [part for each in domains for part in _above(each)]
    return list(dict.fromkeys([*boxes, *domains, *above]))


def _above(domain: str) -> list[str]:
    """Return the domains that a domain is part of: "nordlys.example" for "mail.nordlys.example"."""
    parts = domain.split(".")
    return [".".join(parts[number:]) for number in range(1, len(parts) - 1)]


def target(scope: str, typed: str) -> str:
    """Return the address or domain of a note's scope as it is compared; "" if the text has none."""
    if scope == ADDRESS:
        found = addresses_in(typed)
        return without_tag(found[0].addr_spec) if len(found) == 1 else ""
    domain = re.sub(r"^\w+://", "", typed.strip().lower()).partition("/")[0]
    domain = domain.rpartition("@")[2].removeprefix("www.")
    is_domain = re.fullmatch(r"[^\W_][\w-]*(?:\.[\w-]*[^\W_])+", domain) is not None
    return domain if is_domain and len(domain) < 254 else ""


def best(scored: Sequence[tuple[float, int, NoteT]]) -> list[NoteT]:
    """Return the notes for a prompt of these, each with its score and length, the best first."""
    kept: list[NoteT] = []
    left = MOST_CHARACTERS
    of_words = [score for score, _, _ in scored if score < FOR_SENDER]
    least = max(ENOUGH, SHARE_OF_BEST * max(of_words, default=0))
    for score, length, note in scored:
        if score >= least and length <= left and len(kept) < MOST:
            kept.append(note)
            left -= length
    return kept


def _words(text: str) -> Iterator[str]:
    """Yield the words that say something: their stems, topics, and codes as they are."""
    text = unicodedata.normalize("NFKC", text)
    for run in _WIDE.findall(text):
        yield from (run[place : place + 2] for place in range(len(run) - 1))
        for place in range(len(run) - 1):
            yield from topics_of(run[place : place + 2])
    for match in _WORD.finditer(_WIDE.sub(" ", text)):
        plain = _plain(match[0])
        if _is_code(plain):
            yield plain[:LONGEST_WORD]
            continue
        for part in re.split(r"[-'’.]", plain):
            if len(part) < 3 or part.isdigit() or is_function_word(part) or part in USUAL:
                continue
            yield _stem(part)
            yield from topics_of(part)


def _plain(word: str) -> str:
    marked = unicodedata.normalize("NFKD", word.casefold().translate(WITHOUT_MARKS))
    return "".join(letter for letter in marked if not unicodedata.combining(letter))


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    return word[:STEM]


def _is_code(word: str) -> bool:
    """Return whether it is a code such as "lw-20817": letters and digits, and longer than a date's part."""
    return len(word) > 3 and any(map(str.isdigit, word)) and any(map(str.isalpha, word))
