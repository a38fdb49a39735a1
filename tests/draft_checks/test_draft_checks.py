"""What the checks find in a draft, and how accurate they are."""

import pytest

from assistant_app.workflow.checks.facts import facts
from assistant_app.workflow.checks.findings import check
from tests.conftest import before_long
from tests.draft_checks.labelled import precision, recall, results

SAME = [
    ("12 March", "12.03."),
    ("12 March", "March 12th"),
    ("12 March", "the 12th of March"),
    ("12 March 2026", "2026-03-12"),
    ("12. März", "12 mars"),
    ("4 December", "am 4.12.2026"),
    ("1,000.00", "1000"),
    ("1.000,00 €", "€1000"),
    ("5 %", "5 percent"),
    ("5 %", "5 pour cent"),
    ("3pm", "15:00"),
    ("3 p.m.", "15 Uhr"),
    ("8 h 45", "08:45"),
    ("noon", "12:00"),
    ("at 6", "18:00"),
    ("two weeks", "zwei Wochen"),
    ("Friday", "frıday"),
    ("6 minutes", "ſix mınutes"),
    ("5k", "5000"),
    ("twenty-four", "24"),
    ("thirty‑six sensors", "36 sensors"),
    ("two hundred and fifty euros", "250 €"),
    ("twelve hundred", "1,200"),
    ("one thousand two hundred and one", "1201"),
    ("two million dollars", "$2 million"),
    ("fifty cents", "50 cents"),
    ("fünfunddreißig", "35"),
    ("fuenfunddreissig", "fünfunddreißig"),
    ("dreiundzwanzigtausendvierhundertsechs", "23.406"),
    ("hundertzwanzig Euro", "120 €"),
    ("quatre-vingt-dix-sept", "nonante-sept"),
    ("soixante et onze", "71"),
    ("mille neuf cent quatre-vingt-quatre", "1984"),
    ("deux cent cinquante euros", "250 €"),
    ("mille cent un", "1101"),
    ("vingt et un mille deux cents", "21 200"),
    ("1,5 Mio. Euro", "1.5 million euros"),
    ("1,2 Mrd. €", "1,2 Milliarden Euro"),
    ("midi et demi", "12h30"),
    ("huit heures moins le quart", "7:45"),
    ("quarter to eight", "Viertel vor acht"),
    ("kvart över åtta", "8.15 pm"),
    ("2026-W49", "KW 49"),
    ("LW-20817", "LW 20817"),
    ("LW 20817", "LW20817"),
    ("+47 555 01 482", "0047 55501482"),
    ("https://www.example.org/", "example.org"),
]


def unsupported(draft, **sources):
    return [finding.text for finding in check(draft, **{"email": "", **sources}).unsupported]


def test_a_code_with_other_letters_is_another_one():
    assert unsupported("Order LX 20817 is here.", email="Order LW-20817?") == ["LX 20817"]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_knows_two_ways_to_write_the_same(one, other):
    assert unsupported(f"It is {one}, as said.", email=f"It is {other}, as said.") == []
    assert unsupported(f"It is {other}, as said.", email=f"It is {one}, as said.") == []
    assert unsupported(f"It is {one}, as said.", email="Nothing of that kind.") != []


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("between one hundred and two hundred pages", ["one hundred", "two hundred"]),
        ("zwischen zweitausend und dreitausend seiten", ["zweitausend", "dreitausend"]),
        ("thirty of you, two of us", ["thirty"]),
        ("a thousand thanks, a hundred percent, cent pour cent, mille mercis", []),
        ("fifty-fifty, at twenty past four, at four thirty, à midi trente", ["midi"]),
        ("the twenty-fourth, a forty-seater, in twenty twenty-six", []),
        ("one of the two, eine von drei, une ou deux", []),
    ],
)
def test_a_number_in_words_is_worth_a_look_where_it_can_be_nothing_else(said, found):
    assert unsupported(f"We say {said}.") == found


def test_an_hour_in_words_is_a_time():
    assert unsupported("We come at 18:00.", email="Come at six!") == []
    assert unsupported("We come at 18:00.", email="Six of you may come!") == ["18:00"]


