"""Who gets the reply: the line on an email's page, and the page with its form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from functools import cached_property

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from assistant_app.contract.workflow import Workflow
from assistant_app.engine import registry
from assistant_app.mail import proposed_envelope as mail
from assistant_app.models import Application
from assistant_app.models.people import Preferences, quoting_of
from assistant_app.operations.drafts.envelopes import ReplyEnvelope, envelope_of
from assistant_app.pages import words
from assistant_app.pages.forms import Refusal, StepForm, Typed, has_text
from assistant_app.phrases import Phrase, gettext_noop
from assistant_app.translation import translated
from assistant_app.workflow import chosen_envelope, steps

# What people should know about an envelope. That others get a copy is said by the line itself.
NOTICES = {
    mail.NO_SENDER: gettext_noop("The email does not say who sent it."),
    mail.OWN_UNKNOWN: gettext_noop("One of these addresses may be yours."),
    mail.REPLY_TO: gettext_noop("The email asks to answer %(address)s. Its sender is %(sender)s."),
    mail.VIA: gettext_noop("%(sender)s is a list or a service. The reply goes to %(address)s."),
    mail.TO_LIST: gettext_noop("Everybody on the mailing list %(address)s gets the reply."),
    mail.FROM_LIST: gettext_noop(
        "It came through the mailing list %(address)s, which does not get the reply."
    ),
    mail.NO_REPLY: gettext_noop("No one reads what is sent to %(address)s."),
    mail.BOUNCE: gettext_noop(
        "A mail server wrote it to report about an email. No one reads a reply to %(address)s."
    ),
    mail.AUTOMATIC: gettext_noop("A program wrote it, for example because somebody is away."),
    mail.FORWARDED: gettext_noop("It forwards a message from %(original)s, who does not get the reply."),
    mail.OWN: gettext_noop("You wrote it, so the reply goes to those who got it."),
    mail.YOURSELF: gettext_noop("You wrote it to yourself, so the reply goes to you."),
}
OFFERS = {
    mail.ALL: gettext_noop("Reply to all (%(number)s)"),
    mail.SENDER: gettext_noop("Only %(name)s"),
    mail.AUTHOR: gettext_noop("%(name)s, who wrote it"),
    mail.ORIGINAL: gettext_noop("%(name)s, whose message was forwarded"),
    mail.LIST: gettext_noop("The mailing list %(name)s"),
}


AS_IN_SETTINGS: dict[str, str] = {
    Preferences.Quoting.BELOW: gettext_noop("As in the settings: below your reply"),
    Preferences.Quoting.ABOVE: gettext_noop("As in the settings: above your reply"),
    Preferences.Quoting.NONE: gettext_noop("As in the settings: not at all"),
}


def may_change(row: Application) -> bool:
    """Return whether the envelope can be changed now: not during a run."""
    return not row.is_running and registry.takes(row, steps.CHANGE_ENVELOPE.action)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One of those who get the reply: the name, or the address if there is none, and the rest."""

    name: str
    rest: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.rest}".strip()

    @classmethod
    def of(cls, address: Address) -> Recipient:
        name, space, rest = str(address).rpartition(" <")
        return cls(name, f"<{rest}") if space else cls(rest)


@dataclass(frozen=True)
class EnvelopeLine:
    """To whom the reply goes, with what should be known about it."""

    found: ReplyEnvelope
    may_change: bool

    @property
    def to(self) -> list[str]:
        return [str(each) for each in self.found.envelope.to]

    @property
    def cc(self) -> list[str]:
        return [str(each) for each in self.found.envelope.cc]

    @property
    def shown_to(self) -> list[Recipient]:
        return [Recipient.of(each) for each in self.found.envelope.to]

    @property
    def shown_cc(self) -> list[Recipient]:
        return [Recipient.of(each) for each in self.found.envelope.cc]

    @property
    def sender(self) -> str:
        """The identity that answers, if there are several to choose from."""
        return self.found.identity if len(self.found.senders) > 1 else ""

    @property
    def subject(self) -> str:
        return self.found.envelope.subject

    @property
    def notices(self) -> list[str]:
        return [
            translated(Phrase(NOTICES[notice.code], notice.values))
            for notice in self.found.notices
            if notice.code in NOTICES
        ]

    @property
    def asks_for_own(self) -> bool:
        """Return whether the person should say which addresses are theirs."""
        return any(notice.code == mail.OWN_UNKNOWN for notice in self.found.notices)


@dataclass(frozen=True)
class Offer:
    """Another envelope, to be chosen with one button."""

    label: str
    to: list[str]
    cc: list[str]
    subject: str


@dataclass(frozen=True)
class EnvelopePage:
    row: Application
    refusal: Refusal | None = None

    @cached_property
    def workflow(self) -> Workflow:
        return registry.known_to_run(self.row)

    @cached_property
    def line(self) -> EnvelopeLine:
        return EnvelopeLine(envelope_of(self.row), True)

    @cached_property
    def form(self) -> StepForm:
        refusal = self.refusal
        errors: Mapping[str, list[str]] = refusal.error.fields if refusal and refusal.error else {}
        return StepForm(steps.CHANGE_ENVELOPE, self.row.state, self.typed, errors)

    @cached_property
    def typed(self) -> Typed:
        if self.refusal is not None and has_text(self.refusal.typed):
            return self.refusal.typed
        found = self.line.found
        return {
            "to": self.line.to,
            "cc": self.line.cc,
            "subject": found.envelope.subject,
            "identity": found.identity,
            "quote": found.quote,
        }

    @property
    def problem(self) -> tuple[str, str] | None:
        """Heading and sentence about a refusal that no field is to blame for."""
        error = self.refusal.error if self.refusal else None
        if error is None or error.fields:
            return None
        return words.refusal(error, self.row, steps.CHANGE_ENVELOPE.action, "")

    @property
    def senders(self) -> list[str]:
        """The identities to choose from, with the chosen one even if it was deleted."""
        return list(dict.fromkeys(filter(None, [*self.line.found.senders, self.typed.get("identity", "")])))

    @property
    def places(self) -> list[tuple[str, str]]:
        chosen = AS_IN_SETTINGS.get(quoting_of(self.row.owner_id), "")
        places = [(place, translated(label)) for place, label in chosen_envelope.PLACES]
        return [("", translated(chosen)), *places]

    @property
    def offers(self) -> list[Offer]:
        found = self.line.found
        return [
            Offer(
                _offer(code, each),
                [str(one) for one in each.to],
                [str(one) for one in each.cc],
                found.envelope.subject,
            )
            for code, each in found.offers.items()
        ]


def show(request: HttpRequest, row: Application, refusal: Refusal | None = None) -> HttpResponse:
    page = EnvelopePage(row, refusal)
    status = refusal.error.status if refusal and refusal.error else 200
    return render(request, "work/envelope.html", {"page": page}, status=status)


def _offer(code: str, offered: mail.Envelope) -> str:
    values = {"name": _names(offered.to), "number": len(offered.to) + len(offered.cc)}
    return translated(Phrase(OFFERS[code], values))


def _names(people: tuple[Address, ...]) -> str:
    return ", ".join(each.display_name or each.addr_spec for each in people)
