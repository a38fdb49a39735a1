"""The finished reply as a message: its recipients, its thread, and no injection through the mail."""

from email import message_from_bytes, policy
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from assistant_app.mail.blocks import words
from assistant_app.mail.proposed_envelope import propose
from assistant_app.mail.reply_file import quoted
from assistant_app.mail.threads import messages_in
from tests.conftest import Person

pytestmark = pytest.mark.django_db(transaction=True)

REPLY = "Kjære Márta,\n\n60 av dem sendes på torsdag. 🙂\n\n" + "En lang linje. " * 99 + "En til.\n\nIda"


HEADERS = {
    "X-Unsent", "Date", "To", "Cc", "Subject", "In-Reply-To", "References",
    "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
}  # fmt: skip


def text_of(message):
    return message.get_content().replace("\r\n", "\n").removesuffix("\n")


def quotation(email, introduction=""):
    lines = [f"> {line}".rstrip() for line in email.splitlines()]
    return "\n".join([introduction, *lines] if introduction else lines)


@pytest.fixture
def reply_to(owner, browser, model):
    """Answer an email, download the reply, and return it as a mail program reads it."""

    def reply_to(email, reply=REPLY):
        model.will_write(reply)
        person = Person(owner)
        person.give_input(email)
        person.give_feedback("")
        browser.open(f"/a/{person.app_id}/")
        answer = browser.client.get(browser.page.links["Download .eml file"])
        assert answer["Content-Type"] == "message/rfc822"
        assert answer["Content-Disposition"].startswith("attachment; filename")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer.content.isascii()
        assert b"\n" not in answer.content.replace(b"\r\n", b"")
        message = message_from_bytes(answer.content, policy=policy.default)
        assert not message.defects
        assert message["X-Unsent"] == "1"
        assert "From" not in message
        assert {*message.keys()} <= HEADERS
        return message

    return reply_to


def test_a_reply_goes_to_the_sender_in_the_same_thread(reply_to, browser):
    message = reply_to(
        "From: Marta Kowalczyk <marta@nordlys.example>\nTo: ida@brevik.example\nSubject: Late delivery\n"
        "Message-ID: <third@nordlys.example>\nReferences: <first@brevik.example>\n <second@nordlys.example>\n"
        "\nWhere are my 96 sensors?"
    )
    assert message["To"] == "Marta Kowalczyk <marta@nordlys.example>"
    assert message["Subject"] == "Re: Late delivery"
    assert message["In-Reply-To"] == "<third@nordlys.example>"
    assert message["References"].split() == [
        "<first@brevik.example>", "<second@nordlys.example>", "<third@nordlys.example>",
    ]  # fmt: skip
    assert message.get_content_type() == "text/plain"
    assert message.get_content_charset() == "utf-8"
    quoted = quotation("Where are my 96 sensors?", "Marta Kowalczyk <marta@nordlys.example> wrote:")
    assert text_of(message) == f"{REPLY}\n\n{quoted}"
    assert browser.says("Ready to send")


def test_an_answer_goes_where_the_sender_wants_it(reply_to):
    message = reply_to(
        "From: noreply@shop.example\nReply-To: Büro Süd <buero@shop.example>, ida@shop.example\n\nHello?"
    )
    assert message["To"] == "Büro Süd <buero@shop.example>, ida@shop.example"
    assert "Subject" not in message


@pytest.mark.parametrize(
    ("subject", "answered"),
    [
        ("Re: Late delivery", "Re: Late delivery"),
        ("RE: re: AW: Antw: Sv[2]: Late delivery", "Re: Late delivery"),
        ("Fwd: Re: Late delivery", "Re: Fwd: Re: Late delivery"),
        ("Regarding: the sensors", "Re: Regarding: the sensors"),
        ("回复:見積書の件", "Re: 見積書の件"),
        ("=?iso-8859-1?Q?L=F8p?=", "Re: Løp"),
        ("[EXTERNAL] [team] AW: Late delivery", "Re: [EXTERNAL] [team] Late delivery"),
        ("[EXTERNAL] Late delivery", "Re: [EXTERNAL] Late delivery"),
        ("Re:", "Re:"),
        ("Rép : Sortie", "Re: Sortie"),
        ("استفسار عن موعد التركيب " * 20, "Re: " + " ".join(["استفسار عن موعد التركيب"] * 20)),
    ],
)
def test_a_subject_has_one_re(reply_to, subject, answered):
    assert reply_to(f"From: a@b.example\nSubject: {subject}\n\nHello?")["Subject"] == answered


