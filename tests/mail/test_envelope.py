"""The envelope that is proposed for a reply: who gets it, who else could, and what a person should know."""

import pytest

from assistant_app.mail import eml, proposed_envelope, shown, text, threads
from assistant_app.mail.proposed_envelope import propose
from tests.mail.letters import email_of

IDA = "ida@example.org"


def lines_of(people):
    return [each.addr_spec for each in people]


def proposal(*lines, own=(IDA,), body=b"Hello", **header):
    """Return what is proposed for an email file with these lines."""
    header = {"to": f"Ida <{IDA}>"} | header
    return propose(eml.read(email_of(*lines, body=body, **header)).text, own)


def addressed(found):
    return lines_of(found.to), lines_of(found.cc)


def codes(found):
    return [notice.code for notice in found.notices]


def values(found, code):
    return next(notice.values for notice in found.notices if notice.code == code)


def test_the_sender_gets_the_reply_under_its_subject():
    found = proposal()
    assert addressed(found.envelope) == (["anna@example.org"], [])
    assert found.envelope.to[0].display_name == "Anna Example"
    assert found.envelope.subject == "Re: Offer 12"
    assert (found.offers, found.notices) == ({}, ())


def test_everybody_who_was_addressed_gets_a_copy_except_oneself():
    found = proposal("Cc: Carl <carl@example.org>", to=f"Bob <bob@example.org>, Ida <{IDA}>")
    assert addressed(found.envelope) == (["anna@example.org"], ["bob@example.org", "carl@example.org"])
    assert addressed(found.offers["sender"]) == (["anna@example.org"], [])
    assert codes(found) == ["others"]
    assert values(found, "others") == {"number": "2"}


@pytest.mark.parametrize("own", ["IDA@Example.org", "ida+shop@example.org", " ida@example.org "])
def test_an_own_address_is_known_in_any_case_and_with_any_tag(own):
    found = proposal("Cc: Bob <bob@example.org>", own=[own], to="Ida <Ida+offers@example.org>")
    assert addressed(found.envelope) == (["anna@example.org"], ["bob@example.org"])


@pytest.mark.parametrize(
    ("own", "to"),
    [
        ("idabrevik@gmail.com", "Ida.Brevik+x@googlemail.com"),
        ("i.da.brevik@googlemail.com", "idabrevik@gmail.com"),
        ("ida@müller.example", "ida@xn--mller-kva.example"),
    ],
)
def test_an_own_address_is_known_in_all_spellings_of_its_mailbox(own, to):
    found = proposal("Cc: Bob <bob@example.org>, i.da@example.org", own=[own, IDA], to=to)
    assert addressed(found.envelope) == (["anna@example.org"], ["bob@example.org", "i.da@example.org"])


def test_an_address_gets_the_reply_once():
    found = proposal(
        "Cc: ANNA@example.org, Bob <bob@example.org>, bob@EXAMPLE.org", to=f"{IDA}, bob@example.org"
    )
    assert addressed(found.envelope) == (["anna@example.org"], ["bob@example.org"])


def test_the_only_recipient_is_oneself_if_no_own_address_is_known():
    found = proposal(own=())
    assert addressed(found.envelope) == (["anna@example.org"], [])


def test_several_recipients_stay_if_no_own_address_is_known_and_that_is_said():
    found = proposal("Cc: Bob <bob@example.org>", own=())
    assert addressed(found.envelope) == (["anna@example.org"], [IDA, "bob@example.org"])
    assert codes(found) == ["others", "own_unknown"]


def test_the_mailbox_that_a_server_delivered_to_is_ones_own_if_none_is_known():
    found = proposal(f"Delivered-To: {IDA}", "Cc: Bob <bob@example.org>", own=())
    assert addressed(found.envelope) == (["anna@example.org"], ["bob@example.org"])
    assert codes(found) == ["others"]


def test_a_reply_goes_where_the_email_asks_and_that_is_said():
    found = proposal("Reply-To: Sales <sales@example.com>")
    assert addressed(found.envelope) == (["sales@example.com"], [])
    assert addressed(found.offers["author"]) == (["anna@example.org"], [])
    assert values(found, "reply_to") == {
        "address": "Sales <sales@example.com>",
        "sender": "Anna Example <anna@example.org>",
    }


def test_a_reply_to_of_the_sender_is_not_worth_a_word():
    assert proposal("Reply-To: anna@example.org").notices == ()


def test_ones_own_address_in_reply_to_is_left_out():
    found = proposal(f"Reply-To: anna@example.org, {IDA}")
    assert addressed(found.envelope) == (["anna@example.org"], [])


def test_after_ones_own_email_its_recipients_get_the_next_one():
    found = proposal("Cc: Carl <carl@example.org>", **{"from": f"Ida <{IDA}>"}, to="Bob <bob@example.org>")
    assert addressed(found.envelope) == (["bob@example.org"], ["carl@example.org"])
    assert codes(found)[0] == "own"


def test_an_email_to_oneself_is_answered_to_oneself_and_that_is_said():
    found = proposal(**{"from": f"Ida <{IDA}>"})
    assert addressed(found.envelope) == ([IDA], [])
    assert codes(found) == ["yourself"]


