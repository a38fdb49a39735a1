"""Proposes the envelope of a reply: To, Cc and Subject. Pure functions of the answered email's text.

The proposal answers everybody who was addressed, without the person's own addresses. What a person should
know about it, such as a mailing list or an address that no one reads, is a notice: a code and values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email.headerregistry import Address
from functools import cached_property, lru_cache

from assistant_app.mail import subjects
from assistant_app.mail.addresses import addresses_in
from assistant_app.mail.blocks import pattern
from assistant_app.mail.header import SUBJECT, Header, pasted
from assistant_app.mail.hidden import one_line
from assistant_app.mail.threads import messages_in

# Other envelopes that a person may choose instead of the proposed one.
ALL = "all"  # everybody who was addressed
SENDER = "sender"  # only the sender, or who the email asks to answer
AUTHOR = "author"  # the author, where the email asks to answer another address
ORIGINAL = "original"  # the sender of the message that was forwarded
LIST = "list"  # the mailing list

# Notices. Their values are in the order in which `Notice` gets them.
NO_SENDER = "no_sender"  # the email does not say who wrote it
OTHERS = "others"  # the reply goes to others, too: `number`
OWN_UNKNOWN = "own_unknown"  # one of the addresses may be the person's own
REPLY_TO = "reply_to"  # the email asks to answer `address` instead of `sender`
VIA = "via"  # a list or a service sent the email for its author: `sender`, and `address` gets the reply
TO_LIST = "to_list"  # everybody on a mailing list gets the reply: `address`
FROM_LIST = "from_list"  # it came through a mailing list, which does not get the reply: `address`
NO_REPLY = "no_reply"  # no one reads what is sent to `address`
BOUNCE = "bounce"  # a mail server reports about an email: `address`
AUTOMATIC = "automatic"  # a program wrote it, such as an absence note: `address`
FORWARDED = "forwarded"  # it forwards a message of `original`; the reply goes to `address`
OWN = "own"  # the person wrote it; the reply goes to those who got it
YOURSELF = "yourself"  # the reply goes to the person's own `address`

CODES_OF_OFFERS = (ALL, SENDER, AUTHOR, ORIGINAL, LIST)
CODES_OF_NOTICES = (
    NO_SENDER,
    OTHERS,
    OWN_UNKNOWN,
    REPLY_TO,
    VIA,
    TO_LIST,
    FROM_LIST,
    NO_REPLY,
    BOUNCE,
    AUTOMATIC,
    FORWARDED,
    OWN,
    YOURSELF,
)

LONGEST_NAME = 200  # characters of an address or name that are searched for "no reply"
LONGEST_START = 10_000  # characters of an email that are searched for a forwarded message

# Words of addresses that no one reads, in the local part or the domain. They are looked for where a word
# begins, without dots, hyphens and underscores.
_NO_REPLY = re.compile(
    r"(?:please|pls|bitte)?(?:"
    r"(?:do)?(?:no|not|dont|never)(?:repl[yi]|repply|replay|respond|answer)|unattended|unmonitored|notmonitored"
    r"|keineantwort|nichtantworten|nichtbeantworten|antwortennicht"  # German
    r"|nepasrepond|norepond|sansreponse|nerepondezpas|nerepondspas|nerepondrepas|pasdereponse"  # French
    r"|norespon[dg]|norespues|nocontest|naorespond|semresposta|nonrispond"  # Spanish, Portuguese, Italian
    r"|(?:niet|geen)(?:be)?(?:antwoord|reageren|reactie)"  # Dutch
    r"|(?:be)?svara?(?:inte|ej|ikke|ikkje)|(?:inte|ej|ikke|ikkje|ingen|inget)(?:be)?svar"  # Scandinavian
    r"|(?:ei|ala)vasta|aravasta"  # Finnish, Estonian
    r"|nieodp|neodpov|neodpis|neodgov|neatbild|neatsak"  # Polish, Czech, Croatian, Latvian, Lithuanian
    r"|nevalasz|nuraspun|(?:yanit|cevap)lama"  # Hungarian, Romanian, Turkish
    r"|neotve|neotgov|nevidpov|henshinfu|khongtraloi|janganbalas)",  # Russian and others in Latin letters
    re.IGNORECASE,
)
_FORWARDED = re.compile(pattern("forwarded"), re.IGNORECASE)
_SERVERS = re.compile(
    r"mailer-?daemon|mail-?daemon|postmaster|mdaemon|bounces?(?:[+=-].*)?|microsoftexchange[0-9a-f]{32}",
    re.IGNORECASE,
)
DELIVERY_REPORT = "(delivery-status)"  # what `mail.eml` adds to Auto-Submitted for a report of a mail server
# How services name the person they send for: "Anna via Sign", "Anna (über Sign)".
_VIA = re.compile(
    r"\S\s+[(\[]?(?:via|über|par le biais de|par l[’']intermédiaire de|por medio de|a través de"
    r"|por meio d[aeo]|através d[aeo]|tramite|door middel van|przez|za pośrednictwem|prostřednictvím|prin"
    r"|genom|gjennom|через|чрез|за допомогою|μέσω|באמצעות|عبر|melalui|通过|透過)\s+\S"
    r"|\S[\s(（]+\S.*(?:経由|[을를] 통해|kautta|aracılığıyla|keresztül)",
    re.IGNORECASE,
)
_GMAIL = {"gmail.com", "googlemail.com"}


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who gets a reply, and its subject. An empty subject means none."""

    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person should know about an envelope, worded on the page."""

    code: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proposal:
    """The proposed envelope, the others to choose from by their code, and what to know about it."""

    envelope: Envelope
    offers: dict[str, Envelope]
    notices: tuple[Notice, ...]


def propose(email: str, own: Iterable[str] = (), chosen: Envelope | None = None) -> Proposal:
    """Return the envelope to propose for the reply to an email. `own` are the person's own addresses.

    With a `chosen` envelope, return that one, what else could be chosen, and what to know about it.
    """
    return _answered(email, tuple(own)).proposal(chosen)


def addressed(
    email: str, own: Iterable[str] = (), chosen: Envelope | None = None
) -> tuple[Envelope, Envelope]:
    """Return the envelope of `propose`, and the one to everybody who was addressed."""
    return _answered(email, tuple(own)).addressed(chosen)


@lru_cache(maxsize=8)  # each prompt and each page of an email asks again
def _answered(email: str, own: tuple[str, ...]) -> _Answered:
    return _Answered(email, own)


def same(first: Iterable[Address], second: Iterable[Address]) -> bool:
    """Return whether these are the same addresses, in any order and with any names."""
    return {mailbox(each.addr_spec) for each in first} == {mailbox(each.addr_spec) for each in second}


def without_tag(address: str) -> str:
    """Return an address in lower case, without `+tag`."""
    local, _, domain = address.strip().lower().rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def mailbox(address: str) -> str:
    """Return what two addresses of one mailbox share. Gmail ignores dots; domains are written in ASCII."""
    local, _, domain = without_tag(address).rpartition("@")
    if domain in _GMAIL:
        return f"{local.replace('.', '')}@gmail.com"
    if not domain.isascii():
        with suppress(UnicodeError):
            domain = domain.encode("idna").decode()
    return f"{local}@{domain}"


class _Answered:
    """An email that is answered, as far as its envelope goes. Shared; nothing changes it."""

    def __init__(self, email: str, own: tuple[str, ...]) -> None:
        self._email = email
        self._header = Header(pasted(email))
        self._own = {mailbox(address) for address in own if "@" in address}
        self._sender = self._header.addresses("from")
        self._reply_to = self._header.addresses("reply-to")
        self._author = self._header.addresses("x-original-from", "x-original-sender")
        self._to, self._cc = self._header.addresses("to"), self._header.addresses("cc")
        delivered = self._header.addresses("delivered-to")
        self._seems_own = {mailbox(each.addr_spec) for each in delivered} - {mailbox(self._list)}

    def addressed(self, chosen: Envelope | None) -> tuple[Envelope, Envelope]:
        everybody = self._everybody
        envelope = chosen or self._envelope(everybody)
        return envelope, self._envelope(everybody) if everybody[0] else envelope

    def proposal(self, chosen: Envelope | None) -> Proposal:
        envelope = chosen or self._envelope(self._everybody)
        offers = {code: self._envelope(people) for code, people in self._choices() if people[0]}
        kept = {
            code: each
            for code, each in offers.items()
            if not (same(each.to, envelope.to) and same(each.cc, envelope.cc))
        }
        return Proposal(envelope, kept, tuple(self._notices(envelope)))

    # --- Who --------------------------------------------------------------------------------------

    @cached_property
    def _targets(self) -> list[Address]:
        """Who gets the answer if only one person does."""
        found = self._reply_to or self._author or self._sender
        return self._without_own(found) or self._without_own(self._sender) or found

    @cached_property
    def _all(self) -> tuple[list[Address], list[Address]]:
        """The sender, with a copy to everybody else who was addressed."""
        return self._targets, self._others(self._targets)

    @property
    def _everybody(self) -> tuple[list[Address], list[Address]]:
        return self._from_oneself() if self._is_own_email else self._all

    def _others(self, targets: list[Address]) -> list[Address]:
        addressed = [*self._to, *self._cc]
        if not self._own and not self._seems_own and len(addressed) == 1 and not self._is_list(addressed[0]):
            return []  # the only address is the person's own
        known = {mailbox(each.addr_spec) for each in targets}
        if self._is_via:  # not a list that wrote its own address into From: everybody on it gets the reply
            known |= {mailbox(each.addr_spec) for each in self._sender if not self._is_list(each)}
        return [
            each for each in _distinct(self._without_own(addressed)) if mailbox(each.addr_spec) not in known
        ]

    @property
    def _is_own_email(self) -> bool:
        return bool(self._sender) and not self._without_own(self._sender)

    def _from_oneself(self) -> tuple[list[Address], list[Address]]:
        """Who gets another email after one's own: those who got it, or whose message was forwarded."""
        to, cc = _distinct(self._without_own(self._to)), _distinct(self._without_own(self._cc))
        if to or cc:
            known = {mailbox(each.addr_spec) for each in to}
            cc = [each for each in cc if mailbox(each.addr_spec) not in known]
            return (to, cc) if to else (cc, [])
        return (self._original or self._sender), []

    def _choices(self) -> Iterator[tuple[str, tuple[list[Address], list[Address]]]]:
        yield ALL, self._everybody
        yield SENDER, (self._targets, [])
        if self._reply_to or self._author:
            yield AUTHOR, (self._author or self._sender, [])
        yield ORIGINAL, (self._original, [])
        yield LIST, (addresses_in(self._list), [])

    def _without_own(self, found: Iterable[Address]) -> list[Address]:
        own = self._own or self._seems_own
        return [each for each in found if mailbox(each.addr_spec) not in own]

    def _envelope(self, people: tuple[list[Address], list[Address]]) -> Envelope:
        return Envelope(tuple(people[0]), tuple(people[1]), subjects.of_reply(self._header.text(*SUBJECT)))

    @cached_property
    def _original(self) -> list[Address]:
        """The sender of the forwarded message, if the email forwards one."""
        start = self._email[:LONGEST_START]
        is_said = bool(subjects.FORWARD.match(self._header.text(*SUBJECT)))
        if not is_said and not _FORWARDED.search(start):
            return []
        messages = messages_in(start)[:2]
        first = next((each for each in messages if each.is_forwarded), None)
        senders = [addresses_in(each.sender, is_sender=True) for each in ([first] if first else messages)]
        if first is None and not is_said:
            return []
        found = next((each for each in senders if each and not same(each, self._sender)), [])
        return [each for each in self._without_own(found) if not same([each], self._sender)]

    # --- Lists and programs -----------------------------------------------------------------------

    @cached_property
    def _list(self) -> str:
        """The address of the mailing list that the email came through; empty if it came through none."""
        post = re.sub(r"\?[^>]*", "", self._header.text("list-post"))
        if found := addresses_in(post):
            return found[0].addr_spec
        name = re.search(r"<([^<>\s.]+)\.([^<>\s]+)>", self._header.text("list-id"))
        guess = mailbox(f"{name[1]}@{name[2]}") if name else ""
        named = [*self._reply_to, *self._to, *self._cc]
        return next((each.addr_spec for each in named if mailbox(each.addr_spec) == guess), "")

    def _is_list(self, address: Address) -> bool:
        return bool(self._list) and mailbox(address.addr_spec) == mailbox(self._list)

    @property
    def _is_via(self) -> bool:
        """Return whether the address of the sender is a list's or a service's, not the author's."""
        if self._author:
            return not same(self._author, self._sender)
        return any(_VIA.search(each.display_name) for each in self._sender) and not self._is_own_email

    # --- Notices ----------------------------------------------------------------------------------

    def _notices(self, envelope: Envelope) -> Iterator[Notice]:
        if not envelope.to:
            yield Notice(NO_SENDER)
            return
        to, sender = _named(envelope.to), _named(self._sender)
        if self._is_own_email:
            is_to_self = same(envelope.to, self._sender)
            yield Notice(YOURSELF, {"address": to}) if is_to_self else Notice(OWN, {"address": to})
        elif self._is_via:
            yield Notice(VIA, {"sender": sender, "address": to})
        elif _overlap(envelope.to, self._reply_to) and not (
            self._is_list(envelope.to[0]) or _overlap(envelope.to, self._sender)
        ):
            yield Notice(REPLY_TO, {"address": to, "sender": sender})
        if self._list:
            goes_there = any(map(self._is_list, (*envelope.to, *envelope.cc)))
            yield Notice(TO_LIST if goes_there else FROM_LIST, {"address": self._list})
        yield from self._on_programs(envelope.to)
        if self._original and not _overlap((*envelope.to, *envelope.cc), self._original):
            yield Notice(FORWARDED, {"original": _named(self._original), "address": to})
        if number := len(envelope.cc):
            yield Notice(OTHERS, {"number": str(number)})
            if not self._own and not self._seems_own:
                yield Notice(OWN_UNKNOWN)

    def _on_programs(self, to: Iterable[Address]) -> Iterator[Notice]:
        first = next(iter(to))
        automatic = self._header.text("auto-submitted").lower()
        is_report = automatic.endswith(DELIVERY_REPORT)
        if is_report or any(_SERVERS.fullmatch(each.username) for each in (*self._sender, *to)):
            yield Notice(BOUNCE, {"address": first.addr_spec})
        elif unread := next((each for each in to if _is_unread(each)), None):
            yield Notice(NO_REPLY, {"address": unread.addr_spec})
        elif automatic and not automatic.startswith("no"):
            yield Notice(AUTOMATIC, {"address": first.addr_spec})


def is_no_reply(address: str) -> bool:
    """Return whether an address says that no one reads what is sent to it."""
    local, _, domain = address.rpartition("@")
    labels = (label.replace("-", "") for label in domain.split(".")[:-2])
    return any(map(_NO_REPLY.match, [*_from_each_word(local), *labels]))


def _is_unread(address: Address) -> bool:
    """Return whether an address, or the name before it, says that no one reads what is sent there."""
    return is_no_reply(address.addr_spec) or any(map(_NO_REPLY.match, _from_each_word(address.display_name)))


def _from_each_word(text: str) -> list[str]:
    """Return a text without what is between its words, from each of them on."""
    words = re.split(r"[\W\d_]+", text[:LONGEST_NAME])
    return ["".join(words[number:]) for number in range(len(words))]


def _distinct(found: Iterable[Address]) -> list[Address]:
    return list({mailbox(each.addr_spec): each for each in reversed(list(found))}.values())[::-1]


def _overlap(first: Iterable[Address], second: Iterable[Address]) -> bool:
    return bool({mailbox(each.addr_spec) for each in first} & {mailbox(each.addr_spec) for each in second})


def _named(addresses: Iterable[Address]) -> str:
    return one_line(", ".join(map(str, addresses)))