@pytest.mark.parametrize("where", ["email", "instructions"])
def test_looks_everywhere(where):
    assert unsupported("We meet Marta on 12 March.", **{where: "marta, 12.3."}) == []
    assert unsupported("We meet Marta on 12 March.", answers=["Marta"], feedback=["12 March"]) == []


def test_marks_the_very_place():
    [date, name] = check("We meet Marta on 12 March.", email="").unsupported[::-1]
    draft = "We meet Marta on 12 March."
    assert (draft[date.start : date.end], date.kind) == ("12 March", "date")
    assert (draft[name.start : name.end], name.kind) == ("Marta", "name")


def test_what_one_person_wrote_backs_nothing_up_for_another_with_the_same_email():
    email = "When does it come?"
    assert unsupported("It comes at 17:45.", email=email, instructions="Say 17:45.") == []
    assert unsupported("It comes at 17:45.", email=email, instructions="Say when.") == ["17:45"]


@pytest.mark.parametrize(
    "said",
    [
        "If so, I'll call.",
        "If so, I’d call, as I've said and I'm sure.",
        "See invoice No. 12, Nos. 12 and 12, Ref. 12.",
        "Call.\n\nYours Sincerely",
        "Hello Everyone, call.",
    ],
)
def test_takes_no_word_for_a_name_that_a_letter_writes_with_a_capital(said):
    assert unsupported(said, email="Call 12.") == []
    named = f"{said.rstrip('.')}, and we ask Mr O'Hara and Anna's friend."
    assert unsupported(named, email="Call 12.") == ["O'Hara", "Anna's"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zürich", "Zurich"),
        ("Zürich", "Zuerich"),
        ("Großmann", "Grossmann"),
        ("Tønsberg", "Tonsberg"),
        ("Århus", "Aarhus"),
        ("Łódź", "Lodz"),
        ("Hélène Lefèvre", "Helene Lefevre"),
        ("Ph.D.", "PhD"),
        ("U.S.", "US"),
        ("J.R. Smith", "J. R. Smith"),
    ],
)
def test_a_name_is_the_same_with_other_letters_and_without_full_stops(one, other):
    assert unsupported(f"We know {one} well.", email=f"I know {other} well.") == []
    assert unsupported(f"We know {other} well.", email=f"I know {one} well.") == []
    assert unsupported(f"We know {one} well.", email="Nothing of that kind.") != []


def test_other_letters_do_not_make_other_names_the_same():
    assert unsupported("We ask Bauer, Michael and Rafael.", email="Baur, Michal, Rafal") == [
        "Bauer",
        "Michael",
        "Rafael",
    ]


def test_no_sentence_ends_with_a_title():
    said = "We ask Ms. Kim, Prof. Dr. Lang, Dr. med. Vogel and Rev. Hill, Ph.D., of the U.K. We do."
    assert unsupported(said) == ["Kim", "Lang", "Vogel", "Hill", "Ph.D.", "U.K."]
    assert unsupported("P.S. We ask Dr. Osei.", email="osei") == []


def test_knows_the_writers_own_name():
    assert check("We meet.\n\nAll the best from Ida Brevik", email="", known="ida brevik").unsupported == ()
    signature = "Ida Brevik, Team 24, +47 555 01 482"
    assert check(f"We meet.\n\n{signature}", email="", known=signature).unsupported == ()


def test_leaves_words_alone_that_begin_a_sentence_or_are_no_names():
    draft = (
        "Dear Marta,\n\nWe can. Should you call? “Yes.” Dr. Osei said: No. I may.\n\n- Ship\n- Send\n\nBest"
    )
    assert unsupported(draft, email="marta osei") == []


@pytest.mark.parametrize("emoji", ["\N{PARTY POPPER}", "\N{SNOWMAN}\ufe0f", "\N{WAVING HAND SIGN}\U0001f3fd"])
def test_a_sentence_ends_with_an_emoji(emoji):
    assert unsupported(f"We are there {emoji} Everything works. {emoji} Thursday suits Ida.") == [
        "Thursday",
        "Ida",
    ]


