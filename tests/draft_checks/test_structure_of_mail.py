"""What the checks compare with the email's date, its people, and what the owner said later."""

import pytest

from assistant_app.workflow.checks.findings import check

HEADER = "From: Tilde Ravn <tilde@ravn.example>\nTo: Nora Vance\nDate: Tue, 6 Oct 2026 10:00:00 +0200\n\n"


def unsupported(draft, email="", **own):
    return [found.text for found in check(draft, email=email, **own).unsupported]


def missing(draft, **own):
    return check(draft, email="", **own).missing


@pytest.mark.parametrize(
    ("draft", "found"),
    [
        ("We meet on Monday, 19 October.", []),
        ("We meet on Friday, 19 October.", ["Friday, 19 October"]),
        ("We meet on Friday, 19 October 2026.", ["Friday, 19 October 2026"]),
        ("Wir treffen uns am Freitag, dem 19. Oktober.", ["Freitag, dem 19. Oktober"]),
        ("10月19日(金)に伺います。", ["10月19日(金"]),
    ],
)
def test_the_emails_date_decides_whether_a_weekday_fits(draft, found):
    email = HEADER + "Is Monday, 19 October good, or Friday, 23 October?"
    assert unsupported(draft, email) == found


def test_a_weekday_that_the_email_has_wrong_is_not_the_drafts_error():
    email = HEADER + "Is Friday, 19 October good?"
    assert unsupported("Friday, 19 October is good.", email) == []


@pytest.mark.parametrize(
    "day",
    ["st 4. 11. 2026 12:00", "qua., 4 nov. 2026", "Wed, 11/4/2026", "śr., 4.11.2026", "4 nov 2026"],
)
def test_the_emails_day_is_read_in_its_languages_order(day):
    email = f"From: Tilde Ravn <tilde@ravn.example>\nDate: {day}\n\nIs 1 December good?"
    assert unsupported("Tuesday, 1 December is good.", email) == []
    assert unsupported("Wednesday, 1 December is good.", email) == ["Wednesday, 1 December"]


def test_a_day_that_may_be_in_two_months_decides_nothing():
    email = "From: Tilde Ravn <tilde@ravn.example>\nDate: 11/4/2026\n\nIs Friday, 5 March good?"
    assert unsupported("Friday, 5 March is good.", email) == []


@pytest.mark.parametrize("said", ["14 out. 2026", "14 set 2026", "14 lis 2026", "14 mar 2026"])
def test_short_months_that_are_other_words_are_read_beside_a_year(said):
    written = {"out": "10", "set": "09", "lis": "11", "mar": "03"}[said[3:6]]
    assert unsupported(f"I wrote on 14.{written}.2026.", said) == []
    assert unsupported(f"I wrote on 15.{written}.2026.", said) == [f"15.{written}.2026"]


@pytest.mark.parametrize(
    ("draft", "found"),
    [
        ("See you on Saturday the 12th.", []),
        ("See you on Sunday the 12th.", ["Sunday the 12"]),
        ("See you on Sunday the 13th.", ["13"]),
    ],
)
def test_a_weekday_follows_from_the_date_beside_it(draft, found):
    email = "From: Tilde Ravn\nDate: Sun, 22 Nov 2026 20:12:00 +0000\n\nLunch on the 12th?"
    assert unsupported(draft, email) == found


@pytest.mark.parametrize(
    ("month", "said", "draft"),
    [
        ("Nov", "di 17 of do 19", "Kan het op dinsdag 17 of donderdag 19 november?"),
        ("Nov", "byt till fredag 4/12", "Det passar bra fredagen den 4 december, så tack."),
        ("Oct", "desde sexta", "O portão está avariado desde sexta-feira e não abre."),
        ("Nov", "pt. 20.11 może być", "Proszę przyjść w piątek 20 listopada, to dla nas najlepiej."),
    ],
)
def test_short_and_spoken_days_support_full_ones(month, said, draft):
    checks = check(draft, email=HEADER.replace("Oct", month), instructions=said)
    assert (checks.findings, checks.missing) == ([], [])


