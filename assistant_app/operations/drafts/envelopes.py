"""The envelope of an email's reply: the one that its owner chose, or the proposed one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address

from assistant_app.mail.addresses import addresses_in
from assistant_app.mail.envelope import Envelope, Notice, mailbox, propose
from assistant_app.mail.header import Header, pasted
from assistant_app.models import Application
from assistant_app.models.people import Sender, senders_of
from assistant_app.workflow import envelopes

_GOT_IT = ("to", "cc", "delivered-to")  # lines that name the address at which the email arrived


@dataclass(frozen=True, slots=True)
class ReplyEnvelope:
    """To whom a reply goes and from whom, what else could be chosen, and what its owner should know."""

    envelope: Envelope
    offers: Mapping[str, Envelope]
    notices: tuple[Notice, ...]
    is_proposed: bool
    identity: str = ""  # name and address of the sender; empty if the mail program fills it in
    quote: str = ""  # where the email is quoted; empty for the place of the preferences
    senders: tuple[str, ...] = ()  # the identities to choose from

    @property
    def sender(self) -> Address | None:
        return next(iter(addresses_in(self.identity, is_sender=True)), None)


def envelope_of(row: Application) -> ReplyEnvelope:
    """Return the envelope of the reply to this email."""
    email, kept = row.state.get("incoming_email") or "", envelopes.chosen(row.state)
    senders = senders_of(row.owner_id)
    own = [*(each.address for each in senders), *filter(None, [row.owner.email])]
    proposal = propose(email, own, kept.envelope if kept else None)
    return ReplyEnvelope(
        envelope=proposal.envelope,
        offers=proposal.offers,
        notices=proposal.notices,
        is_proposed=kept is None,
        identity=kept.identity if kept else _identity_for(email, senders),
        quote=kept.quote if kept else "",
        senders=tuple(str(each) for each in senders),
    )


def _identity_for(email: str, senders: list[Sender]) -> str:
    """Return the identity at whose address the email arrived, or else the default one; "" for none."""
    header = Header(pasted(email))
    arrived = {mailbox(each.addr_spec) for name in _GOT_IT for each in header.addresses(name)}
    found = next((each for each in senders if mailbox(each.address) in arrived), None)
    return str(found or next(iter(senders), ""))
