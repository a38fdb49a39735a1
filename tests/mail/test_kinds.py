"""Whole kinds of files: what is read, and what is refused with the reason."""

from base64 import b64encode, encodebytes
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from assistant_app.mail import eml
from tests.mail.letters import HEAD, email_of, multipart, part

INVITATION = """\
BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
SUMMARY:Budget meeting
LOCATION:Room 5
DTSTART:20261110T090000Z
DTEND:20261110T100000Z
RRULE:FREQ=WEEKLY;COUNT=4
ORGANIZER;CN=Anna:mailto:anna@example.org
ATTENDEE;CN=Ida:mailto:ida@example.org
END:VEVENT
END:VCALENDAR
"""
INNER = "From: Carl <carl@example.org>\nSubject: Pumps\nDate: Mon, 2 Nov 2026 09:00:00 +0100\n\nCan you deliver 40 pumps?"


def der(tag: int, *contents: bytes) -> bytes:
    inside = b"".join(contents)
    size = len(inside)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([tag]) + length + inside


def signed(message: bytes, oid: str = "2a864886f70d010702", in_pieces: bool = False) -> bytes:
    """Return CMS SignedData without signers, in DER, or with its content in pieces as Outlook writes it."""
    if in_pieces:
        octets = (
            b"\x24\x80"
            + b"".join(der(0x04, message[at : at + 20]) for at in range(0, len(message), 20))
            + b"\0\0"
        )
    else:
        octets = der(0x04, message)
    info = der(0x30, der(0x06, bytes.fromhex("2a864886f70d010701")), der(0xA0, octets))
    return der(0x30, der(0x06, bytes.fromhex(oid)), der(0xA0, der(0x30, der(0x02, b"\x01"), der(0x31), info)))


def smime(data: bytes) -> bytes:
    lines = ("Content-Type: application/pkcs7-mime; name=smime.p7m", "Content-Transfer-Encoding: base64")
    return email_of(*lines, body=encodebytes(data))


