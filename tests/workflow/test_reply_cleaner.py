"""The letter in a model's reply: what is kept, what is left out, and what is let out while it is streamed."""

import random

import pytest

from assistant_app.errors import ModelFailed
from assistant_app.workflow.reply_cleaner import MARKER_WITHIN, DraftCleaner
from tests.conftest import before_long

LETTER = "Hi Jonas,\n\nthe boat is free from 4 to 9 July. The deposit is 300 euros.\n\nKind regards,\nTove"


def read(pieces, **options):
    """Return the letter, the assumptions and what was left out."""
    cleaner = DraftCleaner(**options)
    text = "".join([*map(cleaner.feed, pieces), cleaner.finish()])
    return text, cleaner.assumptions, cleaner.left_out


def splits(text):
    """Yield the text in single characters, in equal pieces, and in random ways."""
    yield list(text)
    for size in (2, 3, 5, 11, 29):
        yield [text[start : start + size] for start in range(0, len(text), size)]
    source = random.Random(len(text))
    for _ in range(4):
        places = sorted(source.choices(range(len(text) + 1), k=source.randint(1, 9)))
        yield [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


def read_in_any_pieces(raw, **options):
    whole = read([raw], **options)
    for pieces in splits(raw):
        assert read(pieces, **options) == whole
    return whole


def said(left_out, where):
    return next((item["text"] for item in left_out if item["where"] == where), "")


# --- The markers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        f"<reply>{LETTER}</reply>",
        f"<reply>\n{LETTER}\n</reply>\n",
        f"\n <Reply>\n\n{LETTER}\n\n</REPLY>",
        f"<reply>\n{LETTER}",
        f"<think>Short, then.\n<reply>no</reply></think>\n<reply>{LETTER}</reply>",
        f"{LETTER}\n</reply>",
        f"```\n<reply>\n{LETTER}\n</reply>\n```",
    ],
)
def test_the_letter_stands_between_the_markers(raw):
    assert read_in_any_pieces(raw)[:2] == (LETTER, [])


def test_what_stands_around_the_markers_is_left_out():
    raw = f"I'll be brief, as you like it.\n\n<reply>\n{LETTER}\n</reply>\n\nShall I add the address?"

    letter, _, left_out = read_in_any_pieces(raw)

    assert letter == LETTER
    assert left_out == [
        {"where": "before", "text": "I'll be brief, as you like it."},
        {"where": "after", "text": "Shall I add the address?"},
    ]


def test_the_first_closing_marker_ends_the_letter():
    letter, _, left_out = read_in_any_pieces(f"<reply>{LETTER}</reply>\nOr:\n<reply>Hi,\n\nno.</reply>")

    assert letter == LETTER
    assert "Or:" in said(left_out, "after")
    assert "no." in said(left_out, "after")


def test_a_sentence_about_the_markers_does_not_open_the_letter():
    raw = f"The letter stands between <reply> and </reply> below.\n\n<reply>\n{LETTER}\n</reply>"

    assert read_in_any_pieces(raw)[0] == LETTER


@pytest.mark.parametrize(
    "letter", ["Ok.", "Thursday suits us: see you then.", "Yes, 5 < 6.", "Use <b> for bold, Jonas."]
)
def test_a_letter_between_markers_may_be_short_and_have_no_greeting(letter):
    assert read_in_any_pieces(f"<reply>{letter}</reply>")[0] == letter
    assert read_in_any_pieces(f"<reply>\n{letter}\n</reply>")[0] == letter


def test_nothing_is_let_out_before_the_marker_or_its_last_place():
    cleaner = DraftCleaner()
    text = "Hi Jonas,\n\n" + "We have to think about it for a while. " * 20

    assert cleaner.feed(text[:MARKER_WITHIN]) == ""
    assert cleaner.feed(text[MARKER_WITHIN : MARKER_WITHIN + 20]).startswith("Hi Jonas,\n\nWe have")


