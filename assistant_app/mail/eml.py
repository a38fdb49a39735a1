"""Converts an email's file to text: the useful header lines and the message.

Attachments are left out, and their names returned; attached emails and invitations are read. The file is
untrusted: one that cannot be read raises `Unreadable`.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.policy import compat32

from assistant_app.mail import containers, flowed, invitation, signed
from assistant_app.mail.addresses import MOST_ADDRESSES, written
from assistant_app.mail.charsets import codec_of, decode, decode_words
from assistant_app.mail.header import Header
from assistant_app.mail.hidden import one_line
from assistant_app.mail.html_text import Allowance, TooMuch
from assistant_app.mail.html_text import read as read_html
from assistant_app.mail.proposed_envelope import DELIVERY_REPORT
from assistant_app.mail.unreadable import Unreadable
from assistant_app.phrases import gettext_noop, ngettext, sentences

__all__ = ["MailFile", "Unreadable", "read"]

# Real emails have less than this. The parser's time grows with the product of these, or is quadratic.
MOST_LINES = 200_000
MOST_PARTS = 1_000
MOST_HEADER_LINES = 25_000  # of the email or of a part
DEEPEST = 50
LONGEST_DESCRIPTION = 1_000  # characters of one Content-* header line
MOST_DESCRIPTION = 50_000  # characters of all Content-* header lines
_BOUNDARY = re.compile(rb"^--(\S[^\n]{0,68}?)[ \t]*$", re.MULTILINE)
# Of lower letters. They begin with fixed ones, which are found fast in megabytes.
_BOUNDARY_SAID = re.compile(rb"boundary *\*?=")
_DESCRIPTION = re.compile(rb"\n(content-[a-z-]+[ \t]*:(?:[^\n]|\n[ \t])*)")
_CONTROL = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\ud800-\\udfff]")
_META = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,60})", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml[^>]{0,100}encoding=[\"']([A-Za-z0-9._:-]{1,60})", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_HTML_WORD = re.compile(r"html(?![a-z])", re.IGNORECASE)
_WHOLE_PAGE = re.compile(rb"\s*<(?:!doctype html|html)\b", re.IGNORECASE)
_PAGE_END = re.compile(rb"</html>\s*$", re.IGNORECASE)
_SIGNED_FILE = re.compile(r"\.\w{1,8}\.p7m$")
_ENCODING = re.compile(r"[\s\"']*([A-Za-z0-9-]+)")
_BLOCK_OF_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]+=*\s*")
_TAG = re.compile(r"<[^<>]{0,500}>")

MOST_NAMED = 20  # attachments
LONGEST_NAME = 100  # characters
MOST_ATTACHED = 20  # emails that are attached and read
FEW_WORDS = 15
LONGEST_STUB = 60  # words of a plain text that may be there instead of the HTML

# Exceptions that the standard library's parser raises for malformed mail.
STUMBLES = (ValueError, LookupError, AttributeError, TypeError, RecursionError, MessageError)

_SMIME = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
_PLAIN = {"text/plain", "text/markdown", "text/enriched", "text/richtext", "text/"}
_ALSO_TEXT = {"text/csv", "text/x-patch", "text/x-diff", "text/x-log", "text/tab-separated-values"}
_HTML = {"text/html", "application/xhtml+xml"}
_ENDINGS_OF_PGP = (".asc", ".pgp", ".gpg")
_EMAILS = {"message/rfc822", "message/global", "message/rfc-822"}
_CALENDARS = {"text/calendar", "application/ics", "text/x-vcalendar", "application/calendar"}
_TNEF = {"application/ms-tnef", "application/vnd.ms-tnef"}
# Parts that programs add: signatures, which are not verified, and versions of the text for other devices.
_NO_ATTACHMENTS = {
    *("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"),
    *("text/x-amp-html", "text/watch-html"),
}
_PASTE = gettext_noop("Paste the text instead.")
_ENCRYPTED = gettext_noop("The file is encrypted. Open it in your mail program and paste its text.")
_OUTLOOK = gettext_noop(
    "Outlook put the text into the file winmail.dat, which cannot be read here. "
    "Ask the sender for plain text or HTML, or open it in Outlook and paste its text."
)
_SIGNED = gettext_noop(
    "The file is signed or encrypted with S/MIME, and damaged. "
    "Open it in your mail program and paste its text."
)
# Lines that tell where a reply goes (`mail.proposed_envelope`). They are not shown.
_FOR_ENVELOPE = (
    "Delivered-To",
    "List-Post",
    "List-Id",
    "X-Original-From",
    "X-Original-Sender",
)
_AUTOMATIC = {"auto_reply", "auto-reply"}  # values of Precedence
FORWARDED = "---------- Forwarded message ---------"


@dataclass(frozen=True, slots=True)
class MailFile:
    text: str
    left_out: tuple[str, ...]  # names of attachments
    notes: tuple[str, ...] = ()  # sentences about what a person should know, such as hidden text


@dataclass(slots=True)
class _Text:
    """The text of one part. `kind` is its content type."""

    kind: str
    text: str
    hidden: int = 0
    is_guessed: bool = False
    is_too_large: bool = False  # to be read


@dataclass(slots=True)
class _Reading:
    """What is found while the parts of a file are read."""

    zone: tzinfo
    html: Allowance = field(default_factory=Allowance)
    calendars: int = invitation.LONGEST  # characters that may still be read
    invitations: list[str] = field(default_factory=list)  # their texts
    is_decoded: bool = False  # parts without an encoding are UTF-8, whatever they say
    left_out: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)  # of mail servers, shown if there is no other text
    attached_parts: list[Message] = field(default_factory=list)  # read and shown if there is no other text
    attached: int = 0
    is_encrypted: bool = False
    has_outlook_text: bool = False  # in a file that only Outlook reads


def read(data: bytes, zone: tzinfo = UTC) -> MailFile:
    """Return the text of an email's file. Raise `Unreadable` if it is no email or has no text.

    `zone` is the time zone for the times of invitations.
    """
    return _read(data, _Reading(zone))


def read_pasted(source: str, zone: tzinfo = UTC) -> MailFile:
    """Return the text of a message's source that was copied from a program, which decoded its letters."""
    return _read(source.encode("utf-8", "surrogatepass"), _Reading(zone, is_decoded=True))


