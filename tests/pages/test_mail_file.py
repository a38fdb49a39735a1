"""A file on the form for a new email: what is read from it, what is asked then, and what cannot be used."""

from email import message_from_bytes, policy

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from assistant_app.models import Application
from tests import eml_samples as samples
from tests.conftest import wait_for_runs

pytestmark = pytest.mark.django_db(transaction=True)

HEAD = b"From: Marta <marta@nordlys.example>\nDate: Sun, 22 Nov 2026 08:31:00 +0100\nSubject: Hi\n"
INSTRUCTIONS = "60 on Thursday."


def file_of(data, name="Late delivery.eml"):
    return SimpleUploadedFile(name, data, "message/rfc822")


@pytest.fixture
def drop(browser, model):
    """Choose a file on the form for a new email, and press a button."""

    def drop(data, *, button="Read file", name="Late delivery.eml", **typed):
        browser.open("/new/").press(button, eml=file_of(data, name), **typed)
        return browser

    return drop


def email_in(browser):
    (text,) = browser.typed("email_to_respond")
    return text


READ = {
    "Outlook": (
        'From: "Kowalczyk, Marta" <m.kowalczyk@nordlys.example>\nTo: Ida Brevik <ida@brevik.example>\n'
        "Date: Sun, 22 Nov 2026 07:31:02 +0000\nSubject: RE: Sensoren für Tønsberg – Lieferung\n"
        "Attachments: PO-4471.pdf\n"
        "Message-ID: <AM0PR04MB6481A6B7C8D9E0F1A2B3C4D5E6F7@AM0PR04MB6481.eurprd04.prod.outlook.example>\n"
        "References: <first@brevik.example> <second@nordlys.example>\n\nLiebe Ida,\n\n"
        "wo bleiben die 96 Sensoren für Tønsberg – die Rechnung über 4.200 € ist bezahlt.",
        "Kowalczyk, Marta · 22 November 2026, 07:31 ·",
        "PO-4471.pdf not read Include 1 quoted message",
    ),
    "Gmail": (
        "Hello Ida,\n\nnothing has arrived – when do we get the 96 sensors?",
        "Marta Kowalczyk · 22 November 2026, 08:31 ·",
        "Include 2 quoted messages",
    ),
    "Apple Mail": (
        "Before the picture.\n\nAfter the picture.",
        "Sam O’Hara",
        "IMG_1.jpeg not read",
    ),
    "emoji": ("Dear 👩‍👩‍👧‍👦,\n\nwhen? 🇳🇴", "🌞 Sunny Shop", "Show or edit the email"),
    "ISO-2022-JP": (
        "Subject: 見積書の件\nMessage-ID: <jp@kensa.example>\n\n見積書を再送してください。\n\n佐藤 健一",
        "佐藤 健一 · 23 November 2026, 10:00 ·",
        "Show or edit the email",
    ),
    "right to left": (
        "السيدة إيدا المحترمة،\n\nمتى يصل الطلب؟",
        "م. ليلى الحوراني · 21 November 2026, 14:02 ·",
        "Show or edit the email",
    ),
    "HTML only": (
        "Dear Ida,\n\ncan you come on Thursday? See the plan <https://shop.example/plan>.\n\n"
        "- cake\n- tea\n\nOn Thu, 12 Nov 2026, Ida wrote:\n\n> Perhaps.",
        "Newsletter",
        "Include 1 quoted message",
    ),
}


@pytest.mark.parametrize("name", READ)
def test_mail_as_programs_save_it_is_read_into_the_field(drop, name):
    text, sender, rest = READ[name]
    browser = drop(samples.ALL[name], response_instructions=INSTRUCTIONS)
    assert browser.status == 200
    assert text in email_in(browser)
    assert browser.says("Late delivery.eml")
    assert browser.says(sender)
    assert browser.says(rest)
    assert browser.typed("response_instructions") == [INSTRUCTIONS]
    assert not Application.objects.exists()


