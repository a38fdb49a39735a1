"""Two values of a draft that stand with each other's item, though each of them is in a source."""

import pytest

from assistant_app.workflow.checks.findings import check


def swapped(draft, *, email="", **own):
    found = check(draft, email=email, **own).unsupported
    return [each.text for each in found if each.kind == "contradiction"]


WRONG = [
    (
        "Which day suits the plumber, and which the painter?",
        "plumber Friday 10:00, painter Monday 14:00",
        "The plumber could come on Friday at 14:00, and the painter on Monday at 10:00.",
        ["14:00", "10:00"],
    ),
    (
        "The hotel was 420 EUR and the train was 120 EUR.",
        "",
        "I have paid 120 EUR for the hotel and 420 EUR for the train.",
        ["120 EUR", "420 EUR"],
    ),
    (
        "Der Flur kostet 300 Euro, die Küche 750 Euro.",
        "beides ok",
        "Gern nehmen wir Ihr Angebot an: den Flur für 750 Euro, die Küche für 300 Euro.",
        ["750 Euro", "300 Euro"],
    ),
    (
        "Quand viennent les enfants ?",
        "Zoé le 3 mars, Malo le 10 mars",
        "Zoé arrive le 10 mars, Malo le 3 mars.",
        ["10 mars", "3 mars"],
    ),
    (
        "¿Cuántos platos y cuántas copas?",
        "40 platos, 90 copas",
        "Necesitamos 90 platos y 40 copas.",
        ["90", "40"],
    ),
    (
        "会議は何時がよろしいでしょうか。",
        "面接は9時、見学は14時",
        "面接は14時、見学は9時にお願いいたします。",
        ["14時", "9時"],
    ),
    (
        "请问桌子和椅子几号送？",
        "桌子3月4日，椅子3月11日",
        "桌子请在3月11日送，椅子请在3月4日送。",
        ["3月11日", "3月4日"],
    ),
    (
        "Prace w ogrodzie zajmą 3 dni, a na dachu 5 dni.",
        "ogród 2 maja, dach 9 maja",
        "Ogród prosimy 9 maja, a dach 2 maja.",
        ["9 maja", "2 maja"],
    ),
    (  # the thing and its value have a comma between them
        "¿Cuándo llegan los muebles?",
        "sofá 4 de marzo, mesa 11 de marzo",
        "El sofá, el 11 de marzo; la mesa, el 4 de marzo.",
        ["11 de marzo", "4 de marzo"],
    ),
    (  # a word that stands with both says nothing
        "When do they start?",
        "choir starts 10:00, band 14:00",
        "The choir starts at 14:00, the band starts at 10:00.",
        ["14:00", "10:00"],
    ),
]


@pytest.mark.parametrize(("email", "instructions", "draft", "values"), WRONG)
def test_values_that_stand_with_each_others_item_are_marked(email, instructions, draft, values):
    assert swapped(draft, email=email, instructions=instructions) == values


RIGHT = {
    "another order": (
        "The hotel was 420 EUR and the train was 120 EUR.",
        "",
        "The train was 120 EUR and the hotel was 420 EUR, so I owe you both.",
    ),
    "the person exchanges what the email says": (
        "Lena comes on Tuesday, Victor on Thursday.",
        "Victor on Tuesday, Lena on Thursday",
        "Could Victor come on Tuesday, and Lena on Thursday?",
    ),
    "the person asks for it in words": (
        "Lena comes on Tuesday, Victor on Thursday.",
        "the other way round please",
        "Could Victor come on Tuesday, and Lena on Thursday?",
    ),
    "the person changes it in words": (
        "The boiler is at 10:00, the radiators are at 14:00.",
        "rather the boiler late and the radiators early",
        "Please do the boiler at 14:00, the radiators at 10:00.",
    ),
    "the email asks for it in words": (
        "Lena comes on Tuesday, Victor on Thursday. Could we swap them?",
        "yes",
        "Yes: Victor on Tuesday, Lena on Thursday.",
    ),
    "the email says what is impossible": (
        "Lena cannot come on Tuesday, Victor cannot come on Thursday.",
        "yes to the days that are left",
        "Then Lena comes on Thursday, Victor comes on Tuesday.",
    ),
    "one of them has moved": (
        "The oak is £1,340, the pine is £890.",
        "oak for 890, that is what the pine costs",
        "We would take the oak for £890, though the list says £1,340.",
    ),
    "words on both sides": (
        "For the choir 10:00 and 14:00 for the band.",
        "",
        "For the band 14:00 and 10:00 for the choir.",
    ),
    "words on both sides of all": (
        "choir 10:00, band 14:00",
        "",
        "Thank you for asking the band: 10:00 for the choir while 14:00 is for the band.",
    ),
    "the same thing with both": (
        "The rehearsal is on Friday at 18:00, the rehearsal of the concert on Sunday at 11:00.",
        "",
        "We come to the rehearsal on Sunday at 11:00, to the other rehearsal on Friday at 18:00.",
    ),
    "from and to": (
        "Room 3 is free from 14:00 to 18:00, room 7 from 9:00 to 12:00.",
        "room 7",
        "We take room 7 from 9:00 to 12:00. Room 3 from 14:00 to 18:00 is too late for us.",
    ),
    "said in two places": (
        "Die Anzahlung ist 200 Euro. Der Rest ist 900 Euro.",
        "anzahlung am 3. Mai, rest am 1. Juni",
        "Am 3. Mai überweise ich die Anzahlung von 200 Euro, am 1. Juni den Rest von 900 Euro.",
    ),
}


@pytest.mark.parametrize("case", RIGHT)
def test_values_in_their_place_are_not_marked(case):
    email, instructions, draft = RIGHT[case]

    assert swapped(draft, email=email, instructions=instructions) == []


def test_the_latest_text_of_the_person_counts():
    own = {
        "instructions": "plumber 10:00, painter 14:00",
        "feedback": ["plumber 14:00, painter 10:00"],
    }

    assert swapped("The plumber comes at 14:00, the painter at 10:00.", **own) == []
    assert swapped("The plumber comes at 10:00, the painter at 14:00.", **own) == ["10:00", "14:00"]


def test_feedback_that_names_no_value_may_have_changed_what_was_said_before():
    own = {"instructions": "plumber 10:00, painter 14:00", "feedback": ["swap the two"]}

    assert swapped("The plumber comes at 14:00, the painter at 10:00.", **own) == []


def test_a_weekday_and_the_date_beside_it_are_one_value():
    email = "The choir sings on Friday, 6 March, and the band plays on Sunday, 8 March."

    draft = "The band plays on Sunday, 8 March, the choir sings on Friday, 6 March."
    assert swapped(draft, email=email) == []
    draft = "The choir sings on Sunday, 8 March, the band plays on Friday, 6 March."
    assert swapped(draft, email=email) == ["Sunday, 8 March", "Friday, 6 March"]


def test_sentences_that_are_long_lists_are_not_compared():
    email = "The choir sings at 10:00, the band plays at 14:00."
    words = "after a very long walk through the old town with all of its towers " * 5

    assert swapped("The choir sings at 14:00, the band plays at 10:00.", email=email) == ["14:00", "10:00"]
    assert swapped(f"The choir sings {words} at 14:00, the band plays at 10:00.", email=email) == []