def test_a_letter_between_markers_is_let_out_as_it_arrives():
    cleaner = DraftCleaner()
    pieces = ["<reply>\n", "Hi Jonas", ",\n\nthe boat is free from", " 4 to 9", " July", ".\n"]

    assert [cleaner.feed(piece) for piece in pieces] == [
        "",
        "Hi Jonas",
        ",\n\nthe boat is free from",
        " 4 to 9",
        " July",
        ".",
    ]


def test_without_a_wait_for_the_marker_a_greeting_is_let_out_at_once():
    assert DraftCleaner(waits_for_marker=False).feed("Dear Anna Berg") == "Dear Anna Berg"


# --- Real sentences stay -------------------------------------------------------------------------

KEPT = [
    "This is our last offer, in reply to your message of 2 June:\n800 euros.\n\nTove",
    "Here is the phone number of the harbour:\n+47 55 01 02 03\n\nTove",
    "Here are the replies from the three crews:\n\n1. yes\n2. no\n3. no\n\nTove",
    "Below are the versions of the contract that you wanted to compare:\n\n- A\n- B\n\nTove",
    "Here's the draft agreement.\n\nPlease sign page 2.\n\nTove",
    "Sure, Tuesday works.\n\nTove",
    "Of course!\n\nWe will be there.\n\nTove",
    "Gerne!\n\nWir kommen.\n\nTove",
    "Okay, hier sind die Antworten auf Ihre Fragen:\n\n1. ja\n2. nein\n\nTove",
    "Voici la liste que vous vouliez :\n\n- a\n- b\n\nTove",
    "Reply to Jonas:\n\nyes.\n\nTove",
    "Subject to your consent, we sail on Friday.\n\nTove",
    "Subject: to your consent, we sail on Friday.\n\nTove",
    "To: be or not to be, that is the question.\n\nTove",
    "Message:\n\nthe key is under the mat.",
    '"Seagull" is the boat\'s name.\n\nTove',
    "“Thank you for sailing” is what the sign says, “come again” is on the back.\n\nTove",
    "«Seagull» est le nom du bateau.\n\nTove",
    "```\nmake sail\n```\n\nThat command builds it.\n\nTove",
    "Hi Jonas,\n\nrun this:\n\n```\nmake **sail**\n# not a heading\n```\n\nTove",
    "Hi Jonas,\n\nLet me know if you want any changes to the contract.\n\nKind regards,\nTove",
    "Hi Jonas,\n\nthe draft is in the folder. Feel free to edit it.\n\nKind regards,\nTove",
    "Hi Jonas,\n\nI kept the tone of the first letter, as you asked.\n\nTove",
    "Hi Jonas,\n\nNote: I changed the version of the form.\n\nKind regards,\nTove",
    "Hi Jonas,\n\nok.\n\nKind regards,\nTove\n\nP.S. I kept the old draft of the contract.",
    "Hi Jonas,\n\nok.\n\nKind regards,\nTove\n\nThis email is confidential, for its addressee only.",
    "Hi Jonas,\n\nok.\n\nKind regards,\nTove\nTel. 55 01 02 03\nYou can reach me until 6.",
    "Hi Jonas,\n\nok.\n\nKind regards,\nTove\n\nNote: our office is closed on 3 July.",
    "Hi Jonas,\n\nAssumptions:\n- fair weather\n- two crews\n\nKind regards,\nTove",
    "Hi Jonas,\n\nOur assumptions: fair weather.\n\nTove",
    "Hi Jonas,\n\nI assumed that you would come.\n\nTove",
    "Hi Jonas,\n\nChanges:\n- we sail at 4\n- no dogs\n\nKind regards,\nTove",
    "Hi Jonas,\n\n- one\n- two\n\n--\nTove",
    "Hi Jonas,\n\nOn 2 June 2026 you wrote:\n> How much?\n\n800.\n\nTove",
    "Hi Jonas,\n\nplease write <br> for a new line, \\n does not work.\n\nTove",
    "Hi Jonas,\n\nthe file is C:\\new\\sail\\*.txt, the pattern \\d+\\-\\d+.\n\nTove",
    "Hi Jonas,\n\n2 * 3 * 4 = 24 and __init__ stays. #1 is you.\n\nTove",
    "=====\nOpen day\n=====",
    "    four spaces are meant\n\nTove",
    "Thank you for the reply.\n\nDear friends of ours are coming.",
    "Bergen, 3 June\n\nDear Mr Lie,\n\nyes.\n\nTove",
    "Hello,\n\nhere is the message from Bob: call me.\nBye",
    "Of course! Here is the contract draft:\n\n1. Price 500\n\nTove",
    "Natürlich, hier ist die Antwort der Werft:\n„nein“\n\nTove",
    "Claro, aquí está el mensaje de Ana:\n\nmañana no.\n\nTove",
    "Hello team,\n\nHere's the draft:\nhttps://boats.example/d\n\nTove",
    "Hi Jonas,\n\nyes.\n\nBest, Tove\n\nPS: Let me know if you need a lift.",
    "Hi Jonas,\n\nOption 1 (Thursday):\n- at 4\n\nOption 2 (Friday):\n- at 5\n\nBest, Tove",
    "安娜您好：\n\n以下是价格：\n- 800 欧元\n- 字数不限\n\n此致\nTove",
    "ヨナス様\n\nはい、大丈夫です。\n\nよろしくお願いいたします\nTove\n\nもっと早くお送りできず失礼しました。",
    "Hallo Jonas,\n\nja.\n\nViele Grüße\nTove\n\nPS: Passen Sie gut auf, und ziehen Sie sich warm an.",
    "New version follows on Monday, as we said.",
    'He said "yes"',
    "ok",
]