READ = {
    "NUL bytes": (email_of(body=b"Hel\0lo"), "Hello"),
    "UTF-16 of a text editor": (email_of(body="Grüße".encode()).decode().encode("utf-16"), "Grüße"),
    "lines that end in CR CR LF": (email_of("Reply-To: b@example.org").replace(b"\n", b"\r\r\n"), "Reply-To: b@example.org\n"),
    "a boundary without quotation marks": (
        f"{HEAD}Content-Type: multipart/mixed; boundary=----=_Next/Part_01\n\n------=_Next/Part_01\n\nHello\n------=_Next/Part_01--".encode(),
        "Hello",
    ),
    "a boundary that is not the one in the text": (
        f"{HEAD}Content-Type: multipart/mixed; boundary=A\n\n--B\nContent-Type: text/html\n\n<b>Hello</b>\n--B--\n".encode(),
        "Offer 12\n\nHello",
    ),
    "a multipart without parts": (email_of("Content-Type: multipart/mixed"), "Hello"),
    "nothing but a text file": (
        multipart("mixed", part("text/plain; name=a.txt", "Hello", "Content-Disposition: attachment")), "Hello",
    ),
    "a header line without a colon": (b"From: a@example.org\nno colon here\nSubject: Hi\nReply-To: b@example.org\n\nHello", "Reply-To: b@example.org\n"),
    "an mbox line": (b"From anna Mon Nov  2 10:00:00 2026\n" + email_of(), "Subject: Offer 12"),
    "a Message-ID without brackets": (email_of("Message-ID: a1@example.org"), "Message-ID: <a1@example.org>\n"),
    "a quoted Message-ID": (email_of('Message-ID: "<a1@example.org>"'), "Message-ID: <a1@example.org>\n"),
    "an .emlx file": (b"%d\n" % len(email_of()) + email_of() + b'<?xml version="1.0"?><plist/>', "Hello"),
    "a forwarded email as attachment": (
        multipart("mixed", part("text/plain", ""), part("message/rfc822", INNER)),
        "---------- Forwarded message ---------\nFrom: Carl <carl@example.org>\nDate: Mon, 2 Nov 2026 09:00:00 +0100\nSubject: Pumps\n\nCan you deliver 40 pumps?",
    ),
    "a forwarded email beside a text": (multipart("mixed", part("text/plain", "FYI"), part("message/rfc822", INNER)), "40 pumps?"),
    "a forwarded email that is encoded": (multipart("mixed", part("text/plain", "FYI"), part("message/rfc822", b64encode(INNER.encode()), "Content-Transfer-Encoding: base64")), "40 pumps?"),
    "a forwarded email as a file": (multipart("mixed", part("text/plain", "FYI"), part("application/octet-stream; name=Offer.eml", INNER, "Content-Disposition: attachment")), "40 pumps?"),
    "an international forward": (multipart("mixed", part("text/plain", "FYI"), part("message/global", INNER)), "40 pumps?"),
    "nothing but a forwarded email": (email_of("Content-Type: message/rfc822", body=INNER.encode()), "40 pumps?"),
    "a report of a mail server": (
        multipart("report", part("message/delivery-status", "Reporting-MTA: dns; mx.example.org\n\nAction: failed")),
        "Action: failed",
    ),
    "an invitation": (
        email_of("Content-Type: text/calendar; method=REQUEST", body=INVITATION.encode()),
        "Invitation: Budget meeting\nWhen: Tuesday, 10 November 2026, 09:00 to 10:00 (UTC)\nRepeated: weekly, 4 times\n"
        "Where: Room 5\nOrganiser: Anna <anna@example.org>\nInvited: Ida <ida@example.org>",
    ),
    "an invitation beside a text": (
        multipart("alternative", part("text/plain", "Please come."), part("text/calendar", INVITATION)),
        "Please come.\n\nInvitation: Budget meeting",
    ),
    "an S/MIME signature around the text": (smime(signed(b"Content-Type: text/plain\n\nSigned hello")), "Signed hello"),
    "an S/MIME signature in pieces": (smime(signed(b"Content-Type: text/plain\n\n" + b"Hello " * 50, in_pieces=True)), "Hello Hello"),
    "a PGP signature": (
        email_of(body=b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHello\n- -- \nAnna\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n"),
        "Offer 12\n\nHello\n--\nAnna",
    ),
    "lines that flow": (
        email_of("Content-Type: text/plain; format=flowed", body=b"A long \nline.\n From here\n> quoted \n> flows\n-- \nAnna"),
        "A long line.\nFrom here\n> quoted flows\n--\nAnna",
    ),
    "lines that flow without spaces": (
        email_of("Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes", body="東京 \n都".encode()), "東京都",
    ),
    "a plain text without words": (multipart("alternative", part("text/plain", "-"), part("text/html", "<p>Hello</p>")), "Hello"),
    "an encoding with something beside it": (email_of("Content-Transfer-Encoding: base64 (x)", body=b64encode(b"Hello")), "Hello"),
    "an encoding with a parameter": (
        email_of("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable; x=y", body=b"Gr=C3=BC=C3=9Fe"), "Grüße",
    ),
    "base64 in pieces": (email_of("Content-Transfer-Encoding: base64", body=b"SGVsbG8=\nIHRoZXJl"), "Hello there"),
    "parts that are encoded as a whole": (
        email_of("Content-Type: multipart/mixed; boundary=B", "Content-Transfer-Encoding: base64", body=b64encode(b"--B\n\nHello there\n--B--\n")),
        "Offer 12\n\nHello there",
    ),
    "HTML that is called plain text": (email_of(body=b"<html><p>Hello</p></html>\n"), "Offer 12\n\nHello"),
    "a type without an end": (email_of("Content-Type: text/"), "Hello"),
    "XHTML": (email_of("Content-Type: application/xhtml+xml", body=b"<html><p>Hello</p></html>"), "Offer 12\n\nHello"),
    "nothing but a table": (email_of("Content-Type: text/csv", body=b"Pump,2"), "Pump,2"),
    "an S/MIME signature as a file": (
        email_of("Content-Type: application/octet-stream; name=smime.p7m", "Content-Transfer-Encoding: base64", body=encodebytes(signed(b"\nSigned hello"))),
        "Signed hello",
    ),
    "a signed file beside a text": (
        multipart("mixed", part("text/plain", "Our invoice."), part("application/pkcs7-mime; name=invoice.xml.p7m", b64encode(signed(b"<x/>")), "Content-Transfer-Encoding: base64")),
        "Attachments: invoice.xml.p7m\n\nOur invoice.",
    ),
    "a quoted PGP block": (
        email_of(body=b"Hi\n\n> -----BEGIN PGP MESSAGE-----\n>\n> hQ\n> -----END PGP MESSAGE-----\n> Bye"),
        "Hi\n\n> [A block that is encrypted with PGP stood here. It cannot be read.]\n> Bye",
    ),
    "a plain text in Japanese that says it is HTML": (
        multipart("alternative", part("text/plain; charset=utf-8", "このメールはHTML形式です。"), part("text/html; charset=utf-8", "<p>14日でよろしいですか。</p>")),
        "14日",
    ),
    "an invitation of an old program": (email_of("Content-Type: text/x-vcalendar", body=INVITATION.encode()), "Invitation: Budget meeting"),
    "enriched text": (email_of("Content-Type: text/enriched", body=b"<bold>Hello</bold> there"), "Hello there"),
}  # fmt: skip


@pytest.mark.parametrize("kind", READ)
def test_these_kinds_are_read(kind):
    data, text = READ[kind]
    assert text in eml.read(data).text


REFUSED = {
    "an empty file": (b" \r\n", "The file is empty."),
    "a PDF": (b"%PDF-1.7\n", "The file is a PDF, not an email."),
    "a mailbox": ((b"From anna Mon Nov  2 10:00:00 2026\n" + email_of() + b"\n\n") * 2, "The file is a mailbox with several emails."),
    "an office document": (b"PK\x03\x04\x14\0", "The file is a zip archive or an office document, not an email."),
    "a picture": (b"RIFF\0\0\0\0WEBPVP8 ", "The file is a picture or a sound"),
    "a picture of a phone": (b"\0\0\0\x18ftypheic", "The file is a picture, not"),
    "a video": (b"\0\0\0\x18ftypmp42", "The file is a video, not"),
    "an archive": (b"7z\xbc\xaf\x27\x1c", "The file is an archive, not"),
    "a web page": (b"<!DOCTYPE html><html>Hi</html>", "The file is a web page, not"),
    "a calendar entry": (b"BEGIN:VCALENDAR\n", "The file is a calendar entry, not"),
    "a text that only Outlook reads": (
        multipart("mixed", part("application/ms-tnef; name=winmail.dat", "x")), "Outlook put the text into the file winmail.dat",
    ),
    "another OLE file": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "save it as .eml"),
    "no header": (b"Dear Ida,\n\nwhere are they?", "That’s not an .eml file"),
    "encrypted S/MIME": (smime(signed(b"x", oid="2a864886f70d010703")), "The file is encrypted."),
    "damaged S/MIME": (smime(b"AAAA"), "signed or encrypted with S/MIME, and damaged"),
    "encrypted PGP/MIME": (multipart("encrypted", part("application/pgp-encrypted", "Version: 1")), "The file is encrypted."),
    "an encrypted PGP file": (
        email_of("Content-Type: application/octet-stream; name=encrypted.asc", body=b"-----BEGIN PGP MESSAGE-----\n\nhQ\n-----END PGP MESSAGE-----\n"),
        "The file is encrypted.",
    ),
    "an encrypted PGP block": (email_of(body=b"-----BEGIN PGP MESSAGE-----\n\nhQ\n-----END PGP MESSAGE-----\n"), "The file is encrypted."),
    "a damaged invitation": (email_of("Content-Type: text/calendar; name=a.ics", body=b"BEGIN:VCALENDAR"), "only a.ics"),
    "too deep": (f"{HEAD}".encode() + b"Content-Type: message/rfc822\n\n" * 200 + b"x", "more parts or header lines than an email has"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_these_kinds_are_refused_with_the_reason(kind):
    data, reason = REFUSED[kind]
    with pytest.raises(eml.Unreadable, match=reason.replace(".", r"\.")):
        eml.read(data)


def test_an_encrypted_block_below_a_text_is_named():
    block = b"Hi Ida,\n\n-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----\n\nAnna"
    mail = eml.read(email_of(body=block))
    assert (
        "Hi Ida,\n\n[A block that is encrypted with PGP stood here. It cannot be read.]\n\nAnna" in mail.text
    )
    assert mail.notes == ("A part of the email is encrypted with PGP and was left out.",)


def test_the_pictures_inside_html_are_no_attachments():
    html = part("text/html", "<p>Hi</p><img src=cid:a>")
    logo = part("image/png; name=logo.png", "x", "Content-ID: <a>")
    plan = part("application/pdf; name=plan.pdf", "x", "Content-Disposition: attachment")
    related = part('multipart/related; boundary="R"', b"--R\n" + html + b"\n--R\n" + logo + b"\n--R--\n")
    assert eml.read(multipart("mixed", related, plan)).left_out == ("plan.pdf",)


@pytest.mark.parametrize(
    "file",
    [
        "application/pkcs7-signature; name=smime.p7s",
        "application/pgp-signature; name=signature.asc",
        "text/watch-html",
    ],
)
def test_what_programs_add_to_a_text_is_no_attachment(file):
    assert eml.read(multipart("mixed", part("text/plain", "Hi"), part(file, "x"))).left_out == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("METHOD:REQUEST", "METHOD:CANCEL"), "Cancelled: Budget meeting"),
        (("RRULE:FREQ=WEEKLY;COUNT=4", "RRULE:FREQ=MONTHLY;INTERVAL=2"), "Repeated: every 2 months\n"),
        (("DTEND:20261110T100000Z", "DURATION:PT30M"), "09:00 to 09:30 (UTC)"),
        (
            ("DTSTART:20261110T090000Z", "DTSTART;TZID=W. Europe Standard Time:20261110T100000"),
            "09:00 to 10:00 (UTC)",
        ),
    ],
)
def test_an_invitation_says_what_is_to_happen_when(change, said):
    body = INVITATION.replace(*change).encode()
    assert said in eml.read(email_of("Content-Type: text/calendar", body=body)).text


