"""Email files that mean ill, at the size limits: a second of CPU for each, on the page and in the API."""

import base64

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile

from assistant_app.mail import invitation
from assistant_app.mail.eml import MOST_HEADER_LINES
from assistant_app.mail.html_text import LONGEST, MOST_TAGS, tags_in

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not django_settings.IS_SQLITE, reason="files are read without a database"),
]

LARGEST = django_settings.MAX_BODY_BYTES - 10_000  # bytes, with room for the form around it
FROM = b"From: a@b.org\nMIME-Version: 1.0\n"
TAGS = (
    "<table><tr><td>",
    "<table><tr><td>x<table><tr><td>y",
    "<div>",
    "<p>",
    "<p>x</p>",
    "<b><i>",
    "<a href=x>",
    "<blockquote type=cite>x<br>",
    "<ul><li>",
    "<sup>1",
    "<s>x</s>",
    "<td>",
    "<tr><td>x",
    "</td>",
    "<!--",
    "<",
    "&#",
    "<style>.a{",
    "<style>/* ",
    "<p style='a:b'>",
    "<p class=a style='color:red;color:blue' title=x>x",
    "<img alt=x>",
    "<ol reversed><li>x",
    "<table>x<tbody>",
    "<span style='display:block'>x",
)


def filled(unit, size):
    return unit * (size // len(unit))


def html(*texts):
    head = FROM + b"Content-Type: multipart/mixed; boundary=B\n"
    parts = (b"\n--B\nContent-Type: text/html; charset=utf-8\n\n" + text for text in texts)
    return head + b"".join(parts) + b"\n--B--\n"


def with_tags(piece, tags=MOST_TAGS - 100):
    most = len(piece) * tags // tags_in(piece) if "<" in piece else LONGEST
    return filled(piece, min(LONGEST, most)).encode()


def text(kind, unit, encoded="8bit"):
    head = f"Content-Type: {kind}\nContent-Transfer-Encoding: {encoded}\n\n".encode()
    return FROM + head + filled(unit, LARGEST - 1_000)


STYLED = (
    b"<style>" + filled(b"div p b.a{color:red}", 390_000) + b"</style>" + with_tags("<div><p><b class=a>x")
)
FULL = invitation.LONGEST // invitation.FULL_LINE - 10  # lines of a calendar
EVENTS = b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT\n" * (FULL // 3) + b"END:VCALENDAR\n"
FILES = {
    **{piece: html(with_tags(piece)) for piece in TAGS},
    "too many tags": html(filled(b"<p>", LONGEST)),
    "many parts with many tags": html(*[with_tags("<p>x</p>", MOST_TAGS // 3)] * 40),
    "one tag with many attributes": html(b"<p title='>' " + filled(b"a ", LONGEST - 100) + b">x</p>"),
    "many tags with many attributes": html((b"<p " + filled(b"a ", 9_900) + b">x</p>") * 95),
    "styles that differ": html(
        *[b"".join(b"<p style='display:block;color:#%06x'>x" % n for n in range(9_900))]
    ),
    "links that differ": html(*[b"".join(b"<a href='http://x.org/%d'>x</a>" % n for n in range(9_900))]),
    "wide and high cells": html(
        with_tags("<tr><td colspan=20 rowspan=20>x").replace(b"<tr>", b"<table><tr>", 1)
    ),
    "one long style": html(b"<p style='" + filled(b"a:b;", LONGEST - 100) + b"'>x</p>"),
    "many style rules": html(STYLED),
    "HTML between signatures": html(filled(b"<pre>\n-- \na</pre>", 400_000)),
    "one long word": text("text/plain", b"x"),
    "flowed": text("text/plain; format=flowed; delsp=yes", filled(b"hello ", 60) + b"\n"),
    "quoted-printable": text("text/plain; charset=utf-8", b"=C3=A4" * 10 + b"=\n", "quoted-printable"),
    "Base64": FROM
    + b"Content-Transfer-Encoding: base64\n\n"
    + base64.encodebytes(filled(b"hello ", 3_000_000)),
    "Base64 in pieces": text("text/plain", b"QQ==\n" * 10, "base64")[:900_000],
    "UTF-7": text("text/plain; charset=utf-7", b"+AOQ- hello "),
    "Japanese with escapes": text("text/plain; charset=iso-2022-jp", b"\x1b$B$3$s-!\x1b(B hi "),
    "no charset": text("text/plain", bytes(range(128, 256))),
    "enriched": text("text/enriched", b"<bold>x</bold>"),
    "NUL bytes": text("text/plain", b"a\0"),
    "PGP": text("text/plain", filled(b"-----BEGIN PGP MESSAGE-----", 400) + b"\n"),
    "header lines": FROM + b"X-A: b\n" * (MOST_HEADER_LINES - 10) + b"\nhi",
    "too many header lines": FROM + filled(b"X-A: b\n", 1_300_000) + b"\nhi",
    "recipients": FROM + b"To: " + filled(b"a@b.org, ", LARGEST) + b"\n\nhi",
    "commas in a sender": b"From: " + filled(b",<", LARGEST) + b"\n\nhi",
    "quotation marks in a sender": b"From: " + filled(b'"a" <', LARGEST) + b"\n\nhi",
    "parentheses in a sender": b"From: " + filled(b"(", LARGEST) + b" a@b.org\n\nhi",
    "groups of recipients": FROM + b"To: " + filled(b"a:b;", LARGEST) + b"\n\nhi",
    "encoded words": FROM + b"Subject: " + filled(b"=?utf-8?q?=C3=A4?= ", LARGEST) + b"\n\nhi",
    "ids of a thread": FROM + b"References: " + filled(b"<a@b> ", LARGEST) + b"\n\nhi",
    "parts": FROM
    + b"Content-Type: multipart/mixed; boundary=B\n\n"
    + filled(b"--B\n\nx\n", 5_000)
    + b"--B--",
    "calendars": FROM
    + b"Content-Type: multipart/mixed; boundary=B\n"
    + (b"\n--B\nContent-Type: text/calendar\n\n" + EVENTS) * 10
    + b"\n--B--\n",
    "dates of a series": FROM
    + b"Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\n"
    + b"RDATE:20261110T090000Z\nRRULE:FREQ=DAILY\n" * (FULL // 2)
    + b"END:VEVENT\nEND:VCALENDAR\n",
    "emails in emails": filled(b"From: a@b.org\nContent-Type: message/rfc822\n\n", 4_000) + FROM + b"\nhi",
}


@pytest.mark.parametrize("name", FILES)
def test_no_file_takes_more_than_a_second(name, door, model):
    send(name, door)
    if door.too_slow:  # what else ran on the core then had ended when the machine was measured, perhaps
        door.took = {}
        send(name, door)
    assert door.too_slow == {}


def send(name, door):
    """Send a file to the page and to the API."""

    def file():
        return SimpleUploadedFile("a.eml", FILES[name], "message/rfc822")

    assert door.ask("post", "/new/", {"eml": file()}).status_code in (200, 302, 400)
    app_id = door.ask("post", "/api/applications/", {}).json()["app_id"]
    typed = {"email_to_respond": file(), "response_instructions": "Yes"}
    path = f"/api/applications/{app_id}/initialize_draft/"
    assert door.ask("put", path, typed, format="multipart").status_code in (200, 400)
