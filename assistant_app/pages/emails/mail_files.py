"""Read an uploaded mail file into the form for a new email. Nothing is submitted or stored yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from assistant_app.engine import inputs
from assistant_app.errors import InvalidInput
from assistant_app.mail import eml
from assistant_app.mail.header import Header, pasted
from assistant_app.mail.hidden import one_line, without_hidden
from assistant_app.mail.quotes import quoted_in
from assistant_app.mail.text import sender_of
from assistant_app.pages import forms
from assistant_app.pages.forms import StepForm
from assistant_app.phrases import gettext_noop
from assistant_app.translation import localized, translated
from assistant_app.workflow import steps

EMAIL = "email_to_respond"
LONGEST_NAME = 100


@dataclass(frozen=True)
class ReadFile:
    """A file that was read. The form carries these values from then on."""

    name: str
    left_out: list[str]
    before: str  # the field's text before the file; restored when the file is removed
    gives_quoted: bool = True
    email: str = ""  # the field's current text
    notes: list[str] = field(default_factory=list)  # sentences about what was left out or guessed

    @property
    def sender(self) -> str:
        return sender_of(self.email)

    @property
    def subject(self) -> str:
        return Header(pasted(self.email)).text("subject")

    @property
    def date(self) -> str:
        found = Header(pasted(self.email)).date
        return date_format(found, "j F Y, H:i") if found else ""

    @cached_property
    def quoted(self) -> int:
        return quoted_in(self.email)


def shown(post: QueryDict) -> ReadFile | None:
    """Return the file that was read into a submitted form; None if there is none."""
    if not (name := post.get("file", "")):
        return None
    return ReadFile(
        name,
        post.getlist("left_out"),
        post.get("before", ""),
        "quoted" in post,
        post.get(EMAIL, ""),
        post.getlist("note"),
    )


def pressed(request: HttpRequest) -> tuple[StepForm, ReadFile | None] | None:
    """Return the form after a file was added or removed; None if the request does neither.

    Raise `InvalidInput` if the file cannot be used.
    """
    typed = forms.typed_in(steps.PROCESS_INPUT, request.POST)
    upload = request.FILES.get("eml")
    if isinstance(upload, UploadedFile):
        found = _read(upload, typed[EMAIL])
        typed[EMAIL] = found.email
        return StepForm(steps.PROCESS_INPUT, {}, typed, _too_long(typed)), found
    before = shown(request.POST)
    if "remove" in request.POST and before is not None:
        return StepForm(steps.PROCESS_INPUT, {}, {**typed, EMAIL: before.before}), None
    if "read" in request.POST:
        raise InvalidInput(fields={"eml": [gettext_noop("Choose a file, or paste the email.")]})
    return None


def _read(upload: UploadedFile, before: str) -> ReadFile:
    try:
        mail = eml.read(upload.read(), timezone.get_current_timezone())
    except eml.Unreadable as problem:
        raise InvalidInput(fields={"eml": [problem.args[0]]}) from None
    name = one_line(without_hidden(upload.name or ""))[:LONGEST_NAME] or gettext("The file")
    notes = [translated(note) for note in mail.notes]
    return ReadFile(name, list(mail.left_out), before, email=mail.text, notes=notes)


def _too_long(typed: forms.Typed) -> dict[str, list[str]]:
    """Return the errors of the email field only. Other fields may still be empty at this point."""
    try:
        inputs.clean(steps.PROCESS_INPUT, typed)
    except InvalidInput as problem:
        return {EMAIL: localized(problem).fields[EMAIL]} if EMAIL in problem.fields else {}
    return {}