@pytest.mark.parametrize("name", READ)
def test_the_reply_finds_the_way_back(drop, model, name):
    model.will_write("Yes.")
    browser = drop(samples.ALL[name])
    browser.press("Draft a reply", response_instructions=INSTRUCTIONS)
    wait_for_runs()
    browser.open(browser.address).press("Accept")
    wait_for_runs()
    browser.open(browser.address)
    reply = message_from_bytes(
        browser.client.get(f"{browser.address}reply.eml").content, policy=policy.default
    )
    original = message_from_bytes(samples.ALL[name], policy=policy.default)
    whom = original["Reply-To"] or original["From"]
    assert [one.addr_spec for one in reply["To"].addresses] == [one.addr_spec for one in whom.addresses]
    assert (reply["In-Reply-To"] or "").strip() == (original["Message-ID"] or "").strip()
    assert reply["Subject"].startswith("Re: ")
    assert "re:" not in reply["Subject"][4:].lower()


def test_nothing_is_sent_by_a_file_even_if_all_is_filled_in(drop, model):
    browser = drop(samples.GMAIL, button="Draft a reply", response_instructions=INSTRUCTIONS)
    assert browser.says("Show or edit the email")
    assert not Application.objects.exists()
    assert model.asked == []


def test_the_page_and_the_model_see_people_and_not_the_lines_for_mail_programs(drop, model):
    browser = drop(samples.GMAIL)
    browser.press("Draft a reply", response_instructions=INSTRUCTIONS)
    wait_for_runs()
    browser.open(browser.address)
    told = " ".join(message.content for asked in model.asked for message in asked.messages)
    for text in (told, browser.page.text):
        assert "Marta Kowalczyk <marta@gmail.example>" in text
        assert "CAF7xyz" not in text
        assert "one@brevik.example" not in text
    assert Application.objects.get().title == "Re: Late delivery"


def test_quoted_messages_go_along_only_if_they_are_to(drop):
    browser = drop(samples.GMAIL)
    browser.press("Draft a reply", response_instructions=INSTRUCTIONS)
    whole = Application.objects.get()
    assert "> on the 20th." in whole.state["incoming_email"]
    browser = drop(samples.GMAIL)
    browser.press("Draft a reply", response_instructions=INSTRUCTIONS, quoted=[])
    stored = Application.objects.exclude(pk=whole.pk).get().state["incoming_email"]
    assert stored.endswith("\n\nHello Ida,\n\nnothing has arrived – when do we get the 96 sensors?")
    assert "Message-ID: <CAF7xyz=abc@mail.gmail.example>" in stored


def test_answers_between_the_quoted_lines_stay(drop):
    text = b"\nOn 12 Nov 2026, Ida wrote:\n> When?\nOn Friday.\n> Where?\nAt yours.\n"
    drop(HEAD + text).press("Draft a reply", response_instructions=INSTRUCTIONS, quoted=[])
    assert Application.objects.get().state["incoming_email"].endswith("Subject: Hi\n\nOn Friday.\nAt yours.")


def test_what_was_read_stays_when_something_else_is_wrong(drop):
    browser = drop(samples.OUTLOOK)
    text = email_in(browser)
    browser.press("Draft a reply", response_instructions="x" * 20_001, quoted=[])
    assert browser.status == 400
    assert browser.says("What do you want to say? It has 20,001 characters; 20,000 fit.")
    assert email_in(browser) == text
    assert browser.says("Late delivery.eml")
    assert browser.says("PO-4471.pdf not read")
    assert browser.typed("quoted") == []
    browser.press("Draft a reply", response_instructions=INSTRUCTIONS)
    assert Application.objects.get().state["incoming_email"].endswith("Viele Grüße\nMarta")


