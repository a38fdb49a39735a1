"""Turns an Outlook message (.msg) into the bytes of an email: header lines and texts; attachments by name."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import format_datetime

import oxmsg

from assistant_app.mail.hidden import one_line
from assistant_app.mail.unreadable import Unreadable
from assistant_app.phrases import gettext_noop, sentences

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # of OLE files, which older office documents are, too
MOST_NAMED = 100  # attachments
MOST_RECIPIENTS = 500
FIRST_YEAR = 1970  # what is not sent has a date of 1601

# Properties (MS-OXPROPS), as `oxmsg` numbers them. The sender's address is the first of these that is one
# of SMTP; Exchange has its own.
_SENDER_ADDRESSES = (
    0x5D01,  # of the sender
    0x0C1F,
    0x5D02,  # of the one for whom it was sent
    0x0065,
    0x5D0A,  # of the one who created it
)
_SENDER_NAME = 0x0C1A
_SMIME = "IPM.NOTE.SMIME"  # the class of messages whose text is in an attachment
_MESSAGE_ID, _RECIPIENT_KIND = 0x1035, 0x0C15
_KINDS = {1: "To", 2: "Cc"}
_KEPT = ("from", "reply-to", "to", "cc", "date", "subject", "message-id", "references", "in-reply-to")
_ADVICE = gettext_noop(
    "In Outlook, open the email and save it as .eml (“Save as”, or drag it out of Outlook on the web), "
    "or paste its text."
)

# `oxmsg` and `olefile` raise these for damaged files.
_STUMBLES = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OSError,
    RecursionError,
    MessageError,
    struct.error,
)


def as_message(data: bytes) -> bytes:
    """Return an Outlook message as RFC 5322 bytes. Raise `Unreadable` if it is damaged or no message."""
    try:
        found = oxmsg.Message.load(data)
        kind = found.message_class.upper()
    except _STUMBLES:
        said = gettext_noop("The file is no Outlook message, or is damaged.")
        raise Unreadable(sentences(said, _ADVICE)) from None
    if kind and not kind.startswith(
        ("IPM.NOTE", "REPORT.", "IPM.SCHEDULE", "IPM.OUTLOOK.RECALL", "IPM.POST")
    ):
        name = one_line(kind)[:60]
        said = gettext_noop("The file is no email: Outlook calls it %(name)s.", name=name)
        raise Unreadable(sentences(said, _ADVICE))
    try:
        return _built(found)
    except Unreadable:
        raise
    except _STUMBLES:
        said = gettext_noop("This Outlook message cannot be read.")
        raise Unreadable(sentences(said, _ADVICE)) from None


def _built(found: oxmsg.Message) -> bytes:
    message = EmailMessage()
    plain, html = found.body or "", found.html_body or ""
    if not plain.strip() and not html.strip() and found.message_class.upper() == _SMIME:
        said = gettext_noop(
            "The file is signed or encrypted with S/MIME. Open it in your mail program and paste its text."
        )
        raise Unreadable(said)
    if not plain.strip() and not html.strip():
        said = gettext_noop("This Outlook message has its text in a form that cannot be read here.")
        raise Unreadable(sentences(said, _ADVICE))
    if plain.strip():
        message.set_content(_clean(plain))
        if html.strip():
            message.add_alternative(_clean(html), subtype="html")
    else:
        message.set_content(_clean(html), subtype="html")
    for attachment in found.attachments[:MOST_NAMED]:
        name = one_line(attachment.file_name or "an attachment")
        message.add_attachment(b"", maintype="application", subtype="octet-stream", filename=name)
    lines = "".join(f"{name}: {text}\n" for name, text in _header(found) if text)
    return lines.encode("utf-8", "replace") + message.as_bytes()


def _header(found: oxmsg.Message) -> Iterator[tuple[str, str]]:
    """Yield the header lines: those of the email as it was sent, completed by Outlook's own properties."""
    sent = {name.lower(): " ".join(str(text).split()) for name, text in found.message_headers.items()}
    own = {"from": _sender(found), "subject": one_line(found.subject), **_recipients(found)}
    if found.sent_date and found.sent_date.year > FIRST_YEAR:
        own["date"] = format_datetime(found.sent_date)
    own["message-id"] = one_line(_property(found, _MESSAGE_ID))
    for name in _KEPT:
        yield name.title(), sent.get(name) or own.get(name, "")


def _sender(found: oxmsg.Message) -> str:
    name = one_line(_property(found, _SENDER_NAME) or found.sender or "").replace('"', "")
    values = [_property(found, number) for number in _SENDER_ADDRESSES]
    values += [
        one.email_address or "" for one in found.recipients[:MOST_RECIPIENTS] if name and one.name == name
    ]
    address = next((value for value in values if "@" in value), "")
    return f'"{name}" <{one_line(address)}>' if address else name


def _property(found: oxmsg.Message, number: int) -> str:
    try:
        return found.properties.str_prop_value(number) or ""
    except KeyError:  # listed, and not there
        return ""


def _recipients(found: oxmsg.Message) -> dict[str, str]:
    lists: dict[str, list[str]] = {"to": [], "cc": []}
    for one in found.recipients[:MOST_RECIPIENTS]:
        kind = _KINDS.get(one.properties.int_prop_value(_RECIPIENT_KIND) or 1, "")
        name, address = one_line(one.name).replace('"', ""), one_line(one.email_address)
        if kind and (name or address):
            lists[kind.lower()].append(f'"{name}" <{address}>' if "@" in address else name)
    return {name: ", ".join(entries) for name, entries in lists.items()}


def _clean(text: str) -> str:
    return (
        text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
    )