@pytest.mark.parametrize(
    "open_place",
    [
        *("[Your name]", "<name>", "XXX", "{{ name }}", "____", "TBD", "[Ihr Name]"),
        *("[XX]", "(XX)", "{name}"),
        *("(your name)", "(Your Name Here)", "<Your Name Here>", "(Ihr Name)", "(votre nom)", "(Vorname)"),
        *("(Job Title)", "(company name)", "(your phone number here)", "(insert the date)"),
    ],
)
def test_finds_what_is_still_to_be_filled_in(open_place):
    [found] = check(f"Kind regards,\n{open_place}", email="").placeholders
    assert found.text == open_place


@pytest.mark.parametrize(
    ("text", "open_place"),
    [
        ("Call me at (phone number).", "(phone number)"),
        ("Dear (name), we come.", "(name)"),
        ("Tel.: (your phone number)", "(your phone number)"),
        ("We come on XX.XX.2026.", "XX.XX"),
        ("We come on 12.XX.2026 or so.", "XX"),
        ("We come at XX:XX.", "XX:XX"),
        ("We come on May XX, or so.", "XX"),
        ("Wir kommen am XX. Mai.", "XX"),
        ("It is in 20XX.", "XX"),
        ("It takes XX days.", "XX"),
        ("It costs €XX.", "XX"),
        ("It costs XX %.", "XX"),
        ("It costs CHF XX,XX.", "XX,XX"),
        ("Call XX XX XX XX XX.", "XX XX XX XX XX"),
    ],
)
def test_finds_the_gap_within_a_line(text, open_place):
    [found] = check(text, email="").placeholders
    assert found.text == open_place
    assert text[found.start : found.end] == open_place


@pytest.mark.parametrize(
    "text",
    [
        *("See [1].", "He wrote “recieve” [sic].", "<ida@example.org>", "[EXTERNAL] Hello"),
        *("The card (your name was misspelt).", "Fernhost (your company) paid.", "One of {1, 2}."),
        *("Send it (name and date).", "Pay it (your bank knows).", "Add it (insert the card)."),
        *("All our love, XX", "Lots of love xx", "In the XX century.", "See you soon (xx)", "Size XXL."),
    ],
)
def test_takes_no_other_bracket_for_a_gap(text):
    assert check(text, email="[EXTERNAL] Hello from ida@example.org").placeholders == ()


@pytest.mark.parametrize(
    "closing", ["With love,", "Lots of love,", "Alles Liebe,", "Bisous,", "Liefs,", "Best", "LG", "MVH"]
)
def test_a_closing_without_a_name_is_open(closing):
    assert [each.text for each in check(f"We come.\n\n{closing}", email="").placeholders] == [closing]
    assert check(f"We come.\n\n{closing}\nIda", email="").placeholders == ()


@pytest.mark.parametrize(
    "end", ["We love,", "With love from Ida", "All the best", "That would be best", "Liefs"]
)
def test_a_letter_may_end_with_other_words(end):
    assert check(f"We come.\n\n{end}", email="").placeholders == ()


