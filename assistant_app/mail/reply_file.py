"""Builds the reply as a message that a mail program opens as a draft, in the right thread.

Recipients and subject are those of the envelope (`mail.proposed_envelope.propose`), the thread comes from the
header lines at the top of the email's text. Without a sender, the mail program fills it in. Pure
functions of text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.charset import QP, Charset
from email.header import Header as Encoded
from email.headerregistry import Address
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime
from urllib.parse import quote, urlencode

from assistant_app.mail.header import SENT, Header, pasted
from assistant_app.mail.hidden import one_line, without_hidden
from assistant_app.mail.proposed_envelope import Envelope, propose
from assistant_app.mail.shown import without_header

CONTENT_TYPE = "message/rfc822"
# Where the answered email is quoted.
BELOW, ABOVE, NOWHERE = "below", "above", "none"
NAMELESS = "reply"
LONGEST_NAME = 150  # bytes; file systems take 255, with the ending
LONGEST_MAILTO = 2_000  # characters; Windows hands on 2,083 at most, Outlook cuts sooner
_UNSAFE = re.compile(r'[<>:"/\\|?*]+')  # in names of files on Windows
_SIGNATURE = "-- "  # the only line that may end with a space (RFC 3676, section 4.3)
_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP
# Not `policy.SMTP`: it breaks long ids, and loses spaces and quotation marks when it folds lines.
_POLICY = compat32.clone(linesep="\r\n")


@dataclass(frozen=True, slots=True)
class ReplyFile:
    """A reply as a file. `name` has no ending."""

    name: str
    content: bytes


def as_message(
    email: str,
    reply: str,
    at: datetime,
    place: str = BELOW,
    envelope: Envelope | None = None,
    sender: Address | None = None,
    signature: str = "",
) -> bytes:
    """Return the reply as an RFC 5322 message.

    `email` is the text of the answered email. `place` says where it is quoted: `BELOW` the reply, `ABOVE`
    it, or `NOWHERE`. Without an `envelope`, it has the proposed one. The `signature` is below the reply.
    """
    header = Header(pasted(email))
    envelope = envelope or propose(email).envelope
    message = MIMEText(_text(email, with_signature(reply, signature), place) + "\n", "plain", _UTF8)  # type: ignore[arg-type]
    message["X-Unsent"] = "1"
    message["Date"] = format_datetime(at)
    if sender:
        message["From"] = _written(sender)
    for name, people in (("To", envelope.to), ("Cc", envelope.cc)):
        if people:
            message[name] = ", ".join(map(_written, people))
    if envelope.subject:
        message["Subject"] = _encoded(envelope.subject, "Subject")  # type: ignore[assignment]
    if ids := header.thread:
        message["In-Reply-To"] = ids[-1]
        message["References"] = " ".join(ids)
    return message.as_bytes(policy=_POLICY)


def with_signature(reply: str, signature: str) -> str:
    """Return a reply with the signature below it, unless it ends with it already."""
    signature = signature.strip("\n")
    if not signature.strip() or has_signature(reply, signature):
        return reply
    return f"{reply.rstrip()}\n\n{signature}"


def has_signature(reply: str, signature: str) -> bool:
    """Return whether a reply ends with the lines of a signature. Spaces and empty lines don't count."""
    wanted = _words_by_line(signature)
    return not wanted or _words_by_line(reply)[-len(wanted) :] == wanted


def _words_by_line(text: str) -> list[list[str]]:
    return [words for line in text.splitlines() if (words := line.split())]


def file_name(subject: str) -> str:
    """Return a name for the file of a reply with this subject, without ending, that every system takes."""
    subject = one_line(without_hidden(subject))
    name = " ".join(_UNSAFE.sub(" ", subject).split())
    return name.encode()[:LONGEST_NAME].decode(errors="ignore").strip(" .") or NAMELESS


def mailto(envelope: Envelope, reply: str) -> str:
    """Return a link that opens the reply in a mail program (RFC 6068); empty if it is too long to work."""
    if len(reply) > LONGEST_MAILTO:
        return ""
    to, cc = (",".join(each.addr_spec for each in people) for people in (envelope.to, envelope.cc))
    fields = {"cc": cc, "subject": envelope.subject, "body": "\r\n".join(_lines(reply))}
    given = {name: text for name, text in fields.items() if text}
    link = f"mailto:{quote(to, safe='@,')}?{urlencode(given, quote_via=quote)}"
    return link if len(link) <= LONGEST_MAILTO else ""


def quoted(email: str) -> str:
    """Return an email as a reply quotes it: a line that says who wrote it when, and its lines after ">"."""
    lines = [_marked(line) for line in _lines(without_hidden(without_header(email)).strip("\n"))]
    return "\n".join([*_introduction(Header(pasted(email))), *lines])


def _text(email: str, reply: str, place: str) -> str:
    reply = "\n".join(_lines(reply))
    if place == BELOW:
        return f"{reply}\n\n{quoted(email)}"
    return f"{quoted(email)}\n\n{reply}" if place == ABOVE else reply


def _lines(text: str) -> list[str]:
    """Return the lines without spaces at their ends: programs that send `format=flowed` would join them."""
    return [line if line == _SIGNATURE else line.rstrip() for line in text.split("\n")]


def _marked(line: str) -> str:
    if not line:
        return ">"
    return f">{line}" if line.startswith(">") else f"> {line}"


def _introduction(header: Header) -> list[str]:
    sender = one_line(without_hidden(header.text("from")))
    if not sender:
        return []
    moment = header.date
    date = f"{moment.day} {moment:%B %Y at %H:%M}" if moment else header.text(*SENT)
    return [f"On {date}, {sender} wrote:" if date else f"{sender} wrote:"]


def _written(address: Address) -> str:
    name = address.display_name
    return str(address) if name.isascii() else f"{_encoded(name).encode(linesep='')} <{address.addr_spec}>"


def _encoded(text: str, name: str | None = None) -> Encoded:
    return Encoded(text, None if text.isascii() else "utf-8", header_name=name)