GMAIL = (
    b"FYI\n\n---------- Forwarded message ---------\nFrom: Carl Berg <carl@example.com>\n"
    b"Date: Mon, Nov 2, 2026 at 10:00 AM\nSubject: Pumps\nTo: Anna <anna@example.org>\n\nCan you deliver 40 pumps?\n"
)
OUTLOOK = (
    b"See below.\n\nVon: Carl Berg <carl@example.com>\nGesendet: Montag, 2. November 2026 10:00\n"
    b"An: Anna <anna@example.org>\nBetreff: Pumpen\n\nKoennen Sie 40 Pumpen liefern?\n"
)


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        *[("Fwd: Pumps", GMAIL), ("Pumps", GMAIL), ("Fwd: Pumps", GMAIL[5:])],
        *[("WG: Pumpen", OUTLOOK), ("WG: Pumpen", OUTLOOK.partition(b"\n\n")[2])],
    ],
)
def test_a_forwarded_email_offers_the_sender_of_the_original(subject, body):
    found = proposal(body=body, subject=subject)
    assert addressed(found.envelope) == (["anna@example.org"], [])
    assert addressed(found.offers["original"]) == (["carl@example.com"], [])
    assert values(found, "forwarded") == {
        "original": "Carl Berg <carl@example.com>",
        "address": "Anna Example <anna@example.org>",
    }


def test_an_attached_email_counts_as_forwarded():
    inner = b"From: Carl Berg <carl@example.com>\nSubject: Pumps\n\nCan you deliver 40 pumps?\n"
    body = b"--B\nContent-Type: text/plain\n\nFYI\n--B\nContent-Type: message/rfc822\n\n" + inner + b"--B--\n"
    found = proposal('Content-Type: multipart/mixed; boundary="B"', body=body)
    assert addressed(found.offers["original"]) == (["carl@example.com"], [])


def test_what_one_forwarded_to_oneself_is_answered_to_the_original_sender():
    found = proposal(body=GMAIL, **{"from": f"Ida <{IDA}>"})
    assert addressed(found.envelope) == (["carl@example.com"], [])


def test_a_quoted_answer_is_not_forwarded():
    found = proposal(body=OUTLOOK, subject="AW: Pumpen")
    assert "original" not in found.offers
    assert found.notices == ()


@pytest.mark.parametrize(
    "line", ["List-Post: <mailto:dev@lists.example.net?subject=x>", "List-Id: Dev <dev.lists.example.net>"]
)
def test_a_mailing_list_that_gets_the_reply_is_named(line):
    found = proposal(line, to="dev@lists.example.net")
    assert addressed(found.envelope) == (["anna@example.org"], ["dev@lists.example.net"])
    assert values(found, "to_list") == {"address": "dev@lists.example.net"}
    assert addressed(found.offers["sender"]) == (["anna@example.org"], [])
    assert addressed(found.offers["list"]) == (["dev@lists.example.net"], [])


def test_a_mailing_list_that_is_put_into_reply_to_is_named():
    found = proposal("Reply-To: dev@lists.example.net", "List-Post: <mailto:dev@lists.example.net>", own=())
    assert lines_of(found.envelope.to) == ["dev@lists.example.net"]
    assert "to_list" in codes(found)
    assert addressed(found.offers["author"]) == (["anna@example.org"], [])


def test_a_mailing_list_that_is_not_addressed_is_named_and_offered():
    found = proposal("List-Post: <mailto:dev@lists.example.net>")
    assert addressed(found.envelope) == (["anna@example.org"], [])
    assert codes(found) == ["from_list"]
    assert addressed(found.offers["list"]) == (["dev@lists.example.net"], [])


def test_a_newsletter_without_a_list_to_post_to_is_no_mailing_list():
    assert proposal("List-Post: NO", "List-Id: News <news.example.net>").notices == ()


def test_an_email_that_a_list_sent_for_its_author_is_answered_to_the_author():
    found = proposal(
        "X-Original-From: Anna <anna@example.org>",
        **{"from": "'Anna' via Sales <sales@example.com>"},
        to="sales@example.com",
        own=[IDA],
    )
    assert lines_of(found.envelope.to) == ["anna@example.org"]
    assert values(found, "via")["sender"] == "'Anna' via Sales <sales@example.com>"


def test_a_service_that_sends_for_a_person_is_named():
    found = proposal("Reply-To: anna@example.org", **{"from": "Anna via Sign <sign@example.com>"})
    assert addressed(found.envelope) == (["anna@example.org"], [])
    assert codes(found) == ["via"]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "'Anna' via Sales",
            "Anna (via Docs)",
            "Anna über Docs",
            "Anna a través de Docs",
            "Anna tramite Docs",
        ),
        *("Anna por meio do Docs", "Anna przez Docs", "Анна через Docs", "Anna（Docs 経由）"),
    ],
)
def test_a_service_is_recognised_in_many_languages(name):
    assert codes(proposal("Reply-To: anna@example.org", **{"from": f"{name} <sign@example.com>"})) == ["via"]