@pytest.mark.parametrize("letter", KEPT)
def test_a_real_sentence_stays(letter):
    for raw in (letter, f"<reply>\n{letter}\n</reply>"):
        assert read_in_any_pieces(raw) == (letter, [], [])


# --- Talk is left out ----------------------------------------------------------------------------

TALK_BEFORE = [
    "Sure, here's a draft reply.",
    "Sure! Here is the revised version with the changes you wanted.",
    "Certainly! I've drafted a response for you:",
    "I've rewritten the email to sound warmer:",
    "I'd be happy to help! Here's a possible answer:",
    "My apologies for the confusion. Here is the corrected version:",
    "Following your instructions, here is the letter:",
    "Understood.\n\nHere's the updated message:",
    "Absolutely!",
    "Great!\n\n---",
    "**Draft reply:**",
    "## Response",
    "# Email",
    "**Option 1 (short):**",
    "Version A:",
    "Subject: Re: The boat",
    "**Subject:** The boat in July",
    "Re: The boat",
    "To: Jonas\nCc: Per\nSubject: The boat",
    "Betreff: AW: Das Boot",
    "Objet : Le bateau",
    "Asunto: El barco",
    "Temat: Łódź",
    "件名：ボート",
    "Gern! Hier ist mein Entwurf:",
    "Klar, hier kommt eine kürzere Fassung:",
    "Ich habe die Antwort überarbeitet:",
    "Anbei die gewünschte Antwort:",
    "Avec plaisir ! Voici un brouillon de réponse :",
    "Voici la version corrigée :",
    "¡Claro! Aquí tienes un borrador de la respuesta:",
    "Aquí está la versión revisada:",
    "Certo! Ecco una bozza di risposta:",
    "Ecco la risposta:",
    "Natuurlijk! Hier is een concept voor je antwoord:",
    "Hierbij de aangepaste versie:",
    "Oczywiście! Oto propozycja odpowiedzi:",
    "Poniżej przesyłam poprawioną wersję:",
    "Claro! Aqui está um rascunho da resposta:",
    "Segue a versão revisada:",
    "Självklart! Här är ett utkast till svar:",
    "Jistě! Zde je návrh odpovědi:",
    "承知しました。以下が返信の下書きです：",
    "好的，以下是回复草稿：",
    "当然可以！这是修改后的版本：",
    "Here you go:",
    "Her er et udkast:",
    "Draft:\n\nSubject: The boat",
]


