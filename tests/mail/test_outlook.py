"""Outlook's own files: who sent them, when, and to whom."""

from datetime import UTC, datetime
from types import SimpleNamespace as Some

import oxmsg
import pytest

from assistant_app.mail import eml
from assistant_app.mail.outlook import SIGNATURE

NAME, SMTP, ADDRESS, BEHALF, CREATOR = 0x0C1A, 0x5D01, 0x0C1F, 0x5D02, 0x5D0A
EXCHANGE = "/O=NORDLYS/OU=EXCHANGE/CN=RECIPIENTS/CN=ANNA"
BOB = Some(name="Bob", email_address="bob@example.org", properties=Some(int_prop_value=lambda _: 2))
ANNA = Some(name="Anna", email_address="anna@example.org", properties=Some(int_prop_value=lambda _: 1))


@pytest.fixture
def text_of(monkeypatch):
    """Return a function that reads a message with these properties; `oxmsg` can't write files."""

    def value(properties, number):
        if properties.get(number) is KeyError:
            raise KeyError(number)
        return properties.get(number)

    def read(
        properties,
        sent=datetime(2026, 11, 2, 9, tzinfo=UTC),
        recipients=(BOB,),
        attachments=(),
        body="Hello",
        kind="IPM.Note",
    ):
        message = Some(
            **{"message_class": kind, "sender": None, "subject": "Offer 12", "sent_date": sent},
            **{"body": body, "html_body": None, "message_headers": {}, "recipients": recipients},
            attachments=[Some(file_name=name) for name in attachments],
            properties=Some(str_prop_value=lambda number: value(properties, number)),
        )
        monkeypatch.setattr(oxmsg.Message, "load", lambda data: message)
        return eml.read(SIGNATURE).text

    return read


@pytest.mark.parametrize(
    ("properties", "sender"),
    [
        ({NAME: "Anna", SMTP: "anna@example.org", ADDRESS: EXCHANGE}, "Anna <anna@example.org>"),
        ({NAME: "Anna", ADDRESS: "anna@example.org"}, "Anna <anna@example.org>"),
        ({NAME: "Anna", ADDRESS: EXCHANGE, BEHALF: "anna@example.org"}, "Anna <anna@example.org>"),
        ({NAME: "Anna", ADDRESS: EXCHANGE, CREATOR: "anna@example.org"}, "Anna <anna@example.org>"),
        ({NAME: "Anna", ADDRESS: EXCHANGE}, "Anna"),
        (
            {NAME: "Anna", ADDRESS: EXCHANGE, BEHALF: KeyError, CREATOR: "anna@example.org"},
            "Anna <anna@example.org>",
        ),
    ],
)
def test_the_sender_has_the_first_address_that_is_one(text_of, properties, sender):
    assert text_of(properties) == (
        f"From: {sender}\nCc: Bob <bob@example.org>\nDate: Mon, 02 Nov 2026 09:00:00 +0000\nSubject: Offer 12\n\nHello"
    )


def test_the_address_of_the_sender_may_be_among_the_recipients(text_of):
    assert "From: Anna <anna@example.org>\n" in text_of({NAME: "Anna"}, recipients=(BOB, ANNA))


def test_a_message_that_was_not_sent_has_no_date(text_of):
    assert "Date:" not in text_of({}, sent=datetime(1601, 1, 1, tzinfo=UTC))


def test_the_file_of_a_signature_is_an_attachment(text_of):
    assert "Attachments: smime.p7m\n" in text_of({}, attachments=["smime.p7m"])


def test_an_encrypted_message_is_refused_as_such(text_of):
    with pytest.raises(eml.Unreadable, match="signed or encrypted with S/MIME"):
        text_of({}, body="", kind="IPM.Note.SMIME", attachments=["smime.p7m"])