def test_says_which_facts_of_what_was_given_are_in():
    checks = check(
        "60 sensors leave on 3 December. Jonas will phone you.",
        email="Where are my sensors?",
        instructions="Ship 60 on 3.12., the other 36 on 10 December. Do not promise anything about January.",
        answers=["", "Say that Jonas does it."],
        feedback=["Offer 5 %."],
    )
    assert [(given.source, given.number, given.present, given.missing) for given in checks.given] == [
        ("instructions", 1, ("60", "3.12."), ("36", "10 December")),
        ("answer", 2, ("Jonas",), ()),
        ("feedback", 1, (), ("5 %",)),
    ]
    assert (checks.facts_in, checks.facts_given) == (3, 6)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "\x00" * 50,
        "9" * 5000,
        "1." * 3000,
        "[" * 5000,
        "A " * 3000,
        "½ ² ๓ 1٣",
        "frıday İn fıve ſix Aprİl",
    ],
)
def test_reads_any_text(text):
    check(text, email=text, instructions=text, answers=[text])
    assert all(text[fact.start : fact.end] == fact.text for fact in facts(text))


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        *("a", "A-", "A.", "ü", "[", "(", "(your ", "<a", "{a", "XX "),
        *("two ", "two and ", "vierundzwanzig", "quatre-vingt-", "hundred ", "one "),
        *(
            "5 no, ",
            "do not mention 5 'a'. ",
            "do not send the big glass. ",
            "a.b: ",
            "1. a? 2. b? ",
            "--a b ",
        ),
    ],
)
def test_a_long_text_that_means_ill_is_read_before_long(piece):
    text = piece * (100_000 // len(piece))
    with before_long():
        check(text, email=text, instructions=text[:20_000])


def test_is_seldom_wrong_on_drafts_labelled_by_hand():
    every = results()
    assert len(every) >= 80
    assert precision(every) >= 0.95
    assert recall(every) >= 0.93


SAME_IN_TWELVE_LANGUAGES = [
    ("3 February", "3 de febrero"),
    ("3 February", "3 febbraio"),
    ("3 February", "3 lutego"),
    ("3 February", "3 de fevereiro"),
    ("3 February", "3. února"),
    ("3 February", "2月3日"),
    ("3 March", "3 maart"),
    ("3 March", "3 mars"),
    ("Saturday", "sábado"),
    ("Saturday", "w sobotę"),
    ("Saturday", "土曜日"),
    ("Saturday", "星期六"),
    ("16:30", "halb fünf"),
    ("16:30", "half past four"),
    ("16:30", "half vijf"),
    ("16:30", "halv fem"),
    ("16:30", "wpół do piątej"),
    ("16:30", "las cuatro y media"),
    ("16:30", "下午4点半"),
    ("17 Uhr", "godz. 17"),
    ("17 Uhr", "17時"),
    ("17 Uhr", "17 hodin"),
    ("6 weeks", "6 semanas"),
    ("6 weeks", "6週間"),
    ("7.200 ¥", "7200円"),
]


@pytest.mark.parametrize(("one", "other"), SAME_IN_TWELVE_LANGUAGES)
def test_dates_and_times_are_the_same_in_twelve_languages(one, other):
    assert unsupported(f"It is {one}, as said.", email=f"It is {other}, as said.") == []
    assert unsupported(f"It is {one}, as said.", email="Nothing of that kind.") != []
    assert unsupported(f"It is {other}, as said.", email="Nothing of that kind.") != []


@pytest.mark.parametrize("dash", ["\u2010", "\u2011", "\u2012", "\u2013", "\u2212", "\uff0d"])
def test_a_dash_that_looks_like_a_hyphen_is_one(dash):
    draft = f"It is order KX{dash}40718 of 2026{dash}03{dash}02."
    assert unsupported(draft, email="Order KX-40718 of 2026-03-02") == []
    assert unsupported(draft, email="Order KX-40781 of 2026-03-02") == [f"KX{dash}40718"]


def test_other_digits_and_spaces_are_read_like_those_of_ascii():
    assert unsupported("It costs １２５０ yen.", email="1,250 yen") == []
    assert unsupported("It costs 1\u202f250\u00a0€.", email="1250 €") == []


@pytest.mark.parametrize(
    ("asked", "draft"),
    [("meet Tue or Wed", "Tuesday or Wednesday"), ("Termin Di oder Do", "Dienstag oder Donnerstag")],
)
def test_a_short_weekday_supports_the_full_one(asked, draft):
    checks = check(f"I can do {draft}.", email="", instructions=asked)
    assert checks.unsupported == ()
    assert [given.missing for given in checks.given] == [()]


def test_notes_support_facts_that_need_not_be_in_the_draft():
    told = {"email": "From: Anna\n\nWhat does it cost?", "instructions": "Answer."}
    notes = {"Prices": "A visit costs EUR 480, see https://brevik.example/prices. We close on 24 December."}
    draft = "Dear Anna,\n\na visit costs EUR 480: https://brevik.example/prices.\n\nIda"
    assert {each.text for each in check(draft, **told).unsupported} >= {"EUR 480"}
    found = check(draft, **told, notes=notes)
    assert (found.unsupported, found.missing, found.brought_in) == ((), [], ())