def test_a_file_that_is_removed_gives_back_what_stood_there(drop):
    browser = drop(samples.EMOJI, email_to_respond="\nHello?\n\nTyped.", response_instructions=INSTRUCTIONS)
    assert browser.says("Removing the file restores what you had.")
    assert "Typed." not in email_in(browser)
    browser.press("Remove")
    assert email_in(browser) == "\nHello?\n\nTyped."
    assert browser.typed("response_instructions") == [INSTRUCTIONS]
    assert browser.says("Choose an .eml file")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file is empty."),
        (b" \r\n ", "The file is empty."),
        (b"Dear Ida,\n\nwhere are they?", "That’s not an .eml file."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00", "The file is no Outlook message, or is damaged."),
        (b"%PDF-1.7", "The file is a PDF, not an email."),
        (HEAD + b"Content-Type: image/png; name=a.png\n\nx", "no text to answer, only a.png"),
        (HEAD + b"Content-Type: text/calendar; name=invite.ics\n\nBEGIN:VCALENDAR", "only invite.ics"),
        (HEAD + b"Content-Type: message/rfc822\n\nSubject: Inner\n\n", "only Inner.eml"),
        (
            HEAD + b"Content-Type: application/pkcs7-mime; name=smime.p7m\n\nAAAA",
            "signed or encrypted with S/MIME",
        ),
        (HEAD + b"\n-----BEGIN PGP MESSAGE-----\n\nhQ", "The file is encrypted"),
        (HEAD + b"\n \n", "The file has no text to answer"),
        (
            HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 1000,
            "more parts or header lines than an email has",
        ),
        (HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 5000, "more parts"),
        (HEAD + b"Content-Type: text/plain;" + b" a=b;\n" * 100_000 + b"\n\nHello", "more parts"),
        (HEAD + b"\n" + b"x\n" * 300_000, "more parts"),
        (HEAD + b"Content-Type: text/html\n\n" + b"<!--" * 400_000, "is too large"),
    ],
)
def test_a_file_that_is_no_email_is_refused_in_words_and_all_is_kept(drop, data, said):
    typed = {"email_to_respond": "Typed.", "response_instructions": INSTRUCTIONS}
    browser = drop(data, **typed)
    assert browser.status == 400
    assert browser.says("Please check one thing")
    assert browser.page.text.count(said) == 2, "in the list over the form, and at the field"
    assert 'href="#eml"' in browser.page.html
    assert 'aria-describedby="eml-help eml-error" aria-invalid="true"' in browser.page.html
    assert {name: browser.typed(name) for name in typed} == {name: [text] for name, text in typed.items()}
    assert not Application.objects.exists()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (HEAD + b"Content-Type: text/plain; charset=klingon\n\nT\xf8nsberg", "Tønsberg"),
        (HEAD + b"Content-Type: text/plain; charset=punycode\n\nT\xc3\xb8nsberg", "Tønsberg"),
        (HEAD + b"Content-Type: text/plain; charset=utf-8\n\nT\xf8nsberg", "Tønsberg"),
        (HEAD + b"Content-Type: text/plain; charset=iso-8859-1\n\nT\xc3\xb8nsberg", "Tønsberg"),
        (HEAD + b"Content-Type: text/plain; charset=iso-8859-1\n\n4.200 \x80", "4.200 €"),
        (HEAD + b"Content-Type: text/plain; charset*=utf-8''%\n\nHello", "Hello"),
        (HEAD + b"Content-Transfer-Encoding: base64\n\nSGVsbG8!!?", "Hello"),
        (HEAD + "\nSubject: is a word\ud800".encode("utf-8", "surrogatepass"), "Subject: is a word"),
        (b"\xef\xbb\xbf" + HEAD + b"\nHello", "Hello"),
        (HEAD + b"\nbell\x07 escape\x1b[31m\x0cnext", "bell escape[31mnext"),
        (b"".join(b"X-%d: y\n" % number for number in range(20_000)) + HEAD + b"\nHello", "Hello"),
    ],
)
def test_what_is_wrong_in_a_file_is_read_as_well_as_it_can_be(drop, data, text):
    browser = drop(data)
    assert browser.status == 200
    assert text in email_in(browser)