def test_without_a_date_the_pairs_of_the_email_decide():
    email = "on Monday 19 October or Friday 23 October"
    assert unsupported("See you on Monday, 23 October.", email) == ["Monday, 23 October"]


def test_a_day_that_follows_from_a_weekday_is_worked_out():
    checks = check("We meet on Tuesday, 13 October.", email=HEADER + "Can you come next Tuesday?")
    assert checks.unsupported == ()
    assert [found.text for found in checks.derived] == ["13 October"]


def test_a_weekday_means_the_next_or_the_second_one():
    email = HEADER + "Can you come on a Wednesday?"
    days = {day: check(f"I come on {day} October.", email=email) for day in (7, 14, 21)}
    assert [[found.text for found in checks.derived] for checks in days.values()] == [
        ["7 October"],
        ["14 October"],
        [],
    ]
    assert [found.text for found in days[21].unsupported] == ["21 October"]


def test_in_italian_two_days_with_or_between_them_are_apart():
    email = HEADER.replace("Tue, 6", "mar, 6") + "Va bene mercoledì 14 ottobre o giovedì 15 ottobre?"
    assert unsupported("Per me va bene mercoledì 14 ottobre, grazie.", email) == []
    assert unsupported("Per me va bene giovedì 14 ottobre, grazie.", email) == ["giovedì 14 ottobre"]


def test_a_share_does_not_follow_from_other_shares():
    checks = check("I ask for 15 %.", email="There is 10 % off now, or 5 % later.")
    assert ([found.text for found in checks.unsupported], checks.derived) == (["15 %"], ())


def test_a_number_is_not_the_month_of_a_date():
    draft = "On 21 January at 8:30 there will be 5 vegetarians."
    assert missing(draft, instructions="5 vegetarians, 1 vegan") == ["1"]
    assert missing(draft, instructions="the 21 at 8 is fine, 5 vegetarians") == []


def test_a_number_behind_a_weekday_may_be_of_something_else():
    said = "piątek 2 dla Oli, niedziela 5 dla dzieci"
    checks = check(
        "Na piątek proszę o 2 bilety dla Oli, na niedzielę o 5 dla dzieci.", email="", instructions=said
    )
    assert (checks.unsupported, checks.missing) == ((), [])


def test_a_day_is_read_before_a_japanese_letter():
    asked = "着工は11/16から"
    assert missing("着工は11月16日からお願いいたします。", instructions=asked) == []
    assert missing("着工は11月17日からお願いいたします。", instructions=asked) == ["11/16"]


def test_a_day_may_be_meant_by_the_days_until_it():
    assert missing("It arrives 12 days before.", feedback=["say that it arrives before the 12th"]) == []
    assert missing("It arrives 13 days before.", feedback=["say that it arrives before the 12th"]) == ["12th"]


@pytest.mark.parametrize(
    ("draft", "found"),
    [
        ("Los dos días me van bien.", []),
        ("The two weeks suit me.", []),
        ("Die drei Tage passen gut.", []),
        ("Para la obra no tardamos más de dos días.", ["dos días"]),
        ("It takes two weeks.", ["two weeks"]),
        ("The 2 weeks suit me.", ["2 weeks"]),
        ("I have the two euros.", ["two euros"]),
    ],
)
def test_a_few_days_behind_an_article_are_known(draft, found):
    assert unsupported(draft, HEADER + "Are 12 and 19 November good?") == found


def test_a_sum_of_the_emails_amounts_is_worked_out():
    checks = check("That is €380.", email="The door is €300, the lock €80.")
    assert (checks.unsupported, [found.text for found in checks.derived]) == ((), ["€380"])