def _read(data: bytes, reading: _Reading) -> MailFile:
    message = _parsed(containers.as_message(data))
    try:
        return _mail_file(message, reading)
    except TooMuch:
        said = gettext_noop("The text in the file is too large. Copy what matters and paste it.")
        raise Unreadable(said) from None
    except Unreadable:
        raise
    except STUMBLES:
        said = gettext_noop("The file is damaged: its parts cannot be told apart.")
        raise Unreadable(sentences(said, _PASTE)) from None


def _mail_file(message: Message, reading: _Reading) -> MailFile:
    header = Header(message.raw_items(), _label_of(message))
    if not any(name in header for name in ("from", "subject", "date", "message-id")):
        said = gettext_noop("That’s not an .eml file. Save the email as .eml in your mail app first.")
        raise Unreadable(said)
    texts = _texts(message, reading) or [
        text for part in reading.attached_parts for text in _text(part, _label_of(part), reading)
    ]
    if any(text.is_too_large for text in texts):
        raise TooMuch
    body = "\n\n".join(text.text.strip("\n") for text in texts).strip("\n") or "\n\n".join(reading.reports)
    if not body.strip():
        if reading.is_encrypted:
            raise Unreadable(_ENCRYPTED)
        if reading.has_outlook_text:
            raise Unreadable(_OUTLOOK)
        raise Unreadable(sentences(_no_text(reading), _PASTE))
    if body.strip() == signed.UNREADABLE_BLOCK:
        raise Unreadable(_ENCRYPTED)
    left_out = tuple(_few(reading.left_out))
    top = "\n".join(f"{name}: {text}" for name, text in _top(header, left_out) if text)
    return MailFile(f"{top}\n\n{body}", left_out, tuple(_notes(texts, body)))