def test_what_was_hidden_or_guessed_is_said_and_stays_said(drop):
    hidden_first = b'<p style="display:none">the price is 0</p><p>\xc4\xee\xe1\xf0\xfb\xe9</p>'
    html = b"Content-Type: text/html\n\n" + hidden_first
    browser = drop(HEAD + html)
    hidden = "The email hides 4 words from its readers. They were left out."
    guessed = "The email does not say how its letters are encoded. They were guessed and may be wrong."
    assert email_in(browser).endswith("\n\nДобрый")
    for said in (hidden, guessed):
        assert browser.says(said)
    browser.press("Draft a reply", response_instructions="x" * 20_001)
    assert browser.status == 400
    for said in (hidden, guessed):
        assert browser.says(said)


def test_the_people_an_email_went_to_are_shown_and_told_to_the_model(drop, model):
    browser = drop(HEAD + b"To: Ida <ida@brevik.example>\nCc: Bob <bob@brevik.example>\n\nHello?")
    browser.press("Draft a reply", response_instructions=INSTRUCTIONS)
    wait_for_runs()
    told = " ".join(message.content for asked in model.asked for message in asked.messages)
    for text in (told, browser.open(browser.address).page.text):
        assert "Ida <ida@brevik.example>" in text
        assert "Bob <bob@brevik.example>" in text


def test_the_source_of_a_message_is_read_when_it_is_pasted(browser, model):
    source = (
        "From: a@b.org\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nContent-Transfer-Encoding: base64\n\nSGVsbG8h\n"
    )
    browser.open("/new/").press("Draft a reply", email_to_respond=source, response_instructions=INSTRUCTIONS)
    stored = Application.objects.get()
    assert (stored.title, stored.state["incoming_email"]) == (
        "Grüße",
        "From: a@b.org\nSubject: Grüße\n\nHello!",
    )


def test_no_line_of_a_file_passes_for_another(drop):
    subject = b"=?utf-8?q?Hi=0D=0AReply-To:_evil=40evil.example=0A=0AText?="
    browser = drop(HEAD.replace(b"Subject: Hi", b"Subject: " + subject) + b"\nHello")
    lines = email_in(browser).splitlines()
    assert lines[2] == "Subject: Hi Reply-To: evil@evil.example Text"
    assert not [line for line in lines if line.startswith("Reply-To")]


def test_a_name_of_a_file_is_text(drop):
    browser = drop(HEAD + b"\nHello", name='\u202e<b>"x.eml')
    assert browser.says('<b>"x.eml')


def test_more_than_fits_is_shown_and_said_at_once(drop, settings):
    settings.MAX_EMAIL_CHARACTERS = 200
    browser = drop(HEAD + b"\n" + b"word " * 100)
    assert browser.says("characters; 200 fit.")
    assert email_in(browser).endswith("word word")


def test_without_a_file_there_is_nothing_to_read(browser):
    browser.open("/new/").press("Read file", response_instructions=INSTRUCTIONS)
    assert browser.status == 400
    assert browser.says("Choose a file, or paste the email.")
    assert browser.typed("response_instructions") == [INSTRUCTIONS]


def test_the_form_says_how_large_a_file_may_be(browser, settings):
    assert browser.open("/new/").says("Up to 5 MB;")
    settings.MAX_BODY_BYTES = 250_000
    assert browser.open("/new/").says("Up to 0.25 MB;")


def test_what_was_read_outlives_a_session_that_has_ended(drop, visitor):
    browser = drop(samples.GMAIL)
    text = email_in(browser)
    browser.client.logout()
    browser.press("Draft a reply", response_instructions=INSTRUCTIONS)
    assert browser.status == 401
    browser.press("Sign in", username="ida", password="correct horse")
    assert email_in(browser) == text
    assert browser.typed("response_instructions") == [INSTRUCTIONS]