def test_a_list_that_wrote_its_address_into_from_still_gets_the_reply():
    found = proposal(
        "Reply-To: Anna <anna@example.org>",
        "List-Post: <mailto:dev@lists.example.net>",
        **{"from": "Anna via Dev <dev@lists.example.net>"},
        to="dev@lists.example.net",
    )
    assert addressed(found.envelope) == (["anna@example.org"], ["dev@lists.example.net"])
    assert codes(found) == ["via", "to_list", "others"]


@pytest.mark.parametrize(
    "address",
    [
        "noreply",
        "no-reply",
        "no_reply",
        "No.Reply",
        "donotreply",
        "do-not-reply",
        "noreply-12",
        "messages-noreply",
        "pleasedonotreply",
        "noreply+abc",
        "keine-antwort",
        "nicht.antworten",
        "nepasrepondre",
        "ne-pas-repondre",
        "no-responder",
        "ikke-svar",
        *(
            "no.reply.de",
            "noreply2",
            "auto-noreply",
            "bitte-nicht-antworten",
            "antworten-nicht",
            "unmonitored",
        ),
        *("no_contestar", "noresponda", "no-respongueu", "nao-responda", "nerepondez-pas", "non.rispondere"),
        *("niet-reageren", "geen.antwoord", "svara-ej", "besvar-ikke", "ala-vastaa", "ei-vastausta"),
        *("nieodpowiadac", "neodpovidejte", "neodgovarjaj", "ne-valaszolj", "nu-raspunde", "yanitlamayiniz"),
        *("ne-otvechayte", "henshin-fuka"),
    ],
)
def test_an_address_that_nobody_reads_is_named(address):
    found = proposal(**{"from": f"Shop <{address}@example.com>"})
    assert codes(found) == ["no_reply"]
    assert values(found, "no_reply") == {"address": f"{address}@example.com"}


@pytest.mark.parametrize(
    "address",
    [
        *("norah", "reply", "casino.replies", "notifications", "answers", "no", "svar", "norma.reply"),
        *("responder", "noelle", "antwort", "unison", "casinorespond", "monitor"),
    ],
)
def test_other_addresses_are_read(address):
    assert proposal(**{"from": f"Shop <{address}@example.com>"}).notices == ()


def test_a_reply_to_that_somebody_reads_counts_for_a_sender_that_nobody_reads():
    found = proposal("Reply-To: help@example.com", **{"from": "noreply@example.com"})
    assert codes(found) == ["reply_to"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *[("Do not reply", ["no_reply"]), ("Shop (no-reply)", ["no_reply"])],
        *[("Bitte nicht antworten", ["no_reply"]), ("Please reply to Anna", []), ("Norma Reply", [])],
    ],
)
def test_a_name_may_say_that_no_one_reads_the_address(name, expected):
    assert codes(proposal(**{"from": f'"{name}" <info@example.com>'})) == expected


def test_a_whole_domain_that_nobody_reads_is_named():
    assert codes(proposal(**{"from": "Shop <info@no-reply.example.com>"})) == ["no_reply"]


@pytest.mark.parametrize(
    "sender",
    [
        *("MAILER-DAEMON@mx.example.org", "postmaster@example.org", "bounces+12-a=example.org@example.com"),
        "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.org",
    ],
)
def test_a_report_of_a_mail_server_is_named(sender):
    assert codes(proposal("Auto-Submitted: auto-replied", **{"from": sender})) == ["bounce"]


def test_a_report_of_a_mail_server_is_known_by_its_kind():
    kind = 'Content-Type: multipart/report; report-type=delivery-status; boundary="B"'
    body = b"--B\n\nNot delivered.\n--B\nContent-Type: message/delivery-status\n\nAction: failed\n--B--\n"
    assert codes(proposal(kind, body=body, **{"from": "Mail System <system@example.org>"})) == ["bounce"]


@pytest.mark.parametrize(
    ("said", "expected"), [("auto-replied", ["automatic"]), ("auto-generated", ["automatic"]), ("no", [])]
)
def test_an_email_of_a_program_is_named(said, expected):
    assert codes(proposal(f"Auto-Submitted: {said}")) == expected


@pytest.mark.parametrize("line", ["Precedence: auto_reply", "X-Autoreply: yes", "X-Autorespond: 1"])
def test_an_email_of_a_program_may_say_so_in_another_line(line):
    assert codes(proposal(line)) == ["automatic"]


def test_a_text_without_a_header_has_no_recipient_and_that_is_said():
    found = propose("Can you deliver?")
    assert found.envelope == proposed_envelope.Envelope()
    assert codes(found) == ["no_sender"]


def test_lines_that_only_address_a_reply_are_not_shown():
    email = eml.read(email_of(f"Delivered-To: {IDA}", "List-Post: <mailto:dev@lists.example.net>")).text
    assert "List-Post: <mailto:dev@lists.example.net>" in email
    assert [name for name, _ in shown.header(email)] == ["From", "Subject"]
    assert "dev@lists" not in text.as_read(email)
    assert threads.messages_in(email)[0].text == "Hello"