def _no_text(reading: _Reading) -> str:
    if not reading.left_out:
        return gettext_noop("The file has no text to answer.")
    names = ", ".join(_few(reading.left_out))
    return gettext_noop("The file has no text to answer, only %(names)s.", names=names)


def _notes(texts: list[_Text], body: str) -> Iterator[str]:
    if hidden := sum(text.hidden for text in texts):
        yield note_on_hidden(hidden)
    if any(text.is_guessed for text in texts):
        yield gettext_noop(
            "The email does not say how its letters are encoded. They were guessed and may be wrong."
        )
    if signed.UNREADABLE_BLOCK in body:
        yield gettext_noop("A part of the email is encrypted with PGP and was left out.")


def note_on_hidden(words: int) -> str:
    return ngettext(
        "The email hides %(number)s word from its readers. They were left out.",
        "The email hides %(number)s words from its readers. They were left out.",
        words,
    )


def _parsed(data: bytes) -> Message:
    if _is_endless(data):
        raise _too_many_parts()
    try:
        message = message_from_bytes(data, policy=compat32)
    except STUMBLES:
        said = gettext_noop("The file is damaged and cannot be read.")
        raise Unreadable(sentences(said, _PASTE)) from None
    if any(len(part) > MOST_HEADER_LINES for part in message.walk()):
        raise _too_many_parts()
    return message


def _too_many_parts() -> Unreadable:
    return Unreadable(
        sentences(gettext_noop("The file has more parts or header lines than an email has."), _PASTE)
    )


def _is_endless(data: bytes) -> bool:
    data = b"\n" + data.lower()
    sizes = [len(found) for found in _DESCRIPTION.findall(data)]
    return (
        data.count(b"\n") > MOST_LINES
        or data.count(b"\n--") > MOST_PARTS
        or len(_BOUNDARY_SAID.findall(data)) + data.count(b"message/") > 2 * DEEPEST
        or max(sizes, default=0) > LONGEST_DESCRIPTION
        or sum(sizes) > MOST_DESCRIPTION
    )


