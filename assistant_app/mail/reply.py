"""Builds the reply as a message that a mail program opens as a draft, in the right thread.

Recipient, subject and thread come from the header lines at the top of the email's text; missing ones are
left out. The mail program fills in the sender.
"""

from __future__ import annotations

import re
from datetime import datetime
from email.charset import QP, Charset
from email.header import Header as Encoded
from email.headerregistry import Address
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime

from assistant_app.mail.blocks import pattern
from assistant_app.mail.header import SUBJECT, WRITE_TO, Header, pasted

# Prefixes that mail programs put before the subject of a reply.
_ANSWERS = re.compile(
    rf"(?:(?:{pattern('reply')})\.?(?:\[\d+\]|\(\d+\)|\^\d+|\*\d+)?\s*[:\uff1a]\s*)*", re.IGNORECASE
)
# Headers of an HTTP response with the message as a file.
CONTENT_TYPE = "message/rfc822"
DISPOSITION = 'attachment; filename="reply.eml"'
_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP
# Not `policy.SMTP`: it breaks long ids, and loses spaces and quotation marks when it folds lines.
_POLICY = compat32.clone(linesep="\r\n")


def as_message(email: str, reply: str, at: datetime) -> bytes:
    """Return the reply as an RFC 5322 message; `email` is the text of the answered email."""
    header = Header(pasted(email))
    message = MIMEText(reply + "\n", "plain", _UTF8)  # type: ignore[arg-type]
    message["X-Unsent"] = "1"
    message["Date"] = format_datetime(at)
    if to := header.addresses(*WRITE_TO):
        message["To"] = ", ".join(map(_written, to))
    if subject := header.text(*SUBJECT):
        message["Subject"] = _encoded(f"Re: {_ANSWERS.sub('', subject, count=1)}", "Subject")  # type: ignore[assignment]
    if ids := header.thread:
        message["In-Reply-To"] = ids[-1]
        message["References"] = " ".join(ids)
    return message.as_bytes(policy=_POLICY)


def _written(address: Address) -> str:
    name = address.display_name
    return str(address) if name.isascii() else f"{_encoded(name).encode(linesep='')} <{address.addr_spec}>"


def _encoded(text: str, name: str | None = None) -> Encoded:
    return Encoded(text, None if text.isascii() else "utf-8", header_name=name)
