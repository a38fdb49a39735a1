"""The envelope of an email's reply: the one that its owner chose, or the proposed one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address

from assistant_app.mail.addresses import addresses_in
from assistant_app.mail.proposed_envelope import Envelope, Notice, propose
from assistant_app.models import Application
from assistant_app.models.people import senders_in
from assistant_app.operations.writers import identity_with, sender_line
from assistant_app.workflow import chosen_envelope


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
    signature: str = ""  # several lines that the program adds below the reply

    @property
    def sender(self) -> Address | None:
        return next(iter(addresses_in(self.identity, is_sender=True)), None)


def envelope_of(row: Application) -> ReplyEnvelope:
    """Return the envelope of the reply to this email."""
    email, kept = row.state.get("incoming_email") or "", chosen_envelope.chosen(row.state)
    senders = senders_in(row.identities)
    line = sender_line(email, row.identities, chosen_envelope.sender(row.state))
    writer = identity_with(line, row.identities)
    own = [*(each.address for each in senders), *filter(None, [row.owner.email])]
    proposal = propose(email, own, kept.envelope if kept else None)
    return ReplyEnvelope(
        envelope=proposal.envelope,
        offers=proposal.offers,
        notices=proposal.notices,
        is_proposed=kept is None,
        identity=line,
        quote=kept.quote if kept else "",
        senders=tuple(str(each) for each in senders),
        signature=writer.signature if writer else "",
    )
