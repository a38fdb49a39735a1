"""Comparing drafts by words, in any script."""

import regex
from hypothesis import given
from hypothesis import strategies as st

from assistant_app.workflow.diffs import compare, passages

BEFORE = (
    "Dear Marta,\n\n"
    "Thank you for your email. I am sorry that order 4471 did not arrive on 20 November.\n\n"
    "60 of the 96 sensors will leave our warehouse on Thursday 3 December, "
    "and the remaining 36 on Thursday.\n\n"
    "You will receive a credit note.\n\n"
    "Kind regards,\n[Your name]"
)
AFTER = (
    "Dear Marta,\n\n"
    "You planned a crew around a date that we confirmed, and we did not keep it.\n\n"
    "60 of the 96 sensors will leave our warehouse on Thursday 3 December, so that you can start. "
    "The remaining 36 follow on Thursday.\n\n"
    "You will receive a credit note within 14 days.\n\n"
    "Kind regards,\nIda"
)

WRITTEN = [
    *(
        "order",
        "4471",
        "Dienstag",
        " ",
        "  ",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "\t",
        "\x1c",
        "\x85",
        "\u2028",
        ".",
        ",",
        "納期",
        "東京",
        "각",
    ),
    *("\u200f", "שלום", "مرحبا", "\u0301", "e\u0301", " \u0301", "ภาษาไทย", "क्षि"),
    *("👨‍👩‍👧", "👍🏽", "👍", "🇩🇪", "🇫🇷", "\u200d", "\ufe0f", "1️⃣"),
]
PIECES = st.lists(st.sampled_from(WRITTEN), max_size=24).map("".join)


def marked(segments):
    """Return the segments as one text: [-taken out-] and {+added+}."""
    marks = {"equal": "{}", "delete": "[-{}-]", "insert": "{{+{}+}}"}
    return "".join(marks[segment.op].format(segment.text) for segment in segments)


def one_row(before, after):
    """Return the two sides of the only paragraph, marked."""
    [row] = compare(before, after).rows
    return marked(row.before), marked(row.after)


def lines(text):
    return text.replace("\r\n", "\n").replace("\r", "\n")


def test_compares_words_inside_matched_paragraphs():
    rows = compare(BEFORE, AFTER).rows
    assert [(marked(row.before), marked(row.after)) for row in rows] == [
        ("Dear Marta,", "Dear Marta,"),
        (
            "[-Thank you for your email. I am sorry that order 4471 did not arrive on 20 November.-]",
            "{+You planned a crew around a date that we confirmed, and we did not keep it.+}",
        ),
        (
            "60 of the 96 sensors will leave our warehouse on Thursday 3 December, "
            "[-and the-] remaining 36 on Thursday.",
            "60 of the 96 sensors will leave our warehouse on Thursday 3 December, "
            "{+so that you can start. The+} remaining 36 {+follow+} on Thursday.",
        ),
        (
            "You will receive a credit note.",
            "You will receive a credit note {+within 14 days+}.",
        ),
        ("Kind regards,\n[-[Your name]-]", "Kind regards,\n{+Ida+}"),
    ]


def test_shows_both_in_one_text():
    assert marked(compare(BEFORE, AFTER).rows[-1].inline) == "Kind regards,\n[-[Your name]-] {+Ida+}"


def test_counts_words_and_paragraphs():
    comparison = compare(BEFORE, AFTER)
    assert (comparison.added, comparison.removed) == (27, 21)
    assert (comparison.changed, len(comparison.rows)) == (4, 5)


def test_replaces_what_is_too_different_as_a_whole():
    assert one_row("We ship on Friday.", "No one knows when it comes, sorry.")[0] == "[-We ship on Friday.-]"


def test_joins_changes_with_a_few_characters_between_them():
    before = "You can count on the January units and we will write again soon."
    after = "You can trust in the December units and we will write again soon."
    assert (
        one_row(before, after)[1] == "You can {+trust in the December+} units and we will write again soon."
    )


