"""Header blocks of programs in many languages: on top of a pasted email, and over a quoted one."""

import time
from datetime import UTC, datetime
from textwrap import indent

import pytest

from assistant_app.mail import reply_file, shown
from assistant_app.mail.blocks import LANGUAGES
from assistant_app.mail.header import Header, pasted
from assistant_app.mail.pasting import as_text
from assistant_app.mail.quotes import quoted_in, without_quoted
from assistant_app.mail.text import as_read, sender_of, title_of
from assistant_app.mail.threads import messages_in
from tests.mail.header_blocks import BLOCKS, INTRODUCTIONS

DATE = datetime(2026, 11, 29, tzinfo=UTC)
NEW = "From: Bob <bob@example.org>\nSubject: Re: Offer 12\n\nWe take 12 pieces.\n\n"


def test_there_are_three_programs_in_each_of_fifteen_languages():
    languages = [name.partition(",")[0] for name in BLOCKS]
    assert len({language for language in languages if languages.count(language) >= 3}) >= 15
    assert len(LANGUAGES) >= 25


def test_a_row_of_a_table_that_is_mostly_spaces_takes_a_moment():
    row = f"From{' ' * 20}|{' ' * 40_000}|x\n"
    before = time.process_time()
    pasted(row * 3)
    assert time.process_time() - before < 1  # about 0.1 s; minutes if it grows with the square of the spaces


@pytest.mark.parametrize(("line", "subject"), [("Subject: |", "|"), ("Subject: | Offer", "Offer")])
def test_a_bar_before_a_text_belongs_to_a_table_and_a_lone_one_is_the_text(line, subject):
    assert Header(pasted(f"From: anna@example.org\n{line}\n\nHello")).text("subject") == subject


@pytest.mark.parametrize("program", BLOCKS)
def test_a_pasted_header_says_who_and_what(program):
    email = f"{BLOCKS[program]}\n\nCan you deliver?\n"
    header = Header(pasted(email))
    assert [each.addr_spec for each in header.addresses("reply-to", "from")] == ["anna@example.org"]
    assert header.text("subject") == title_of(email) == "Offer 12"
    assert sender_of(email) == "Anna Example"
    assert shown.without_header(email) == "Can you deliver?\n"


@pytest.mark.parametrize("program", BLOCKS)
def test_a_header_over_old_text_begins_one_quoted_message(program):
    email = f"{NEW}{BLOCKS[program]}\n\nOld words 4711.\n\nMore old words.\n"
    assert quoted_in(email) == 1
    assert without_quoted(email) == NEW.rstrip()
    assert shown.newest_part(shown.without_header(email)) == "We take 12 pieces."
    _, old = messages_in(email)
    assert "anna@example.org" in old.sender
    assert "2026" in old.date
    assert old.text == "Old words 4711.\n\nMore old words."


@pytest.mark.parametrize("mark", ["> ", ""])
@pytest.mark.parametrize("line", INTRODUCTIONS)
def test_a_line_over_old_text_begins_one_quoted_message(line, mark):
    email = f"{NEW}{line}\n\n{mark}Old words 4711.\n{mark}\n{mark}More old words.\n"
    assert quoted_in(email) == 1
    assert without_quoted(email) == NEW.rstrip()
    _, old = messages_in(email)
    assert "Ida Brevik" in old.sender
    assert old.text == "Old words 4711.\n\nMore old words."


def test_a_name_that_is_not_known_does_not_end_a_header_that_has_a_sender():
    email = "From: Anna <anna@example.org>\nMiksang: 2 Nov 2026\nSubject: Offer 12\n\nCan you?"
    assert title_of(email) == "Offer 12"
    assert [name for name, _ in shown.header(email)] == ["From", "Miksang", "Subject"]
    assert as_read(email) == email
    prose = "From: the board\nMiksang: all\nSubject: Offer 12\n\nCan you?"
    assert title_of(prose) == "From: the board"


@pytest.mark.parametrize(
    "prefix",
    [
        "Re",
        "RE",
        "AW",
        "Antwort",
        "Antw",
        "SV",
        "VS",
        "Odp",
        "R",
        "RES",
        "YNT",
        "Ynt",
        "Vá",
        "Απ",
        "답장",
        "회신",
        "Ответ",
        "回复",
        "回覆",
        "Atb",
        "TL",
        "Bls",
        "Re[2]",
        "Svar",
        "Ré ",
        "השב",
    ],
)
def test_the_prefix_of_an_answer_is_known_in_many_languages(prefix):
    message = reply_file.as_message(f"From: a@b.org\nSubject: {prefix}: Re: Offer 12\n\nHi", "ok", DATE)
    assert b"\r\nSubject: Re: Offer 12\r\n" in message