def _top(header: Header, left_out: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the header lines to show, and those that address and thread a reply."""
    yield "From", header.text("from")
    yield "Reply-To", header.text("reply-to")
    yield "To", _listed(header, "to")
    yield "Cc", _listed(header, "cc")
    yield "Date", header.text("date")
    yield "Subject", header.text("subject")
    yield "Attachments", ", ".join(left_out)
    *before, own = header.thread or [""]
    yield "Message-ID", own
    yield "References", " ".join(before)
    yield "Auto-Submitted", _automatic(header)
    for name in _FOR_ENVELOPE:
        yield name, header.text(name.lower())


def _automatic(header: Header) -> str:
    """Return the line that says that a program wrote the email, also for those that say it in another one."""
    said = header.text("auto-submitted")
    if "delivery-status" in header.text("content-type").lower():
        return f"{said or 'auto-replied'} {DELIVERY_REPORT}"
    is_said = header.text("precedence").lower() in _AUTOMATIC or header.text("x-autoreply", "x-autorespond")
    return said or ("auto-replied" if is_said else "")


def _listed(header: Header, name: str) -> str:
    found = header.addresses(name)
    return written(found) if len(found) < MOST_ADDRESSES else f"{written(found)}, and more"


# --- Parts ---------------------------------------------------------------------------------------


def _texts(part: Message, reading: _Reading, depth: int = 0, is_related: bool = False) -> list[_Text]:
    """Return the texts of a part. Names of parts that are left out are added to `reading`."""
    kind = part.get_content_type()
    if depth > DEEPEST:
        raise _too_many_parts()
    if kind == "multipart/encrypted":
        reading.is_encrypted = True
        return []
    ending = _name_of(part).lower()[-4:] if kind == "application/octet-stream" else ""
    if kind in _SMIME or (ending == ".p7m" and _payload(part)):  # Outlook's files come without attachments
        if depth and _SIGNED_FILE.search(_name_of(part).lower()):  # such as an invoice: invoice.xml.p7m
            reading.left_out.append(_name_of(part))
            return []
        return _signed_texts(part, reading, depth)
    if kind in _EMAILS or ending == ".eml":
        return _attached_texts(part, reading, depth)
    if kind == "message/delivery-status":
        reading.reports.append("\n\n".join(_clean(str(each)).strip() for each in _children(part)))
        return []
    if kind.startswith("multipart/") and not part.is_multipart():
        part = _with_boundary(part, kind)
    if part.is_multipart():
        is_related = is_related or kind == "multipart/related"
        found = [_texts(child, reading, depth + 1, is_related) for child in _children(part)]
        if kind == "multipart/alternative":
            return _best(found)
        return [text for texts in found for text in texts]
    is_attached = _is_attached(part) and depth > 0
    if kind in _CALENDARS or ending == ".ics":
        return _invitation(part, reading)
    if (is_attached and kind in _PLAIN | _HTML) or kind in _ALSO_TEXT:
        reading.attached_parts.append(part)
    if kind in _NO_ATTACHMENTS:
        return []
    if is_attached or kind not in _PLAIN | _HTML:
        name = _name_of(part)
        reading.is_encrypted |= ending in _ENDINGS_OF_PGP and signed.has_pgp_block(_start_of(part))
        reading.has_outlook_text |= kind in _TNEF or name.lower() == "winmail.dat"
        if not (is_related and kind.startswith("image/") and part["Content-ID"]):  # shown inside the HTML
            reading.left_out.append(name)
        return []
    is_encoded = _encoding_of(part) in ("base64", "quoted-printable")
    return _text(part, "utf-8" if reading.is_decoded and not is_encoded else _label_of(part), reading)


def _with_boundary(part: Message, kind: str) -> Message:
    """Return a multipart whose boundary is missing or wrong, parsed with the one that its text has."""
    raw = str(part.get_payload()).encode("ascii", "surrogateescape")
    found = _BOUNDARY.search(raw)
    if found is None and _encoding_of(part) in ("base64", "quoted-printable"):  # as a whole, against RFC 2045
        raw = _payload(part)
        found = _BOUNDARY.search(raw)
    if found is None:
        return message_from_bytes(
            b"Content-Type: multipart/mixed; boundary=B\n\n--B\n\n" + raw + b"\n--B--\n"
        )
    boundary = found[1].replace(b'"', b"")
    header = b"Content-Type: " + kind.encode("ascii", "replace") + b'; boundary="' + boundary + b'"\n\n'
    return message_from_bytes(header + raw)


def _text(part: Message, label: str, reading: _Reading) -> list[_Text]:
    kind, raw = part.get_content_type(), _payload(part)
    if kind in _HTML or (
        kind == "text/plain" and _WHOLE_PAGE.match(raw[:1_000]) and _PAGE_END.search(raw[-1_000:])
    ):
        kind = "text/html"  # some programs forget to say so
        if not label and (said := _META.search(raw[:4_000]) or _XML.match(raw[:400])):
            label = said[1].decode()
            if codec_of(label).startswith("utf_16"):  # it could not be found as ASCII then
                label = "utf-8"
        decoded = decode(raw, label)
        try:
            html = read_html(decoded.text, reading.html)
        except TooMuch:
            return [_Text(kind, "", is_too_large=True)]
        found = _Text(kind, signed.without_pgp(_clean(html.text)), html.hidden, decoded.is_guessed)
    else:
        decoded = decode(raw, label)
        text = decoded.text
        if kind == "text/plain" and str(part.get_param("format", "")).lower() == "flowed":
            text = flowed.joined(text, deletes_spaces=str(part.get_param("delsp", "")).lower() == "yes")
        if kind in ("text/enriched", "text/richtext"):
            text = _TAG.sub("", re.sub(r"<param>[^<]{0,500}</param>", "", text.replace("<<", "&lt;")))
        found = _Text("text/plain", signed.without_pgp(_clean(text)), 0, decoded.is_guessed)
    return [found] if found.text.strip() else []


def _best(found: list[list[_Text]]) -> list[_Text]:
    """Return one of several versions of the same text, and the invitations among them."""
    invitations = [text for texts in found for text in texts if text.kind == "text/calendar"]
    versions = [[text for text in texts if text.kind != "text/calendar"] for texts in found]
    versions = sorted(filter(None, versions), key=lambda texts: texts[0].kind != "text/plain")
    if not versions:
        return invitations
    html = next((texts for texts in versions if any(text.kind == "text/html" for text in texts)), None)
    if html and html is not versions[0] and _is_stub(_joined(versions[0]), _joined(html)):
        return [*html, *invitations]
    return [*versions[0], *invitations]


def _joined(texts: list[_Text]) -> str:
    return "\n".join(text.text for text in texts)


def _is_stub(plain: str, html: str) -> bool:
    """Return whether a plain text only says that the email is in HTML, or is a small part of it."""
    words, rich = _WORD.findall(plain.lower()), _WORD.findall(html.lower())
    if _HTML_WORD.search(plain) and not _HTML_WORD.search(html):  # "html" may be inside a Japanese word
        words.append("html")
    if not rich or not words:
        return bool(rich)
    known = set(rich)
    shared = sum(word in known for word in words)
    if len(words) <= LONGEST_STUB and 2 * shared < len(words):
        return "html" in words or len(rich) > 2 * len(words) or _is_about_a_link(plain)
    return ("html" in words and "html" not in known and len(words) <= LONGEST_STUB) or (
        len(words) <= LONGEST_STUB and len(rich) > 4 * len(words) + 20
    )


def _is_about_a_link(plain: str) -> bool:
    """Return whether a text has a link and little else, as "View this email in your browser: …"."""
    rest = re.sub(r"https?://\S+", "", plain)
    return rest != plain and len(rest.split()) <= FEW_WORDS


def _attached_texts(part: Message, reading: _Reading, depth: int) -> list[_Text]:
    """Return an attached email as a forwarded message, with its own header."""
    inner = _attached_email(part)
    reading.attached += 1
    if inner is None or reading.attached > MOST_ATTACHED:
        reading.left_out.append(_name_of(part))
        return []
    header = Header(inner.raw_items(), _label_of(inner))
    texts = _texts(inner, reading, depth + 1)
    if not texts:
        reading.left_out.append(_name_of(part))
        return []
    names = ("From", "Date", "Subject", "To", "Cc")
    top = [f"{name}: {text}" for name in names if (text := header.text(name.lower()))]
    texts[0].text = "\n".join([FORWARDED, *top]) + "\n\n" + texts[0].text.lstrip("\n")
    return texts


def _attached_email(part: Message) -> Message | None:
    """Return the email in a part; some programs encode it, or do not say that it is one."""
    inner = next(iter(_children(part)), None)
    if inner is None or not inner.keys():
        encoded = _payload(part) if inner is None else _decoded_again(part, inner)
        found = _parsed(encoded) if encoded else None
        return found if found is not None and ("From" in found or "Subject" in found) else inner
    return inner


def _decoded_again(part: Message, inner: Message) -> bytes:
    """Return the bytes of an email that was encoded as a whole, against RFC 2046."""
    encoding = _encoding_of(part)
    if encoding not in ("base64", "quoted-printable") or inner.is_multipart():
        return b""
    inner["Content-Transfer-Encoding"] = encoding
    return _payload(inner)


def _signed_texts(part: Message, reading: _Reading, depth: int) -> list[_Text]:
    """Return the texts inside an S/MIME signature; nothing if the part is encrypted."""
    try:
        inner = _parsed(containers.as_message(signed.signed_message(_payload(part))))
    except signed.Encrypted:
        reading.is_encrypted = True
        return []
    except (signed.NotReadable, Unreadable):
        raise Unreadable(_SIGNED) from None
    return _texts(inner, reading, depth + 1)


def _invitation(part: Message, reading: _Reading) -> list[_Text]:
    decoded = decode(_payload(part), _label_of(part) or "utf-8")
    text = ""
    if (size := invitation.size_of(decoded.text)) <= reading.calendars:
        reading.calendars -= size
        text = _clean(invitation.to_text(decoded.text, reading.zone))
    if not text.strip():
        reading.left_out.append(_name_of(part))
        return []
    if text in reading.invitations:  # Outlook and Google attach the same one as a file
        return []
    reading.invitations.append(text)
    return [_Text("text/calendar", text)]


def _children(part: Message) -> list[Message]:
    children = part.get_payload()
    return [child for child in children if isinstance(child, Message)] if isinstance(children, list) else []


def _payload(part: Message) -> bytes:
    """Return the decoded bytes of a part; as they are if its encoding is broken."""
    if part.is_multipart():
        return b""
    if encoding := _encoding_of(part):
        part.replace_header("Content-Transfer-Encoding", encoding)
    if encoding == "base64" and (blocks := _blocks_of_base64(part)):
        return b"".join(map(b64decode, blocks))
    raw = part.get_payload(decode=True)
    return raw if isinstance(raw, bytes) else b""


def _encoding_of(part: Message) -> str:
    """Return the name of the encoding of a part, without what some programs write beside it."""
    found = _ENCODING.match(str(part.get("Content-Transfer-Encoding", "")))
    return found[1].lower() if found else ""


def _blocks_of_base64(part: Message) -> list[bytes]:
    """Return the blocks of a part that was encoded in pieces; nothing if it has only one."""
    raw = str(part.get_payload()).encode("ascii", "replace")
    if not re.search(rb"=\s+[A-Za-z0-9+/]", raw):
        return []
    blocks = [b"".join(block.split()) for block in _BLOCK_OF_BASE64.findall(raw)]
    is_whole = not _BLOCK_OF_BASE64.sub(b"", raw) and all(len(block) % 4 == 0 for block in blocks)
    return blocks if is_whole else []


def _start_of(part: Message) -> str:
    return _payload(part)[:1_000].decode("ascii", "replace")


def _label_of(part: Message) -> str:
    """Return the declared charset, or an empty text."""
    try:
        return part.get_content_charset() or ""
    except STUMBLES:
        return ""


def _is_attached(part: Message) -> bool:
    return str(part.get("Content-Disposition", "")).strip().lower().startswith("attachment")


def _name_of(part: Message) -> str:
    try:
        name = _readable(part).get_filename() or ""
    except STUMBLES:
        name = ""
    if not name and part.get_content_type() == "message/rfc822":
        inner = next(iter(_children(part)), None)
        subject = Header(inner.raw_items()).text("subject") if inner else ""
        name = f"{subject or 'an email'}.eml"
    return one_line(decode_words(name))[:LONGEST_NAME] or part.get_content_type()


def _readable(part: Message) -> Message:
    """Return a part's description with its raw letters decoded, which the standard library replaces."""
    lines = [(name, str(text)) for name, text in part.raw_items() if name.lower().startswith("content-")]
    if all(text.isascii() for _, text in lines):
        return part
    readable = Message()
    for name, text in lines:
        readable[name] = decode_words(text, _label_of(part))
    return readable


def _few(names: list[str]) -> list[str]:
    more = len(names) - MOST_NAMED
    return [*names[:MOST_NAMED], f"{more} more"] if more > 0 else names


def _clean(text: str) -> str:
    """Return a text without control characters, lone surrogates and trailing spaces."""
    lines = re.sub("\r\n?", "\n", text).split("\n")
    return "\n".join(_CONTROL.sub("", line).rstrip() for line in lines)