def test_puts_a_new_paragraph_beside_nothing():
    rows = compare("Dear Marta,\n\nIda", "Dear Marta,\n\nWe ship on Friday.\n\nIda").rows
    assert [(row.has_before, row.has_after) for row in rows] == [(True, True), (False, True), (True, True)]


def test_follows_paragraphs_that_moved_down():
    before = "\n\n".join(f"Paragraph number {number} says what it says." for number in range(30))
    rows = compare(
        before, f"A new one first, quite unlike the rest\n\n{before.replace('says.', 'means.')}"
    ).rows
    assert marked(rows[0].after) == "{+A new one first, quite unlike the rest+}"
    assert {marked(row.after)[-10:] for row in rows[1:]} == {"{+means+}."}


def test_counts_no_change_of_line_ends():
    unix = "Dear Marta,\nthank you.\n\nIda\n"
    for other in (unix.replace("\n", "\r\n"), unix.replace("\n", "\r")):
        comparison = compare(unix, other)
        assert comparison.changed == 0
        assert comparison.data() == [{"op": "equal", "text": unix}]


def test_marks_no_spaces():
    comparison = compare("One  line\nof text.", "One line of text.")
    assert comparison.changed == 0
    assert [segment.op for segment in comparison.segments if segment.op != "equal"]


def test_marks_words_of_a_very_long_line():
    words = ["word", "another", "third"] * 3000
    changed = [*words[:4000], "new", *words[4000:]]
    before, after = one_row(" ".join(words), " ".join(changed))
    assert before == " ".join(words)
    assert "{+new+}" in after
    assert after.count("{+") == 1


def test_reads_text_written_from_right_to_left():
    before, after = one_row("שלום דנה, המשלוח יגיע ביום שני.", "שלום דנה, המשלוח יגיע ביום שלישי.")
    assert before == "שלום דנה, המשלוח יגיע ביום [-שני-]."
    assert after == "שלום דנה, המשלוח יגיע ביום {+שלישי+}."


def test_cuts_no_emoji_and_no_accent_apart():
    assert (
        one_row("All fine 👍🏽 thanks for it", "All fine 👍🏿 thanks for it")[1]
        == "All fine {+👍🏿+} thanks for it"
    )
    assert one_row("All fine 👨‍👩‍👧 thanks for it", "All fine 👨‍👩‍👦 thanks for it")[0].count("👨‍👩‍👧") == 1
    assert one_row("We meet at the cafe\u0301 then", "We meet at the cafe then")[1].endswith("{+cafe+} then")


def test_compares_scripts_without_spaces_by_character():
    before, after = one_row("納期は十二月三日です。", "納期は十二月四日です。")
    assert before == "納期は十二月[-三-]日です。"
    assert after == "納期は十二月{+四+}日です。"


@given(PIECES, PIECES)
def test_adds_up_to_both_texts(before, after):
    segments = compare(before, after).segments
    assert "".join(segment.text for segment in segments if segment.op != "insert") == lines(before)
    assert "".join(segment.text for segment in segments if segment.op != "delete") == lines(after)


@given(PIECES, PIECES)
def test_cuts_only_between_characters(before, after):
    comparison = compare(before, after)
    for side, text in (("insert", before), ("delete", after)):
        whole = {match.start() for match in regex.finditer(r"\X", lines(text))}
        position = 0
        for segment in comparison.segments:
            if segment.op != side:
                assert position in whole
                position += len(segment.text)


def test_tells_the_passages_that_are_new():
    assert passages(BEFORE, AFTER) == [
        "You planned a crew around a date that we confirmed, and we did not keep it.",
        "so that you can start. The remaining 36 follow on Thursday.",
        "within 14 days",
        "Ida",
    ]


def test_tells_a_short_passage_with_its_sentence():
    before = "Hello. Jonas will phone you on Wednesday. Best wishes"
    assert passages(before, before.replace("phone", "call")) == ["Jonas will call you on Wednesday."]


def test_finds_no_passage_in_what_was_only_taken_out():
    assert passages("Hello Marta. We are sorry. Best wishes", "Hello Marta. Best wishes") == []