def test_talk_before_a_chinese_name_and_hello_is_left_out():
    letter = "安娜您好：\n\n14日可以。\n\n此致\nTove"

    assert read_in_any_pieces(f"以下是回复草稿：\n\n{letter}")[0] == letter
    assert read_in_any_pieces(letter)[0] == letter


@pytest.mark.parametrize("talk", TALK_BEFORE)
def test_talk_before_the_letter_is_left_out(talk):
    for raw in (f"{talk}\n\n{LETTER}", f"{talk}\n\n<reply>\n{LETTER}\n</reply>"):
        letter, _, left_out = read_in_any_pieces(raw)
        assert letter == LETTER
        assert said(left_out, "before").replace("\n\n---", "") == talk.replace("\n\n---", "")


TALK_AFTER = [
    "Passen Sie den Text gerne an.",
    "Wil je dat ik het formeler maak?",
    "Avise se quiser uma versão mais curta.",
    "もっと丁寧な表現に変更しましょうか？",
    "丁寧なトーンでまとめました。",
    "（字数：50）",
    "Let me know if you'd like any changes!",
    "Please let me know if you would like me to adjust anything.",
    "Feel free to adapt the wording.",
    "Would you like a shorter version?",
    "If you'd like, I can make it more formal.",
    "I hope this helps!",
    "Hope this helps! Let me know if you need anything else.",
    "Note: I kept the reply short, as requested.",
    "(Note: the tone is polite but firm.)",
    "*I kept the tone friendly and left out the discount.*",
    "This draft answers both questions and keeps a friendly tone.",
    "**Changes made:**\n- Took out the price\n- Softened the opening",
    "What I changed:\n1. the date\n2. the closing",
    "Key changes:\n\n- shorter\n- warmer\n\nLet me know what else to adjust.",
    "[Word count: 21]",
    "(21 words)",
    "---\n\nDo you want me to make it longer?",
    "Sag mir Bescheid, wenn ich etwas ändern soll.",
    "Soll ich den Ton noch anpassen?",
    "Ich habe den Ton freundlich gehalten, wie gewünscht.",
    "Hinweis: Der Entwurf nennt kein Datum.",
    "**Änderungen:**\n- kürzer",
    "N'hésitez pas à me dire si vous souhaitez des modifications.",
    "Remarque : j'ai gardé un ton formel.",
    "¿Quieres que lo haga más corto?",
    "Avísame si quieres que cambie algo.",
    "Nota: he mantenido un tono cordial.",
    "Fammi sapere se vuoi modifiche.",
    "Ho mantenuto un tono cordiale.",
    "Laat me weten als je iets wilt aanpassen.",
    "Daj mi znać, jeśli coś zmienić.",
    "Me avise se quiser alterar algo.",
    "Säg till om du vill ändra något.",
    "Dejte mi vědět, pokud chcete něco změnit.",
    "修正が必要でしたらお知らせください。",
    "如果需要修改，请告诉我。",
    "This should answer both of his questions.",
    "Let me know what you think.",
    "Good luck! Tell me if you need any further help.",
    "You can replace [date] with the real one.",
    "Key points addressed:\n- the dates\n- the deposit",
    "**Option 2 (longer):**\n\nHi Jonas,\n\nthe boat is free in July.\n\nTove",
    "Here's a shorter version:\n\nHi Jonas,\n\nyes.\n\nTove",
    "On 2 June 2026 at 10:12, Jonas Lie wrote:\n> Is the boat free?\n>\n> Jonas",
    "Am 02.06.2026 um 10:12 schrieb Jonas Lie:\n> Ist das Boot frei?",
    "-----Original Message-----\nFrom: Jonas\nSent: Tuesday\n\nIs the boat free?",
    "> Is the boat free?",
]


