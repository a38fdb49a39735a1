"""The finished reply as a message: its recipients, its thread, and no injection through the mail."""

from email import message_from_bytes, policy

import pytest

from tests.conftest import Person

pytestmark = pytest.mark.django_db(transaction=True)

REPLY = "Kjære Márta,\n\n60 av dem sendes på torsdag. 🙂\n\n" + "En lang linje. " * 100 + "\n\nIda"


HEADERS = {
    "X-Unsent", "Date", "To", "Subject", "In-Reply-To", "References",
    "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
}  # fmt: skip


def text_of(message):
    return message.get_content().replace("\r\n", "\n").removesuffix("\n")


@pytest.fixture
def reply_to(owner, browser, model):
    """Answer an email, download the reply, and return it as a mail program reads it."""

    def reply_to(email, reply=REPLY):
        model.will_write(reply)
        person = Person(owner)
        person.give_input(email)
        person.give_feedback("")
        browser.open(f"/a/{person.app_id}/")
        answer = browser.client.get(browser.page.links["Download .eml"])
        assert answer["Content-Type"] == "message/rfc822"
        assert answer["Content-Disposition"] == 'attachment; filename="reply.eml"'
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
    assert text_of(message) == REPLY
    assert browser.says(
        "The .eml file opens in your mail program as an answer to marta@nordlys.example, in the same thread."
    )


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
    assert browser.says("as an answer. The email says no address: fill it in there.")


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
    assert text_of(message_from_bytes(answer.content, policy=policy.default)) == "Mine."