RULES = {
    "FREQ=WEEKLY;BYDAY=MO,WE,FR": "weekly on Monday, Wednesday and Friday",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;WKST=SU": "every 2 weeks on Tuesday",
    "FREQ=MONTHLY;BYDAY=2TU,-1FR": "monthly on the second Tuesday and the last Friday",
    "FREQ=MONTHLY;BYMONTHDAY=15,-1": "monthly on day 15 and the last day",
    "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1": "monthly on the last Monday or Tuesday",
    "FREQ=YEARLY;BYMONTH=11;BYDAY=2TU": "yearly on the second Tuesday in November",
    "FREQ=HOURLY;INTERVAL=4;COUNT=1": "every 4 hours, once",
    "FREQ=DAILY;BYHOUR=9;UNTIL=20261201T090000Z": "daily (BYHOUR: 9), until Tuesday, 1 December 2026",
    "FREQ=SOMETIMES": "FREQ=SOMETIMES",
}


def calendar(*lines, kind="VEVENT", method="REQUEST", zone=UTC):
    """Return the text of an email with a calendar that has an entry with these lines."""
    entry = "\n".join([f"BEGIN:{kind}", *lines, f"END:{kind}"])
    body = f"BEGIN:VCALENDAR\nMETHOD:{method}\n{entry}\nEND:VCALENDAR\n".encode()
    return eml.read(email_of("Content-Type: text/calendar; charset=utf-8", body=body), zone).text.partition(
        "\n\n"
    )[2]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_said_in_words(rule):
    assert calendar("SUMMARY:Tea", f"RRULE:{rule}") == f"Invitation: Tea\nRepeated: {RULES[rule]}"