@pytest.mark.parametrize(
    ("email", "title"),
    [
        ("Hello Ida,\n\nwhere are my sensors?", "where are my sensors?"),
        ("Sehr geehrte Frau Brevik,\n\nwo bleiben sie?", "wo bleiben sie?"),
        ("Hi,\n", "Hi,"),
        ("Hello Ida, where are they?", "Hello Ida, where are they?"),
        ("お世話になっております。\n見積書の件", "見積書の件"),
        ("To do: buy tea", "To do: buy tea"),
        ("Von: Berlin\nNach: Hamburg", "Von: Berlin"),
    ],
)
def test_a_title_skips_the_greeting(email, title):
    assert title_of(email) == title


@pytest.mark.parametrize(
    "email",
    [
        "Offer 12\nInbox\n\nAnna Example <anna@example.org>\t10:00 AM (2 hours ago)\nto me, Bob\n\nCan you deliver?",
        "Offer 12\n\nAE\nAnna Example<anna@example.org>\n\nTo:Ida Brevik\nMon 11/2/2026 10:00 AM\n\nCan you deliver?",
        "Offer 12\nAE\nAnna Example<anna@example.org>\nTo: Ida Brevik\nMon 11/2/2026 10:00 AM\n\nCan you deliver?",
        "Offer 12\n1 message\nAnna Example <anna@example.org>\tMon, Nov 2, 2026 at 10:00 AM\nTo: Ida <ida@example.org>\nCan you deliver?",
        "Ida <ida@example.org>\nOffer 12\n1 message\nAnna <anna@example.org>\t2 Nov 2026 at 10:00\nTo: Ida <ida@example.org>\n\nCan you deliver?",
        "Offer 12\n\nAnna Example <anna@example.org> Unsubscribe\n12:30 (2 hours ago)\nto me\n\nCan you deliver?",
        "Offer 12\nPosteingang\n\nAnna Example <anna@example.org>\n12:30 (vor 2 Stunden)\nan mich\n\nCan you deliver?",
        "Offer 12\n받은편지함\n\nAnna Example <anna@example.org>\n오후 12:30 (2시간 전)\n나에게\n\nCan you deliver?",
        "Offer 12\nAE\nAnna Example<anna@example.org>\nTo:\nIda Brevik;\nBob\nMon 11/2/2026 10:00 AM\nCan you deliver?",
        "Offer 12\nAE\nAnna Example<anna@example.org>\nTo: Ida Brevik\nCc: Bob Green\nMon 11/2/2026 10:00 AM\nCan you deliver?",
        "from:\tAnna <anna@example.org>\nto:\tida@example.org\ndate:\t2 Nov 2026, 10:00\nsubject:\tOffer 12\n"
        "mailed-by:\texample.org\nsigned-by:\texample.org\nsecurity:\t Standard encryption (TLS) Learn more\n\nCan you deliver?",
        "von:\tAnna <anna@example.org>\nan:\tida@example.org\nDatum:\t2. Nov. 2026, 10:00\nBetreff:\tOffer 12\n"
        "signiert von:\texample.org\nSicherheit:\t Standardverschlüsselung (TLS)\n\nCan you deliver?",
    ],
)
def test_copies_from_the_pages_of_gmail_and_outlook_are_understood(email):
    assert [each.addr_spec for each in Header(pasted(email)).addresses("from")] == ["anna@example.org"]
    assert title_of(email) == "Offer 12"
    assert shown.without_header(email) == "Can you deliver?"
    assert any(name.lower() in ("date", "datum") for name, _ in shown.header(email))


def test_an_address_in_a_text_is_no_copy_from_a_page():
    for email in (
        "Please ask\nAnna <anna@example.org>\nabout it.",
        "At 10:00\nAnna <anna@example.org>\n\nThanks",
    ):
        assert pasted(email) == []


def test_the_source_of_a_message_is_read_like_a_file():
    source = (
        "From: =?utf-8?Q?Ann=C3=A4?= <anna@example.org>\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n"
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe aus K=C3=B6ln\n"
    )
    assert as_text(source) == "From: Annä <anna@example.org>\nSubject: Grüße\n\nGrüße aus Köln"
    assert title_of(source) == "Grüße"
    assert as_text(indent(source, "    ")) == as_text(source)
    decoded = "From: a@b.org\nMIME-Version: 1.0\nContent-Type: text/plain; charset=koi8-r\n\nПривет"
    assert as_text(decoded).endswith("\n\nПривет")


@pytest.mark.parametrize(
    "text",
    ["Hello", "From: a@b.org\nSubject: Hi\n\nHello", "<3 you all", "a <b> c", "<p>", "From: x\nReceived: y"],
)
def test_other_text_stays_as_it_is_typed(text):
    assert as_text(text) == text


def test_pasted_html_is_read_like_a_file():
    assert (
        as_text("<div>Hi <s>Ida</s></div><table><tr><td>a</td><td>b</td></tr></table>")
        == "Hi ~~Ida~~\n\na | b"
    )
