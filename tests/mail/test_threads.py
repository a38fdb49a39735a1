"""The newest message told apart from what it quotes, and what is no quote although it looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant_app.mail import shown
from assistant_app.mail.quotes import quoted_in, without_quoted
from assistant_app.mail.threads import Message, conversation, messages_in

TOP = "From: Anna <anna@example.org>\nDate: Tue, 3 Nov 2026 09:00:00 +0100\nSubject: Re: Offer 12\n\n"
NO_QUOTES = {
    "a trip": "Please book:\n\nVon: Berlin\nDatum: 3.12.2026\nNach: Hamburg\n\nand tell me the price.",
    "a trip in English": "Please book:\n\nFrom: Berlin\nTo: Hamburg\nDate: 3 December 2026\n\nand tell me the price.",
    "a trip in French": "Il nous faut :\n\nDe : Paris\nÀ : Lyon\nDate : 3.12.2026\n\net le prix.",
    "prose": "On Friday Anna wrote us a letter:\n\nIt was long.\n\nTell me the price.",
    "prose with a date": "On 3 July 2026 the board wrote the following about it:\n\nNo.\n\nTell me the price.",
    "dashes": "-- Original size\n\n40 x 60\n\nTell me the price.",
    "a rule": "Prices:\n\n-----------------\n\nTell me the price.",
    "an arrow": "Visit us now\n>>> https://example.org <<<\nTell me the price.",
    "an indented block": "Our address:\n\n    Street 1\n    Town\n\nTell me the price.",
    "a form": "Name: Ida\nDate: 3.12.2026\nAmount: 12\n\nTell me the price.",
    "a list of names": "To: do list\n- one\n\nTell me the price.",
}


@pytest.mark.parametrize("kind", NO_QUOTES)
def test_what_only_looks_like_a_quote_stays(kind):
    email = TOP + NO_QUOTES[kind]
    assert quoted_in(email) == 0
    assert without_quoted(email) == email
    assert shown.newest_part(shown.without_header(email)) == NO_QUOTES[kind]
    assert [message.text for message in messages_in(email)] == [NO_QUOTES[kind]]


def test_a_conversation_has_the_newest_message_first_and_each_with_sender_and_date():
    email = (
        f"{TOP}We take 12.\n\nOn Mon, 2 Nov 2026 at 10:00, Ida Brevik <ida@example.org>\nwrote:\n\n"
        "> How many?\n>\n> On Sun, 1 Nov 2026 at 08:00, Anna <anna@example.org> wrote:\n>\n>> Do you have pumps?\n>>\n>> Anna\n"
    )
    assert messages_in(email) == [
        Message("Anna <anna@example.org>", "Tue, 3 Nov 2026 09:00:00 +0100", "We take 12."),
        Message("Ida Brevik <ida@example.org>", "Mon, 2 Nov 2026 at 10:00", "How many?"),
        Message("Anna <anna@example.org>", "Sun, 1 Nov 2026 at 08:00", "Do you have pumps?\n\nAnna"),
    ]
    assert quoted_in(email) == 2


def test_outlooks_conversation_without_marks_is_split_at_its_headers():
    email = (
        f"{TOP}We take 12.\n\n________________________________\nFrom: Ida <ida@example.org>\nSent: Monday\nTo: Anna\nSubject: Offer 12\n\n"
        "How many?\n\n-----Original Message-----\nFrom: Anna <anna@example.org>\nSent: Sunday\nSubject: Offer 12\n\nDo you have pumps?\n"
    )
    assert [(each.sender, each.date, each.text) for each in messages_in(email)[1:]] == [
        ("Ida <ida@example.org>", "Monday", "How many?"),
        ("Anna <anna@example.org>", "Sunday", "Do you have pumps?"),
    ]
    assert quoted_in(email) == 2


BETWEEN = "Hi Ida,\n\nOn Mon, Nov 2, 2026 at 10:00 AM Ida <ida@example.org> wrote:\n> Which colour?\n\nBlue, please.\n\n> How many?\n\nTwelve."


def test_answers_between_quotes_stay_where_they_are_and_stay_visible():
    assert shown.newest_part(BETWEEN) == BETWEEN
    assert without_quoted(TOP + BETWEEN).split() == [
        *TOP.split(),
        "Hi",
        "Ida,",
        "Blue,",
        "please.",
        "Twelve.",
    ]
    (message,) = messages_in(TOP + BETWEEN)
    assert message.text == BETWEEN


def test_an_answer_below_the_quote_stays_visible():
    email = "On 2 Nov 2026 at 10:00, Ida <ida@example.org> wrote:\n> How many?\n> And when?\n\nTwelve, on Friday.\n"
    assert "Twelve, on Friday." in shown.newest_part(email)
    assert without_quoted(email).strip() == "Twelve, on Friday."


LONG_QUOTE = "On 2 Nov 2026 at 10:00, Ida <ida@example.org> wrote:\n" + "> What about the next order?\n" * 300


@pytest.mark.parametrize("number", [1, 2])
def test_an_answer_below_a_long_quote_stays_visible(number):
    email = "Hi Ida,\n\n" + f"{LONG_QUOTE}\nTwelve, on Friday.\n\n" * number
    pieces = shown.pieces(email)
    unfolded = "\n".join(text for text, is_folded in pieces if not is_folded)
    assert unfolded.split() == ["Hi", "Ida,", *["Twelve,", "on", "Friday."] * number]
    assert "".join("".join(text for text, _ in pieces).split()) == "".join(email.split())


def test_an_email_with_quotes_at_its_end_has_two_pieces():
    email = f"Twelve.\n\n{LONG_QUOTE}"
    assert shown.pieces(email) == [("Twelve.", False), (LONG_QUOTE.strip(), True)]
    assert shown.pieces("word\n" * 2_000) == [
        (("word\n" * 1_200).strip(), False), (("word\n" * 800).strip(), True),
    ]  # fmt: skip


def test_an_answer_that_has_marks_itself_is_not_removed():
    assert without_quoted(f"{TOP}> Twelve.\n> On Friday.\n") == f"{TOP}> Twelve.\n> On Friday.\n"


def test_a_signature_below_the_quote_is_no_answer():
    email = (
        "Twelve.\n\nOn 2 Nov 2026 at 10:00, Ida <ida@example.org> wrote:\n> How many?\n\n-- \nAnna Example\n"
    )
    assert shown.newest_part(email) == "Twelve."


def test_a_line_that_a_program_broke_belongs_to_the_quote():
    email = "Yes.\n\nOn 2 Nov 2026, Ida <ida@example.org> wrote:\n> Could you please send the invoice for the last\nmonth\n> to me?\n"
    assert without_quoted(email) == "Yes."


FORWARD = "---------- Forwarded message ---------\nFrom: Carl <carl@example.org>\nDate: Mon, Nov 2, 2026\nSubject: Offer 12\nTo: Anna\n\nCan you deliver 40 pumps?\n"


@pytest.mark.parametrize("above", ["", "FYI\n\n", "Siehe unten\n\n"])
def test_what_is_merely_forwarded_is_the_email(above):
    email = TOP + above + FORWARD
    assert without_quoted(email) == email
    assert "40 pumps" in shown.newest_part(shown.without_header(TOP + FORWARD))
    forwarded = messages_in(email)[-1]
    assert (forwarded.sender, forwarded.text, forwarded.is_forwarded) == (
        "Carl <carl@example.org>",
        "Can you deliver 40 pumps?",
        True,
    )


def test_a_forward_with_a_message_of_its_own_is_removed_with_the_quotes():
    assert (
        without_quoted(f"{TOP}Please answer him for me, I am away.\n\n{FORWARD}")
        == f"{TOP}Please answer him for me, I am away."
    )


# --- An email and the conversation before it ------------------------------------------------------


def test_an_email_is_told_apart_from_the_messages_before_it():
    first = "On Mon, 2 Nov 2026 at 10:00, Ida <ida@example.org> wrote:\n> How many?\n>\n"
    second = "> On Sun, 1 Nov 2026 at 08:00, Anna <anna@example.org> wrote:\n>> Have you pumps?\n"
    found = conversation(f"{TOP}We take 12.\n\n{first}{second}\n-- \nAnna Example")
    assert found.email == f"{TOP}We take 12.\n\n-- \nAnna Example"
    assert [(each.sender, each.date, each.text) for each in found.earlier] == [
        ("Ida <ida@example.org>", "Mon, 2 Nov 2026 at 10:00", "How many?"),
        ("Anna <anna@example.org>", "Sun, 1 Nov 2026 at 08:00", "Have you pumps?"),
    ]


@pytest.mark.parametrize(
    "email",
    [
        TOP + BETWEEN,
        TOP + FORWARD,
        f"{TOP}FYI\n\n{FORWARD}",
        "Twelve.",
        "> Twelve.",
        f"{TOP}See:\n\n> Twelve.",
    ],
)
def test_what_is_a_part_of_the_email_stays_in_it(email):
    assert conversation(email).email == email
    assert not conversation(email).earlier


def test_a_forward_with_what_it_quotes_is_the_email_and_the_messages_before_it():
    older = "> On 1 Nov 2026 at 08:00, Ida <ida@example.org> wrote:\n>> We have pumps."
    found = conversation(
        f"{TOP}FYI\n\n{FORWARD}\nOn 1 Nov 2026 at 08:00, Ida <ida@example.org> wrote:\n> We have pumps."
    )
    assert found.email == f"{TOP}FYI\n\n{FORWARD}".rstrip()
    assert [each.text for each in found.earlier] == ["We have pumps."]
    found = conversation(
        f"{TOP}Yes.\n\nOn 2 Nov 2026 at 08:00, Carl <c@example.org> wrote:\n{older}\n> So take 12."
    )
    assert [each.text for each in found.earlier] == [
        "On 1 Nov 2026 at 08:00, Ida <ida@example.org> wrote:\n> We have pumps.\nSo take 12."
    ]


PIECES = st.sampled_from(
    ["\n", "New words.\n", "> Quoted.\n", ">> Older.\n", "> \n", "-- \n", "On 2 Nov 2026 at 08:00, Ida <i@example.org> wrote:\n",
     "> On 1 Nov 2026 at 08:00, Bo <b@example.org> wrote:\n", "-----Original Message-----\nFrom: Bo\nSent: Monday\nSubject: Hi\n\n",
     "---------- Forwarded message ---------\nFrom: Bo <b@example.org>\nDate: Monday\nSubject: Hi\n\n"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=12).map("".join))
def test_no_text_is_lost_when_messages_are_told_apart(email):
    found = conversation(email)
    kept = " ".join([found.email, *(each.text for each in found.earlier)])
    for word in ("New words.", "Quoted.", "Older."):
        assert kept.count(word) == email.count(word)