def test_what_an_office_program_copies_is_understood(reply_to):
    message = reply_to(
        "De : Hélène Garnier <helene@ecole.example>\nEnvoyé : lundi\nObjet : Sortie\n\nBonjour"
    )
    assert message["To"] == "Hélène Garnier <helene@ecole.example>"
    assert message["Subject"] == "Re: Sortie"


@pytest.mark.parametrize(
    "email",
    [
        "Hello Ida, where are they?\n\nMarta, marta@nordlys.example",
        "From: Marta Kowalczyk\n\nHello?",
        "From: undisclosed-recipients: ;\n\nHello?",
        "From: Marta </O=EXCHANGE/OU=NORDLYS/CN=MARTA>\n\nHello?",
        "From: <>\n\nHello?",
        "From: " + "(" * 50_000 + "\n\nHello?",
        "Hello?\n\nFrom: Otto <otto@elsewhere.example>\n\nis what he wrote",
    ],
)
def test_an_address_that_is_not_there_is_not_made_up(reply_to, browser, email):
    assert "To" not in reply_to(email)
    assert browser.says("We couldn’t find an address. Add one above.")


@pytest.mark.parametrize(
    "header",
    [
        "From: =?utf-8?q?Marta=0D=0ABcc:_evil=40evil.example?= <marta@nordlys.example>",
        "From: marta@nordlys.example\nSubject: =?utf-8?b?SGkNCkJjYzogZXZpbEBldmlsLmV4YW1wbGU=?=",
        "From: marta@nordlys.example\nSubject: Hi\x0bBcc: evil@evil.example\x85\u2028X: y",
        "From: marta@nordlys.example\nMessage-ID: <a@b>\r\n\tBcc: evil@evil.example",
        "From: marta@nordlys.example\nReferences: <a\x00@b> Bcc: x <c@d>\nMessage-ID: <" + "x" * 2000 + "@y>",
        "From: marta@nordlys.example\nSubject: =?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3D0ABcc=3A_evil=3F=3D?=",
        "From: marta@nordlys.example\nBcc: evil@evil.example\nSubject: Hi",
        'From: "marta@nordlys.example\\\nBcc: evil@evil.example" <marta@nordlys.example>',
    ],
)
def test_no_mail_gets_a_line_of_its_own_into_the_header(reply_to, header):
    message = reply_to(f"{header.replace(chr(0), '')}\n\nHello?")
    assert "Bcc" not in message
    assert "evil" not in str(message["To"] or "")


def test_ids_stay_whole_however_long_and_a_long_thread_keeps_its_ends(reply_to):
    own = f"<{'A' * 200}@nordlys.example>"
    ids = [f"<{number}@nordlys.example>" for number in range(100)]
    message = reply_to(f"From: a@b.example\nMessage-ID: {own}\nReferences: {' '.join(ids)}\n\nHello?")
    assert message["In-Reply-To"].strip() == own
    assert message["References"].split() == [ids[0], *ids[-19:], own]


def test_a_thread_without_references_goes_on_from_what_the_email_answered(reply_to):
    message = reply_to("From: a@b.example\nMessage-ID: <b@b.example>\nIn-Reply-To: <a@b.example>\n\nHello?")
    assert message["References"].split() == ["<a@b.example>", "<b@b.example>"]


def test_a_domain_beyond_ascii_is_written_as_servers_know_it(reply_to):
    assert reply_to("From: marta@exämple.org\n\nHello?")["To"] == "marta@xn--exmple-cua.org"


@pytest.mark.parametrize(
    "name",
    [
        "Kowalczyk, Marta (Nordlys Laboratories, Purchasing), " * 4 + "evil@evil.example, Otto",
        "Müller, Jörg; Einkauf <evil@evil.example> " * 5 + "Ende",
        "م. ليلى الحوراني",
        "=?utf-8?q?Otto=2C_evil=40evil.example=2C?= K",
    ],
)
def test_a_name_is_never_an_address(reply_to, name):
    quoted = name.replace('"', "")
    message = reply_to(f'From: "{quoted}" <marta@nordlys.example>\n\nHello?')
    assert [address.addr_spec for address in message["To"].addresses] == ["marta@nordlys.example"]


def test_a_rewritten_reply_is_the_one_that_is_downloaded(person, browser):
    person.give_input()
    person.send("edit_draft", text="Mine.")
    person.give_feedback("")
    answer = browser.client.get(f"/a/{person.app_id}/reply.eml")
    assert text_of(message_from_bytes(answer.content, policy=policy.default)).startswith("Mine.\n\n")


