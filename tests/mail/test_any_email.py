"""Any email that Python builds keeps its text and addresses; any bytes give text or a named refusal, in bounded time."""

import time
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from resource import RUSAGE_SELF, getrusage

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from assistant_app.mail import eml, pasting, quotes, shown, text, threads
from assistant_app.mail.header import Header, pasted
from tests.mail.letters import HEAD

# Letters that stay as they are: no control characters, and no white space but the space between words.
WORD = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=10)
LINE = st.lists(WORD, min_size=1, max_size=6).map(" ".join)
SUBJECT = LINE.filter(lambda line: not line.startswith("| "))  # which is a row of a table when it is pasted
BODY = st.lists(LINE, min_size=1, max_size=5).map("\n".join)
LOCAL = st.from_regex(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,12}", fullmatch=True)
DOMAIN = st.sampled_from(["example.org", "mail.example.com"])
ADDRESS = st.builds(Address, st.just("") | LINE, LOCAL, DOMAIN)
# When Python 3.11 folds a line with encoded words, it loses spaces, and the quotation marks of a name with `,` or `<`
# So the names for encoded words are plain here, and spaces are not compared.
PLAIN = st.text(st.characters(codec="utf-8", categories=["L"]), min_size=1, max_size=10)
PLAIN_ADDRESS = st.builds(Address, st.just("") | PLAIN, LOCAL, DOMAIN)
RAW = SMTPUTF8.clone(max_line_length=None)
CHARSETS = ("utf-8", "iso-8859-1", "koi8-r", "cp932", "gb18030", "iso-2022-jp")


def addresses_of(message_text, name):
    return [each.addr_spec for each in Header(pasted(message_text)).addresses(name)]


@given(BODY, st.sampled_from(CHARSETS), st.booleans(), st.booleans(), st.data())
@settings(max_examples=60, deadline=None)
def test_any_email_that_python_builds_keeps_its_text_and_addresses(body, charset, has_file, is_raw, data):
    addresses = ADDRESS if is_raw else PLAIN_ADDRESS
    sender = data.draw(addresses)
    recipients = data.draw(st.lists(addresses, max_size=3, unique_by=lambda each: each.addr_spec))
    with suppress(UnicodeError):
        body = body.encode(charset, "ignore").decode(charset)
    assume(body.strip())
    message = EmailMessage()
    message["From"] = sender
    for name in ("To", "Cc", "Reply-To"):
        if recipients:
            message[name] = recipients
    subject = data.draw(SUBJECT)
    message["Subject"] = subject
    encoding = data.draw(st.sampled_from(["base64", "quoted-printable"]))
    message.set_content(body, charset=charset, cte=encoding)
    if has_file:
        message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="Plan.pdf")
    found = eml.read(message.as_bytes(policy=RAW if is_raw else SMTP))
    assert found.text.partition("\n\n")[2].split() == body.split()
    assert found.left_out == (("Plan.pdf",) if has_file else ())
    assert addresses_of(found.text, "from") == [sender.addr_spec]
    for name in ("to", "cc", "reply-to"):
        assert addresses_of(found.text, name) == [each.addr_spec for each in recipients]
    assert Header(pasted(found.text)).text("subject").replace(" ", "") == subject.replace(" ", "")


PIECES = st.sampled_from(
    [
        *(
            b"From: a@b.org\n",
            b"Subject: x\n",
            b"Content-Type: multipart/mixed; boundary=B\n",
            b"Content-Type: text/html\n",
            b"\n",
            b"--B\n",
        ),
        *(
            b"--B--\n",
            b"Content-Type: message/rfc822\n",
            b"Content-Transfer-Encoding: base64\n",
            b"=?utf-8?q?",
            b"?=",
            b"<td>",
            b"\x1b$B",
        ),
        *(
            b"Content-Type: application/pkcs7-mime\n",
            b"Content-Type: text/calendar\n",
            b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n",
            b"\xff",
            b"\0",
        ),
        *(
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            b"charset=utf-16\n",
            b"From: b\n",
            b"> x\n",
            b"On 2 Nov 2026 10:00, a@b.c wrote:\n",
            b"\r",
        ),
    ]
)


@given(st.lists(PIECES | st.binary(max_size=20), max_size=25).map(b"".join), st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_bytes_give_text_or_a_named_refusal(data, has_head):
    data = HEAD.encode() + data if has_head else data
    refusals: list[str] = []
    found = ""
    try:
        found = eml.read(data).text
    except eml.Unreadable as refusal:
        refusals.append(str(refusal))
    assert all(refusal.startswith(("The ", "This ", "That’s ")) for refusal in refusals)
    assert bool(found) != bool(refusals)
    found.encode()
    assert "\0" not in found
    for function in (
        text.headline,
        quotes.quotes_in,
        quotes.without_quoted,
        shown.newest_part,
        shown.pieces,
        threads.messages_in,
        pasting.as_text,
    ):
        function(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        HEAD.encode() + b"X-A: " + b"b" * 4_500_000 + b"\n\nHello",
        HEAD.encode() + b"".join(b"X-%d: y\n" % number for number in range(80_000)) + b"\nHello",
        b"From: " + b"a@b.org, " * 400_000 + b"\n\nHello",
        b"From: a@b.org\nSubject: " + b"=?utf-8?q?=C3=A4?= " * 200_000 + b"\n\nHello",
        b"From: a@b.org\nReferences: " + b"<a@b> " * 700_000 + b"\n\nHello",
        HEAD.encode()
        + b"Content-Type: multipart/mixed; boundary=B\n\n"
        + b"--B\nContent-Type: multipart/mixed; boundary=B\n\n" * 10_000,
        HEAD.encode() + b"Content-Type: multipart/mixed; boundary=B\n\n" + b"--B\n\nx\n" * 10_000,
        HEAD.encode() + b"Content-Type: message/rfc822\n\n" * 10_000,
        HEAD.encode() + b"Content-Type: text/html\n\n" + b"<td>" * 120_000,
        HEAD.encode() + b"\n" + b"> " * 2_000_000,
        HEAD.encode() + b"\n" + b"\xe4" * 1_500_000,
        HEAD.encode() + b"\n" + b"\x1b$B" * 400_000,
        HEAD.encode() + b"Content-Type: application/pkcs7-mime\n\n" + b"\x30\x80" * 2_000_000,
        HEAD.encode() + b"Content-Type: text/calendar\n\nBEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\n" * 100_000,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 4_500_000,
        b"no colon\n" * 150_000 + HEAD.encode() + b"\nHello",
    ],
    ids=range(16),
)
def test_files_that_mean_ill_cost_seconds_and_some_megabytes(data):
    before, most = time.process_time(), getrusage(RUSAGE_SELF).ru_maxrss
    with suppress(eml.Unreadable):
        eml.read(data)
    assert time.process_time() - before < 30  # most take less than 1 s
    assert getrusage(RUSAGE_SELF).ru_maxrss - most < 400_000  # kilobytes