@pytest.mark.parametrize("talk", TALK_AFTER)
def test_talk_after_the_letter_is_left_out(talk):
    for raw in (
        f"{LETTER}\n\n{talk}",
        f"<reply>\n{LETTER}\n</reply>\n\n{talk}",
        f"<reply>{LETTER}\n\n{talk}</reply>",
    ):
        letter, assumptions, left_out = read_in_any_pieces(raw)
        assert (letter, assumptions) == (LETTER, [])
        assert said(left_out, "after") == talk.removeprefix("---\n\n")


@pytest.mark.parametrize(
    "talk",
    [
        "Sure! Here's a short reply:",
        "Here's a draft reply:",
        "Natürlich! Hier ist ein Entwurf:",
        "Bien sûr, voici la réponse :",
    ],
)
def test_talk_before_a_letter_without_a_greeting_is_left_out_if_it_is_nothing_else(talk):
    letter, _, left_out = read_in_any_pieces(f"{talk}\n\nThursday suits us.\n\nTove")

    assert letter == "Thursday suits us.\n\nTove"
    assert said(left_out, "before") == talk


def test_talk_at_both_ends_is_told_apart():
    letter, _, left_out = read_in_any_pieces(
        f"Sure! Here's the email:\n\n{LETTER}\n\nFeel free to edit this draft."
    )

    assert letter == LETTER
    assert [item["where"] for item in left_out] == ["before", "after"]


def test_a_letter_that_is_written_twice_is_kept_once():
    assert read_in_any_pieces(f"{LETTER}\n\n{LETTER}") == (LETTER, [], [])


def test_a_second_letter_with_other_words_stays():
    other = LETTER.replace("300", "400")

    assert read_in_any_pieces(f"{LETTER}\n\n{other}")[0] == f"{LETTER}\n\n{other}"


# --- Wrappers and forms --------------------------------------------------------------------------

FORMS = {
    "a fence": f"```\n{LETTER}\n```",
    "a named fence": f"```text\n{LETTER}\n```\n",
    "talk and a fence": f"Here you go, the reply:\n\n```\n{LETTER}\n```\n\nTell me if I should change it.",
    "a fence of tildes": f"~~~\n{LETTER}\n~~~",
    "a fence without an end": f"```markdown\n{LETTER}",
    "a subject in a fence": f"```\nSubject: Re: The boat\n\n{LETTER}\n```",
    "a tag": f"<email>\n{LETTER}\n</email>",
    "a tag on the line": f"<draft>{LETTER}</draft>",
    "talk and a tag": f"Sure:\n<response>\n{LETTER}\n</response>\nLet me know!",
    "quotation marks": f'"{LETTER}"',
    "German quotation marks": f"„{LETTER}“",
    "French quotation marks": f"«{LETTER}»",
    "curly quotation marks": f"Here's the draft:\n\n“{LETTER}”\n\nWould you like changes?",
    "a mark before each line": "".join(f"> {line}\n" for line in LETTER.split("\n")),
    "JSON": '{"reply": "' + LETTER.replace("\n", "\\n") + '"}',
    "JSON with real line ends": '{"reply": "' + LETTER + '"}',
    "JSON with a subject": '{"subject": "Re: The boat", "body": "' + LETTER.replace("\n", "\\n") + '"}',
    "JSON in a fence": '```json\n{"email": "' + LETTER.replace("\n", "\\n") + '"}\n```',
    "talk and JSON": 'Here is the reply:\n\n{"text": "' + LETTER.replace("\n", "\\n") + '"}',
    "written line ends": LETTER.replace("\n", "\\n"),
    "HTML": "<p>" + LETTER.replace("\n\n", "</p>\n<p>").replace(",\nTove", ",<br>Tove") + "</p>",
    "HTML on one line": "<p>" + LETTER.replace("\n\n", "</p><p>").replace(",\nTove", ",<br>Tove") + "</p>",
    "HTML breaks": LETTER.replace("\n", "<br>\n"),
    "HTML breaks alone": LETTER.replace("\n", "<br/>"),
    "bold words": LETTER.replace("300 euros", "**300 euros**"),
    "escaped marks": LETTER.replace("4 to 9", "4 to 9")
    .replace("300 euros", "300 euros")
    .replace("July.", "July\\."),
    "our own fence around it": f"=== email 00ff00ff00ff00ff ===\n{LETTER}\n=== email 00ff00ff00ff00ff ===",
    "our own fence below it": f"{LETTER}\n\n=== email 00ff00ff00ff00ff ===",
    "a rule at both ends": f"---\n\n{LETTER}\n\n---",
    "a role": f"Assistant: {LETTER}",
    "talk on the same line": f"Here's a draft: {LETTER}",
    "blank lines": f"\n\n {LETTER}\n \n",
    "a byte order mark": f"\ufeff{LETTER}",
}
FORMS["escaped marks"] = LETTER.replace("Kind", "\\- Kind")
EXPECTED = {"escaped marks": LETTER.replace("Kind", "- Kind")}