def test_every_languages_prefix_of_a_reply_is_known():
    for word in words("reply"):
        for prefix in (f"{word}: ", f"{word.upper()}:", f"{word} : ", f"{word}: Re: {word.lower()}: "):
            subject = propose(f"From: a@b.example\nSubject: {prefix}Order 4471\n\nHi").envelope.subject
            assert subject == "Re: Order 4471", prefix


EMAIL = (
    "From: Márta <marta@nordlys.example>\nDate: Sun, 22 Nov 2026 08:31:00 +0100\nSubject: Late\n\n"
    "Where  are they?   \n\n> On Friday.\n>> Yes?\n\n\u202eMárta\n"
)
QUOTED = (
    "On 22 November 2026 at 08:31, Márta <marta@nordlys.example> wrote:\n"
    "> Where  are they?\n>\n>> On Friday.\n>>> Yes?\n>\n> Márta"
)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("below", f"On Thursday.\n\n{QUOTED}"),
        ("above", f"{QUOTED}\n\nOn Thursday."),
        ("none", "On Thursday."),
    ],
)
def test_a_person_chooses_where_the_file_quotes_the_email(reply_to, browser, place, expected):
    browser.open("/settings/").press("Save", quoting=place)
    assert browser.open("/settings/").typed("quoting") == [place]
    assert text_of(reply_to(EMAIL, "On Thursday.")) == expected


def test_a_place_that_does_not_exist_is_refused(browser, owner):
    browser.client.force_login(owner)
    answer = browser.client.post("/settings/you/", {"signature": "Ida", "quoting": "left"})
    assert answer.status_code == 400
    assert "Choose one of these." in answer.content.decode()


def test_what_a_reply_quotes_is_read_as_quoted_when_it_comes_back():
    newest, earlier = messages_in(f"On Thursday.\n\n{quoted(EMAIL)}")[:2]
    assert newest.text == "On Thursday."
    assert earlier.sender == "Márta <marta@nordlys.example>"
    assert earlier.text.startswith("Where  are they?")


def test_no_line_of_the_file_ends_with_a_space_but_the_mark_over_a_signature(reply_to):
    text = text_of(reply_to(EMAIL, "On Thursday. \nYes.\t\n-- \nIda  "))
    assert text.startswith("On Thursday.\nYes.\n-- \nIda\n\n")
    assert [line for line in text.splitlines() if line != line.rstrip()] == ["-- "]


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("Late delivery", "Re Late delivery"),
        ("AW: Sensoren für Tønsberg – 96 Stück", "Re Sensoren für Tønsberg – 96 Stück"),
        ('../../etc\\pass"wd<x>|?*: now...', "Re .. .. etc pass wd x now"),
        ("見積書" * 100, "Re " + "見積書" * 16 + "見"),
        ("invoice\u202efdp.exe", "Re invoicefdp.exe"),
        ("", "reply"),
    ],
)
@pytest.mark.parametrize("ending", ["eml", "txt"])
def test_the_file_is_named_after_the_subject(reply_to, browser, subject, name, ending):
    reply_to(f"From: a@b.example\nSubject: {subject}\n\nHello?")
    answer = browser.client.get(browser.address + f"reply.{ending}")
    kind, _, said = answer["Content-Disposition"].removeprefix("attachment; ").partition("=")
    assert kind in ("filename", "filename*")
    assert unquote(said.strip('"').removeprefix("utf-8''")) == f"{name}.{ending}"


def test_a_short_reply_opens_in_a_mail_program_by_a_link(reply_to, browser):
    reply_to(
        "From: Márta <m+a@nordlys.example>\nSubject: Is 5 % & more?\n\nHello?", "Yes, 5 % & more.\n\nIda"
    )
    link = urlsplit(browser.page.links["Open in mail app"])
    assert (link.scheme, unquote(link.path)) == ("mailto", "m+a@nordlys.example")
    assert "+" not in link.query
    assert parse_qs(link.query) == {
        "subject": ["Re: Is 5 % & more?"], "body": ["Yes, 5 % & more.\r\n\r\nIda"],
    }  # fmt: skip


@pytest.mark.parametrize("letters", ["a" * 2_000, "é" * 400])
def test_a_reply_that_is_too_long_for_a_link_gets_none(reply_to, browser, letters):
    reply_to("From: a@b.example\n\nHello?", letters)
    assert "Open in mail app" not in browser.page.links
    assert browser.says("Download .eml file")
