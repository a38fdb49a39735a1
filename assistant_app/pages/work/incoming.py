"""Who wrote the email and who got it, as its page shows them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext

from assistant_app.mail.header import Header, pasted
from assistant_app.mail.proposed_envelope import mailbox
from assistant_app.mail.text import sender_of

MOST_NAMED = 3  # recipients; the rest stand in the details
LONGEST_FIRST_NAME = 20  # characters; a longer one leaves no room for the rest of a button


@dataclass(frozen=True)
class Incoming:
    email: str
    own_addresses: Collection[str] = ()

    @cached_property
    def _header(self) -> Header:
        return Header(pasted(self.email))

    @cached_property
    def name(self) -> str:
        return sender_of(self.email) or self.address

    @cached_property
    def address(self) -> str:
        found = self._header.addresses("from", "reply-to")
        return found[0].addr_spec if found else ""

    @cached_property
    def shown_address(self) -> str:
        """The address, unless it stands there as the name already."""
        return "" if self.address == self.name else self.address

    @cached_property
    def first_name(self) -> str:
        """The first name; empty if it is unknown, or no name."""
        first, *others = self.name.split() or [""]
        is_name = (
            others and first[:1].isalpha() and "," not in first and "." not in first and "@" not in first
        )
        return first if is_name and len(first) <= LONGEST_FIRST_NAME else ""

    @cached_property
    def sent(self) -> str:
        found = self._header.date
        return date_format(found, "j F Y, H:i") if found else ""

    @cached_property
    def recipients(self) -> str:
        """Who got the email, as in "To you, cc Marcus Lee"; empty if it does not say."""
        to, cc = self._named("to"), self._named("cc")
        if to and cc:
            return gettext("To %(to)s, cc %(cc)s") % {"to": to, "cc": cc}
        if to:
            return gettext("To %(to)s") % {"to": to}
        return gettext("Cc %(cc)s") % {"cc": cc} if cc else ""

    def _named(self, field: str) -> str:
        found = self._header.addresses(field)
        own = {mailbox(address) for address in self.own_addresses}
        names = [
            pgettext("as a recipient", "you")
            if mailbox(each.addr_spec) in own
            else each.display_name or each.addr_spec
            for each in found
        ]
        more = len(names) - MOST_NAMED
        return ", ".join(names[:MOST_NAMED]) + (f" +{more}" if more > 0 else "")