TIMES = {
    "DTSTART;VALUE=DATE:20261110": "Tuesday, 10 November 2026, all day",
    "DTSTART:20261110\nDTEND:20261113": "Tuesday, 10 November 2026 to Thursday, 12 November 2026, all day",
    "DTSTART:20261110T000000\nDTEND:20261111T000000\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE": "Tuesday, 10 November 2026, all day",
    "DTSTART:20261110T090000\nDTEND:20261110T100000": "Tuesday, 10 November 2026, 09:00 to 10:00 (no time zone is said)",
    "DTSTART;TZID=Moon/Base:20261110T090000": "Tuesday, 10 November 2026, 09:00 (Moon/Base)",
    "DTSTART;TZID=/example.org/1/America/New_York:20261102T090000\nDURATION:PT1H": "Monday, 2 November 2026, 15:00 to 16:00 (CET)",
    "DTSTART:20261110T220000Z\nDTEND:20261110T230000Z": "Tuesday, 10 November 2026, 23:00 to Wednesday, 11 November 2026, 00:00 (CET)",
    "DTSTART:20261110T090000Z\nDTEND:tomorrow": "Tuesday, 10 November 2026, 10:00 (CET)",
    "DTSTART:soon": "soon",
    "DTSTART:20261110T090000Z\nEXDATE:20261117T090000Z\nRDATE:20261119T090000Z": (
        "Tuesday, 10 November 2026, 10:00 (CET)\nAlso: Thursday, 19 November 2026, 10:00 (CET)\n"
        "Except: Tuesday, 17 November 2026, 10:00 (CET)"
    ),
    "DTSTART:20261118T090000Z\nRECURRENCE-ID:20261117T090000Z": (
        "Wednesday, 18 November 2026, 10:00 (CET)\nOnly this date of a series: Tuesday, 17 November 2026, 10:00 (CET)"
    ),
}  # fmt: skip