@pytest.mark.parametrize(
    ("greeting", "found"),
    [
        ("Hi Tilde,", []),
        ("Hi Thea,", ["Thea"]),
        ("Thea,", ["Thea"]),
        ("Dear Ms Ravn,", []),
        ("Dear Ms Raven,", ["Raven"]),
        ("Dear Hiring Manager,", []),
        ("Dear Parents,", []),
        ("Good Morning,", []),
        ("Sehr geehrte Frau Ravn,", []),
        ("Sehr geehrte Frau Rabe,", ["Rabe"]),
        ("Estimados señores:", []),
    ],
)
def test_whom_a_draft_greets_is_compared_with_the_sender(greeting, found):
    assert unsupported(f"{greeting}\n\nthat is fine.", HEADER + "Is that fine?") == found


def test_a_greeting_copied_from_the_email_greets_oneself():
    email = HEADER + "Dear Ingrid,\n\nis that fine?"
    assert unsupported("Dear Ingrid,\n\nthat is fine.", email) == ["Ingrid"]


def test_a_name_that_the_owner_wrote_by_hand_may_be_greeted():
    assert unsupported("Hi Noor,\n\nthat is fine.", HEADER + "Is that fine?", by_hand=["Noor"]) == []


def test_the_name_under_a_draft_is_the_owners():
    assert unsupported("Fine.\n\nWith kind regards\nVance", known="nora Vance") == []
    assert unsupported("Fine.\n\nWith kind regards\nVanze", known="nora Vance") == ["Vanze"]


@pytest.mark.parametrize("asked", ["take 40, not 50", "take 40 instead of 50", "take 40, without the 50"])
def test_only_what_is_behind_the_negation_is_left_out(asked):
    assert missing("Fine.", instructions=asked) == ["40"]


@pytest.mark.parametrize(
    "asked",
    [
        "1 yes. 2: no\n3) perhaps",
        "1. yes\n2. no",
        "no more than 80 words",
        "2 or 3 lines",
        "höchstens 5 Sätze",
    ],
)
def test_numbers_of_points_and_lengths_are_no_facts(asked):
    assert missing("Fine.", instructions=asked) == []


def test_what_later_feedback_takes_back_is_not_missing():
    draft = "We take 35 chairs."
    assert missing(draft, instructions="we take 30 chairs") == ["30"]
    assert missing(draft, instructions="we take 30 chairs", feedback=["make it 35 instead of 30"]) == []
    assert missing(draft, instructions="we take 30 chairs", feedback=["35 after all"]) == []
    assert missing(draft, instructions="we take 30 chairs", feedback=["warmer"]) == ["30"]


@pytest.mark.parametrize(
    "asked", ["1,150 a month", "the 14.90 shipping", "8.500 für den Carport", "160 all in"]
)
def test_an_amount_typed_without_a_currency_backs_one_up(asked):
    amount = next(word for word in asked.split() if word[0].isdigit())
    assert unsupported(f"That is €{amount}.", instructions=asked) == []
    assert unsupported(f"That is €{amount}.", instructions="some other day") == [f"€{amount}"]


def test_a_language_that_is_not_read_is_named_and_claims_nothing():
    draft = "شكرا لكم. سنأخذ 60 قطعة في 17 ديسمبر."
    checks = check(
        draft, email="120 pieces", instructions="take 60 on 17 December, the opening is on the 14th"
    )
    assert (checks.language, checks.is_read) == ("ar", False)
    assert (checks.unsupported, checks.given) == ((), ())
    assert unsupported(draft, instructions="take 60 on 18 December") == ["17"]


@pytest.mark.parametrize(
    "draft",
    [
        "I attach the plan.",
        "Der Plan liegt im Anhang.",
        "Vous trouverez le plan ci-joint.",
        "添付をご覧ください。",
    ],
)
def test_a_draft_that_speaks_of_an_attachment_is_known(draft):
    assert check(draft.replace("I attach", "I have attached"), email="").speaks_of_attachment
    assert not check("Here is the plan.", email="").speaks_of_attachment


def test_a_finding_has_the_same_key_in_every_draft():
    one, other = (check(f"{begin}It costs €45.", email="").unsupported[0] for begin in ("", "Well. "))
    assert one.key == other.key == "amount:€45"