@pytest.mark.parametrize("form", FORMS)
def test_the_letter_is_unwrapped(form):
    wrapped = [f"<reply>\n{FORMS[form]}\n</reply>"]
    if form in ("JSON", "HTML on one line"):
        wrapped.append(f"<reply>{FORMS[form]}</Reply>")
    for raw in (FORMS[form], *wrapped):
        assert read_in_any_pieces(raw)[0] == EXPECTED.get(form, LETTER)


def test_escapes_in_json_bring_in_no_character_that_cannot_be_stored():
    raw = '{"reply": "Hi Jonas,\\n\\nyes\\u0000 and \\ud800 no."}'
    assert read([raw])[0] == "Hi Jonas,\n\nyes and ? no."


@pytest.mark.parametrize(
    "reply",
    ["", " \n", "<think>I never end", "Here is the draft:", "```\n```", "<reply></reply>", "<reply>\n"],
)
def test_nothing_but_trimmings_is_a_failure(reply):
    with pytest.raises(ModelFailed, match="empty answer"):
        read([reply])


# --- Assumptions ---------------------------------------------------------------------------------

ASSUMED = ["The deposit is paid by card.", "Jonas comes alone."]
_LIST = "".join(f"- {text}\n" for text in ASSUMED)
LABELS = [
    "ASSUMPTIONS:",
    "Assumptions:",
    "**Assumptions:**",
    "**Assumptions**",
    "## Assumptions made",
    "ASSUMPTIONS",
    "Assumptions I made:",
    "My assumptions:",
    "What I assumed:",
    "ANNAHMEN:",
    "Getroffene Annahmen:",
    "HYPOTHÈSES :",
    "Supuestos:",
    "SUPOSICIONES:",
    "Ipotesi:",
    "Aannames:",
    "ZAŁOŻENIA:",
    "Suposições:",
    "Antaganden:",
    "Předpoklady:",
    "前提：",
    "假设：",
]


@pytest.mark.parametrize("label", LABELS)
def test_assumptions_are_read_under_any_label(label):
    for raw in (
        f"{LETTER}\n\n{label}\n{_LIST}",
        f"{LETTER}\n\n---\n\n{label}\n\n{_LIST}",
        f"{label}\n{_LIST}\n{LETTER}",
        f"<reply>\n{LETTER}\n</reply>\n\n{label}\n{_LIST}",
        f"<reply>\n{LETTER}\n\n{label}\n{_LIST}</reply>",
        f"```\n{LETTER}\n```\n\n{label}\n{_LIST}",
    ):
        assert read_in_any_pieces(raw) == (LETTER, ASSUMED, [])


