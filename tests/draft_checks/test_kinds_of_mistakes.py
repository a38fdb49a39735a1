"""Kinds of mistakes that structure shows without a model, each with sentences that are right and wrong."""

import pytest

from assistant_app.workflow.checks.findings import check

RIGHT = [
    # Ranges of hours.
    ("", "I can do 9-11 on Tuesday", "I could come on Tuesday between 9:00 and 11:00."),
    ("", "zwischen 14 und 16 uhr", "Ich bin zwischen 14:00 und 16:00 Uhr da."),
    ("We are open 8 - 17.", "ask if they open at 8", "Are you open from 8 am to 5 pm?"),
    # The same time in other units.
    ("", "reply within a fortnight", "We will reply within two weeks."),
    ("", "dans deux semaines", "Nous vous répondrons dans quinze jours."),
    ("", "answer in 1 day", "You will have our answer within 24 hours."),
    ("", "12 months warranty", "The warranty is one year."),
    ("", "binnen 24 Stunden", "Sie erhalten es innerhalb eines Tages."),
    ("", "takes 30 minutes", "It takes half an hour."),
    ("", "5 Werktage", "Das dauert 5 Arbeitstage und wir melden uns."),
    # Weeks by number.
    ("Lieferung in Woche 14?", "ja KW 14", "Ja, wir liefern in KW 14."),
    ("", "Montage KW 7", "Die Montage ist in der Kalenderwoche 7."),
    # Genitives.
    ("Frau Brandt hat angerufen", "", "Wir haben Frau Brandts Rechnung geprüft und sie ist richtig."),
    ("mvh Anna Lind", "", "Jag har läst Annas förslag och det är bra."),
    # Commands and settings.
    ("", "use --force when needed", "Use --force if you need it."),
    ("", "run tool --mode upsert", "Run the tool with --mode=upsert."),
    # Prices.
    ("EUR 80 each", "take 4", "That makes 4 chairs at EUR 80 each, in total EUR 320."),
    ("", "2 nights, 90 per night, 180 total", "Two nights at 90 per night, 180 in total."),
    # What must not be done.
    ("", "do not return the glass", "There is no need to return the glass."),
    ("", "don't forget to bring the keys", "Please bring the keys."),
    ("", "never mind the noise, ask about the deposit", "I would like to ask about the deposit."),
    # Yes and no.
    ("Thursday or Friday?", "thursday no, friday yes", "Thursday is not possible for me, but Friday works."),
    ("Thursday?", "thursday ok", "Thursday is no problem at all."),
    ("lunch?", "no", "Thank you, but I have to decline."),
    ("May we use it?", "yes", "Of course you may use it. I cannot wait to see it."),
    # What must not be mentioned.
    ("you cut 140 jobs on 3 May", "do not mention the number", "We have no comment on 3 May."),
    ("the price was 400", "don't mention the price, invite 12 people", "We would like to invite 12 people."),
    # Small numbers, links, days.
    ("", "table for ten", "A table for 10, please."),
    ("we have three rooms", "take one", "There are two ways to do it. One room is enough."),
    ("see https://a.example.org/u/8812", "", "See a.example.org for more."),
    ("", "tonight, monday if late", "You will have it tonight, or on Monday."),
    # Questions and ends.
    ("1. How many guests?\n2. Which menu?", "40, fish", "We are 40 guests and take the fish menu."),
    ("", "ok", "Hi,\n\nthat is fine.\n\nThanks!"),
    ("", "ok", "Hi,\n\nthat is fine.\n\nBest wishes"),
    ("", "ok", "Hello,\n\nfine.\n\nLet me know if that suits you."),
]
WRONG = [
    ("", "9-11 on Tuesday", "On Tuesday between 9:00 and 12:00.", "12:00"),
    ("", "in 3 weeks", "You will hear from us in a fortnight.", "fortnight"),
    ("", "KW 12", "Baubeginn in Kalenderwoche 13.", "Kalenderwoche 13"),
    ("", "12 months", "The warranty is two years.", "two years"),
    ("", "within 10 business days", "We pay within 10 days.", "10 business days"),
    ("", "sous 8 jours ouvrés", "Nous payons sous 8 jours.", "8 jours ouvrés"),
    ("", "use --level debug", "Use --level info.", "--level info"),
    ("", "max_size = 20", "Set max_size = 30.", "max_size = 30"),
    ("", "set log.level: warn", "Set log.level: info.", "log.level: info"),
    ("", "edit ferry.yml", "Edit ferry.yaml.", "ferry.yaml"),
    ("fix is in 2.8.2", "", "The fix is in 2.8.3.", "2.8.3"),
    ("The chairs cost 45 EUR per piece.", "take 6", "We take 6 chairs for a total of 45 EUR.", "45 EUR"),
    ("$12 apiece", "", "That is $12 altogether.", "$12 altogether"),
    ("", "don't cancel the booking", "Please cancel the booking.", "Please cancel the booking"),
    (
        "",
        "no need to send the contract again",
        "Please send us the contract again.",
        "Please send us the contract again",
    ),
    (
        "",
        "den Vertrag nicht kündigen",
        "Wir möchten den Vertrag kündigen.",
        "Wir möchten den Vertrag kündigen",
    ),
    ("Monday 10:00?", "monday no", "Monday at 10:00 works well.", "Monday at 10:00 works well"),
    ("Freitag?", "freitag passt", "Freitag geht leider nicht.", "Freitag geht leider nicht"),
    ("The flat?", "no", "I would be happy to take the flat.", "I would be happy to take the flat"),
    ("Can you come?", "yes", "I cannot come to the meeting.", "I cannot come to the meeting"),
    ("The offer is 12,000 EUR", "don't mention the amount", "We accept 12,000 EUR.", "12,000 EUR"),
    ("140 Stellen", "die Zahl nicht nennen", "Wir bestätigen 140 und sagen nicht mehr.", "140"),
    ("", 'don\'t say "sorry"', "We are sorry for that.", "sorry"),
    ("", "table for six", "A table for eight, please.", "eight"),
    ("", "zwei Räume reservieren", "Wir reservieren drei Räume und freuen uns.", "drei"),
    (
        "https://shop.example.com/order/77",
        "",
        "Your order: https://shop.example.com",
        "https://shop.example.com",
    ),
    ("Nuria Falk wrote", "ask nuria falk too", "I cannot come.", "nuria falk"),
    ("", "today", "You will get it tomorrow.", "tomorrow"),
    ("", "heute abend", "Sie bekommen es morgen früh und wir danken.", "morgen"),
    (
        "1. When? 2. How many? 3. Any allergies?",
        "1: noon 2: four",
        "When: noon. How many: four.",
        "Any allergies",
    ),
    ("", "ok", "Bonjour,\n\nc'est bon.\n\nCordialement,", "Cordialement,"),
    ("", "ok", "Hallo,\n\ngut.\n\nViele Grüße\nVorname Nachname", "Vorname Nachname"),
    (
        "",
        "ok",
        "Hi,\n\ngood.\n\n(Note: I left out the price.)",
        "(Note: I left out the price.)",
    ),
    ("From: Tom Hale\nHi Rosa,\nsee you", "", "Hi Rosa,\n\nsee you.", "Rosa"),
]


def found(email, instructions, draft):
    checks = check(draft, email=email, instructions=instructions, known="Ida Berg")
    return [*(each.text for each in checks.findings), *checks.missing]


@pytest.mark.parametrize(("email", "instructions", "draft"), RIGHT)
def test_says_nothing_about_a_right_sentence(email, instructions, draft):
    assert found(email, instructions, draft) == []


@pytest.mark.parametrize(("email", "instructions", "draft", "text"), WRONG)
def test_shows_a_wrong_one(email, instructions, draft, text):
    assert text in found(email, instructions, draft)
