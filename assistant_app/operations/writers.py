"""The identity with which an owner answers: the one at whose address the email arrived, unless they chose."""

from __future__ import annotations

from collections.abc import Sequence

from assistant_app.mail.addresses import addresses_in
from assistant_app.mail.header import Header, pasted
from assistant_app.mail.proposed_envelope import mailbox
from assistant_app.models import Application, Identity
from assistant_app.models.people import senders_in
from assistant_app.workflow import chosen_envelope

_GOT_IT = ("to", "cc", "delivered-to")  # lines that name the address at which the email arrived


def writer_of(row: Application, email: str = "", reply_as: str = "") -> Identity | None:
    """Return the identity with which the owner answers; None if they have none.

    `email` and `reply_as` are taken now; without them, those in the state count.
    """
    if not row.identities:
        return None
    email = email or chosen_envelope.email_in(row.state)
    chosen = reply_as or chosen_envelope.sender(row.state)
    return identity_with(sender_line(email, row.identities, chosen), row.identities)


def identity_with(line: str, identities: Sequence[Identity]) -> Identity | None:
    """Return the identity that has the address in a line; the default one if none has."""
    wanted = {mailbox(each.addr_spec) for each in addresses_in(line, is_sender=True)}
    found = (each for each in identities if wanted & {mailbox(one) for one in each.addresses})
    return next(found, next(iter(identities), None))


def sender_line(email: str, identities: Sequence[Identity], chosen: str | None = None) -> str:
    """Return the line that was chosen, or else name and address at which the email arrived.

    If it arrived at none of the identities, return the default one; "" if there is none.
    """
    if chosen is not None:
        return chosen
    senders = senders_in(identities)
    header = Header(pasted(email))
    arrived = {mailbox(each.addr_spec) for name in _GOT_IT for each in header.addresses(name)}
    found = next((each for each in senders if mailbox(each.address) in arrived), None)
    return str(found or next(iter(senders), ""))