@pytest.mark.parametrize("times", TIMES)
def test_times_are_those_of_the_person_and_say_what_is_not_known(times):
    text = calendar("SUMMARY:Tea", *times.split("\n"), zone=ZoneInfo("Europe/Berlin"))
    assert text == f"Invitation: Tea\nWhen: {TIMES[times]}"


ENTRIES = {
    "a task": (
        lambda: calendar("SUMMARY:Send it", "DTSTART:20261110T090000Z", "DUE;VALUE=DATE:20261112", "STATUS:IN-PROCESS", kind="VTODO"),
        "Task: Send it\nBegins: Tuesday, 10 November 2026, 09:00 (UTC)\nDue: Thursday, 12 November 2026, all day\nState: in progress",
    ),
    "a note": (lambda: calendar("SUMMARY:Minutes", "DESCRIPTION:We met.\\nAnd talked\\, a lot.", kind="VJOURNAL"), "Note: Minutes\n\nWe met.\nAnd talked, a lot."),
    "busy times": (
        lambda: calendar("ORGANIZER:mailto:a@example.org", "FREEBUSY:20261110T100000Z/PT1H", kind="VFREEBUSY"),
        "Free and busy times: without a title\nBusy: Tuesday, 10 November 2026, 10:00 to 11:00 (UTC)\nOrganiser: a@example.org",
    ),
    "a cancelled task": (lambda: calendar("SUMMARY:Tea", kind="VTODO", method="CANCEL"), "Cancelled: Tea"),
    "a cancelled event": (lambda: calendar("SUMMARY:Tea", "STATUS:cancelled"), "Cancelled: Tea"),
    "two events": (lambda: calendar("SUMMARY:Tea", "END:VEVENT", "BEGIN:VEVENT", "SUMMARY:Cake"), "Invitation: Tea\n\nInvitation: Cake"),
    "two calendars": (
        lambda: calendar("SUMMARY:Tea", "END:VEVENT", "END:VCALENDAR", "BEGIN:VCALENDAR", "METHOD:CANCEL", "BEGIN:VEVENT", "SUMMARY:Cake"),
        "Invitation: Tea\n\nCancelled: Cake",
    ),
    "many events": (lambda: calendar(*["SUMMARY:Tea", "END:VEVENT", "BEGIN:VEVENT"] * 24), "Invitation: Tea\n\n" * 20 + "And 5 more."),
    "an answer": (
        lambda: calendar("SUMMARY:Tea", "ATTENDEE;PARTSTAT=DECLINED:MAILTO:bob@example.org", "COMMENT:I am away", method="REPLY"),
        "Answer to an invitation: Tea\nbob@example.org declines.\nComment: I am away",
    ),
    "someone instead": (
        lambda: calendar("SUMMARY:Tea", 'ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:eve@example.org":mailto:bob@example.org', method="REPLY"),
        "Answer to an invitation: Tea\nbob@example.org sends eve@example.org instead.",
    ),
    "a meeting online": (
        lambda: calendar("SUMMARY:Tea", "LOCATION:Room 5", "X-GOOGLE-CONFERENCE:https://meet.example.org/a", "URL:https://meet.example.org/a"),
        "Invitation: Tea\nWhere: Room 5\nOnline: https://meet.example.org/a",
    ),
    "a description in HTML": (
        lambda: calendar("SUMMARY:Tea", "DESCRIPTION:<html><p>Please <b>come</b></p><p style='display:none'>x</p></html>"), "Invitation: Tea\n\nPlease come",
    ),
    "two titles": (lambda: calendar("SUMMARY:Tea", "SUMMARY:Cake"), "Invitation: Tea"),
    "letters of the first version": (lambda: calendar("SUMMARY;ENCODING=QUOTED-PRINTABLE:Gr=C3=BC=C3=9Fe"), "Invitation: Grüße"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ENTRIES)
def test_a_calendar_may_have_any_kind_of_entry(kind):
    read, expected = ENTRIES[kind]
    assert read() == expected


DAMAGES = {
    "its end cut off": lambda text: text.partition("END:VEVENT")[0],
    "a byte order mark": lambda text: f"\ufeff{text}",
    "spaces behind its lines": lambda text: text.replace("\n", " \n"),
    "odd line ends": lambda text: text.replace("\n", "\r\r\n"),
    "old line ends": lambda text: text.replace("\n", "\r"),
    "a zone without times": lambda text: text.replace(
        "BEGIN:VEVENT", "BEGIN:VTIMEZONE\nTZID:X\nEND:VTIMEZONE\nBEGIN:VEVENT"
    ),
    "a damaged zone": lambda text: text.replace(
        "BEGIN:VEVENT",
        "BEGIN:VTIMEZONE\nTZID:X\nBEGIN:STANDARD\nTZOFFSETFROM:x\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT",
    ),
    "a line without a colon": lambda text: text.replace("LOCATION", "x\nLOCATION"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_invitation_with_a_damage_says_the_same(damage):
    whole, damaged = (
        eml.read(email_of("Content-Type: text/calendar; charset=utf-8", body=text.encode())).text.rstrip()
        for text in (INVITATION, DAMAGES[damage](INVITATION))
    )
    assert damaged == whole


def test_the_last_day_of_a_series_is_that_of_the_person():
    rule = "RRULE:FREQ=DAILY;UNTIL=20261201T233000Z"
    assert calendar("SUMMARY:Tea", rule, zone=ZoneInfo("Europe/Berlin")).endswith(
        "until Wednesday, 2 December 2026"
    )


def test_an_invitation_that_is_attached_as_well_is_shown_once():
    file = part("application/ics; name=invite.ics", INVITATION, "Content-Disposition: attachment")
    mail = eml.read(multipart("mixed", part("text/calendar", INVITATION), file))
    assert mail.text.count("Budget meeting") == 1
    assert mail.left_out == ()
