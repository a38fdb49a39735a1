"""The envelope in the state of an email: who gets the reply, its subject and sender, and where it quotes.

It is `{"to": [line], "cc": [line], "subject": line, "identity": line, "quote": place}`. Addresses are lines
as in a header, with or without a name. An empty identity leaves the sender to the mail program, and an empty
place is the one of the preferences.

`chosen_identity` is the one chosen before the first draft, as a line. A chosen envelope counts more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from typing import Any

from assistant_app.errors import DoesNotFit, too_long
from assistant_app.mail.addresses import addresses_in
from assistant_app.mail.hidden import one_line
from assistant_app.mail.proposed_envelope import Envelope, addressed, mailbox
from assistant_app.phrases import gettext_noop

MOST_RECIPIENTS = 200
LONGEST_SUBJECT = 500  # characters
PLACES = (
    ("below", gettext_noop("Below your reply")),
    ("above", gettext_noop("Above your reply")),
    ("none", gettext_noop("Not at all")),
)

State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The envelope that the owner chose."""

    envelope: Envelope
    identity: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who gets the reply, as names and addresses, and who was addressed by the email but doesn't get it."""

    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


NO_RECIPIENTS = Recipients()


def recipients(state: State, own: Sequence[str]) -> Recipients:
    """Return who gets the reply. `own` are the owner's own addresses."""
    kept = chosen(state)
    envelope, everybody = addressed(state["incoming_email"], own, kept.envelope if kept else None)
    get_it = {mailbox(each.addr_spec) for each in (*envelope.to, *envelope.cc)}
    others = [each for each in (*everybody.to, *everybody.cc) if mailbox(each.addr_spec) not in get_it]
    to, cc, left_out = (
        tuple(one_line(str(each)) for each in people) for people in (envelope.to, envelope.cc, others)
    )
    return Recipients(to, cc, left_out)


def chosen(state: State) -> Chosen | None:
    """Return the envelope in the state; None if the owner did not change the proposed one."""
    kept = state.get("envelope")
    if not kept:
        return None
    to, cc = (tuple(_addresses(kept.get(name) or ())) for name in ("to", "cc"))
    envelope = Envelope(to, cc, kept.get("subject") or "")
    return Chosen(envelope, kept.get("identity") or "", kept.get("quote") or "")


def sender(state: State) -> str | None:
    """Return the identity with which the owner chose to write, as a line; None if they chose none."""
    kept = chosen(state)
    return kept.identity if kept else state.get("chosen_identity") or None


def email_in(state: State) -> str:
    """Return the email to answer; empty if there is none yet."""
    return state.get("incoming_email") or ""


def sender_name(state: State) -> str:
    """Return the name with which the owner chose to write this reply; "" for their usual one."""
    found = addresses_in(sender(state) or "", is_sender=True)
    return found[0].display_name if found else ""


def cleaned_sender(line: str) -> str:
    """Return the line of an identity as the state keeps it; empty if it has no address."""
    found = addresses_in(line, is_sender=True)
    return str(found[0]) if found else ""


def cleaned(to: Sequence[str], cc: Sequence[str], subject: str, identity: str, quote: str) -> dict[str, Any]:
    """Return an envelope as the state keeps it. A recipient is named once, in To rather than in Cc."""
    known: set[str] = set()
    kept: list[list[str]] = []
    for lines in (to, cc):
        new = [each for each in _addresses(lines) if mailbox(each.addr_spec) not in known]
        first = {mailbox(each.addr_spec): each for each in reversed(new)}
        known |= first.keys()
        kept.append([str(each) for each in reversed(first.values())])
    return {
        "to": kept[0],
        "cc": kept[1],
        "subject": one_line(subject),
        "identity": cleaned_sender(identity),
        "quote": quote,
    }


def check(inputs: dict[str, Any], state: State) -> None:
    """Raise `DoesNotFit` if a recipient or the sender has no address, or there are too many."""
    problems: dict[str, list[str]] = {}
    for name in ("to", "cc"):
        wrong = [line for line in inputs[name] if not addresses_in(line)]
        if wrong:
            problems[name] = [
                gettext_noop("“%(line)s” has no email address.", line=one_line(line)[:100])
                for line in wrong[:5]
            ]
        elif sum(len(addresses_in(line)) for line in inputs[name]) > MOST_RECIPIENTS:
            problems[name] = [gettext_noop("%(most)s addresses fit.", most=MOST_RECIPIENTS)]
    problems |= problems_of_sender("identity", inputs["identity"])
    if len(inputs["subject"]) > LONGEST_SUBJECT:
        problems["subject"] = [too_long(inputs["subject"], LONGEST_SUBJECT)]
    if problems:
        raise DoesNotFit(fields=problems)


def problems_of_sender(name: str, line: str) -> dict[str, list[str]]:
    """Return what is wrong with the line of an identity, under the name of its field."""
    is_wrong = line and len(addresses_in(line, is_sender=True)) != 1
    return {name: [gettext_noop("It has no email address.")]} if is_wrong else {}


def _addresses(lines: Sequence[str]) -> list[Address]:
    return [address for line in lines for address in addresses_in(line)]
