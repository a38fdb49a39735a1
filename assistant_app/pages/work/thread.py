"""The conversation that an email continues, as its page shows it: the email, and the earlier messages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from assistant_app.contract.wording import excerpt
from assistant_app.mail.addresses import addresses_in
from assistant_app.mail.hidden import one_line
from assistant_app.mail.proposed_envelope import mailbox
from assistant_app.mail.threads import Message, conversation
from assistant_app.phrases import ngettext
from assistant_app.translation import translated
from assistant_app.workflow.checks.dates import only_day

MOST_SHOWN = 30  # earlier messages with a row of their own; the others share the last one
LONGEST_DATE = 40  # characters


@dataclass(frozen=True)
class EarlierMessage:
    """An earlier message, or at the end of a very long conversation all that are older."""

    name: str
    address: str
    sent: str
    text: str
    day: date | None = None
    is_own: bool = False

    @property
    def snippet(self) -> str:
        return excerpt(one_line(self.text[:500]))


@dataclass(frozen=True)
class Thread:
    source: str  # the email as it came
    own: Collection[str] = ()  # the reader's own addresses

    @cached_property
    def _conversation(self) -> tuple[str, tuple[Message, ...]]:
        found = conversation(self.source)
        return found.email, found.earlier

    @property
    def email(self) -> str:
        """The email without the earlier messages at its end."""
        return self._conversation[0]

    @property
    def number(self) -> int:
        return len(self._conversation[1])

    @cached_property
    def earlier(self) -> list[EarlierMessage]:
        """The earlier messages, newest first."""
        messages = self._conversation[1]
        own = {mailbox(address) for address in self.own if "@" in address}
        shown = [self._shown(message, own) for message in messages[:MOST_SHOWN]]
        if rest := messages[MOST_SHOWN:]:
            texts = [f"{each.sender}\n{each.date}".strip() + f"\n\n{each.text}" for each in rest]
            older = translated(ngettext("%(number)s older", "%(number)s older", len(rest)))
            shown.append(EarlierMessage(older, "", "", "\n\n".join(texts)))
        return shown

    @property
    def span(self) -> str:
        """From which day to which the earlier messages are; empty if one of the two is not known."""
        newest, oldest = self.earlier[0].day, self.earlier[-1].day
        if newest is None or oldest is None or oldest > newest:
            return ""
        if newest == oldest:
            return _in_words(newest)
        return gettext("%(first)s to %(last)s") % {"first": _in_words(oldest), "last": _in_words(newest)}

    def _shown(self, message: Message, own: Collection[str]) -> EarlierMessage:
        found = addresses_in(message.sender, is_sender=True)
        address = found[0].addr_spec if found else ""
        name = found[0].display_name if found else one_line(message.sender)
        is_own = bool(address) and mailbox(address) in own
        if is_own:
            name = gettext("You")
        day = only_day(message.date)
        sent = _in_words(day) if day else one_line(message.date)[:LONGEST_DATE]
        name = name or address or gettext("Quoted message")
        return EarlierMessage(name, address, sent, message.text, day, is_own)


def _in_words(day: date) -> str:
    return date_format(day, "j F" if day.year == timezone.localdate().year else "j F Y")