@pytest.mark.parametrize(
    ("block", "assumptions"),
    [
        ("- Jonas comes alone.", ["Jonas comes alone."]),
        ("Things I took as given:\n* Jonas comes alone.", ["Jonas comes alone."]),
        ("1. It is on 3. Dezember, 10 - 12 Uhr.", ["It is on 3. Dezember, 10 - 12 Uhr."]),
        ("ASSUMPTIONS:\n- none", []),
        ("ASSUMPTIONS: none", []),
        ("Annahmen: keine", []),
        ("", []),
    ],
)
def test_a_list_after_the_closing_marker_holds_assumptions(block, assumptions):
    assert read_in_any_pieces(f"<reply>{LETTER}</reply>\n{block}") == (LETTER, assumptions, [])


@pytest.mark.parametrize(
    "block",
    ["(Assumption: Jonas comes alone.)", "Assumption: Jonas comes alone.", "ASSUMPTIONS: Jonas comes alone."],
)
def test_a_single_assumption_stands_behind_its_label(block):
    assert read_in_any_pieces(f"{LETTER}\n\n{block}") == (LETTER, ["Jonas comes alone."], [])


def test_talk_below_the_assumptions_is_none_of_them():
    raw = f"{LETTER}\n\nAssumptions:\n{_LIST}\nLet me know if you'd like changes."

    letter, assumptions, left_out = read_in_any_pieces(raw)

    assert (letter, assumptions) == (LETTER, ASSUMED)
    assert said(left_out, "after") == "Let me know if you'd like changes."


def test_assumptions_stay_in_the_letter_of_a_model_that_was_not_asked_for_any():
    raw = f"{LETTER}\n\nASSUMPTIONS:\n{_LIST}"

    letter, assumptions, _ = read_in_any_pieces(raw, states_assumptions=False)

    assert (letter, assumptions) == (raw.rstrip(), [])


def test_a_reply_of_assumptions_alone_is_no_draft():
    with pytest.raises(ModelFailed, match="empty answer"):
        read([f"ASSUMPTIONS:\n{_LIST}"])


# --- Long and odd replies ------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("markers", [True, False])
@pytest.mark.parametrize(
    "unit",
    ["-\n", "---\n", "* ", "\\", "<", "\n", "Note: ", "word ", "**a** ", "- a\n", '"', "ASSUMPTIONS\n"],
)
def test_a_model_that_repeats_itself_is_followed_before_long(unit, markers):
    text = "Hi Jonas,\n\n" + unit * (60_000 // len(unit)) + "\nTove"
    reply = f"<reply>{text}</reply>" if markers else text
    cleaner = DraftCleaner()
    with before_long():
        pieces = [cleaner.feed(reply[start : start + 4]) for start in range(0, len(reply), 4)]
        pieces.append(cleaner.finish())
    assert "".join(pieces).startswith("Hi Jonas,")


def test_random_mixtures_of_all_these_do_not_depend_on_how_they_are_cut():
    source = random.Random(7)
    parts = [LETTER, *KEPT, *TALK_BEFORE, *TALK_AFTER, *LABELS, *FORMS.values(), _LIST]
    parts += ["<reply>", "</reply>", "```", "\n", "\n\n", "---", "<br>", "\\n", '"', "> ", "<p>", "x" * 1_200]
    for _ in range(150):
        raw = source.choice(["\n", "\n\n", ""]).join(source.choices(parts, k=source.randint(2, 5)))
        try:
            whole = read([raw])
        except ModelFailed:
            continue
        for size in (1, 7, source.randint(2, 400)):
            assert read([raw[start : start + size] for start in range(0, len(raw), size)]) == whole
