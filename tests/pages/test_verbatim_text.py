"""Mail, drafts and what a person typed come out of each page with every space and line break."""

import html
import re

import pytest

from assistant_app.templatetags.letters import paragraphs
from tests.conftest import wait_for_runs

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = (
    "Dear Ida,\n\n\n\tOne\ttab,  two spaces, three   more. \n\n   \n  indented\n"
    + "a long line " * 200
    + '\n\n</p><b>&amp; "quotes"</b> \n\n Kind regards,\n\tMarta'
)
OTHER = TEXT.replace("two spaces", "2  spaces")
AROUND = f"\n\n  {TEXT} \t\n\n"


def source(page, begin, end):
    """Return what an element holds; `begin` is in its start tag, or right before it."""
    text = page.response.content.decode()
    assert begin in text
    return text.partition(begin)[2].partition(">")[2].partition(end)[0]


def plain(markup):
    return html.unescape(re.sub("</?(?:mark|ins|del)(?: [^>]*)?>", "", markup))


def letter(page, begin):
    """Return a letter's text as its Copy button does: the paragraphs with a blank line between them."""
    return "\n\n".join(
        plain(text) for text in re.findall("<p>(.*?)</p>", source(page, begin, "</div>"), re.S)
    )


def cells(page):
    """Return the two sides of a comparison, a list of paragraphs each."""
    found = re.findall(r"<td\b[^>]*>(.*?)</td>", source(page, "<tbody", "</tbody>"), re.S)
    return [plain(text) for text in found[::2]], [plain(text) for text in found[1::2]]


@pytest.fixture
def answered(person, model):
    """An email with a question, an answer and a draft."""
    model.will_ask("Which day?")
    model.will_write(TEXT)
    person.give_input(AROUND, TEXT)
    person.answer(TEXT)
    return person


@pytest.fixture
def with_two_drafts(answered, model):
    model.will_write(OTHER)
    answered.give_feedback(TEXT)
    return answered


def test_an_email_is_shown_as_it_came(answered, page_of):
    page = page_of(answered)
    assert letter(page, 'class="letter" dir="auto"') == AROUND


def test_what_a_person_said_is_shown_as_it_was_typed(with_two_drafts, page_of):
    page = page_of(with_two_drafts)
    said = re.findall(r'<p class="saying" dir="auto">(.*?)</p>', page.response.content.decode(), re.S)
    assert [plain(text) for text in said] == [TEXT, TEXT, TEXT], "instructions, an answer, feedback"
    assert page.says("Which day? Dear Ida, One")


def test_drafts_are_shown_and_finished_as_they_were_written(with_two_drafts, page_of):
    page = page_of(with_two_drafts)
    assert letter(page, 'class="letter" id="reply-text"') == OTHER
    page.open(f"{page.address}?draft=1")
    assert letter(page, 'class="letter" id="reply-text"') == TEXT
    page_of(with_two_drafts).press("Accept")
    wait_for_runs()
    assert letter(page_of(with_two_drafts), 'class="letter" id="reply-text"') == OTHER


def test_a_draft_that_is_being_written_is_shown_as_it_comes():
    shown = re.findall("<p>(.*?)</p>", paragraphs(AROUND), re.S)
    assert "\n\n".join(plain(text) for text in shown) == AROUND


def test_a_draft_is_edited_as_it_was_written_and_shown_again_as_it_was_typed(with_two_drafts, page_of):
    person = with_two_drafts
    edited = page_of(person)
    edited.open(edited.page.links["Edit"].partition("#")[0])
    assert edited.typed("text") == [OTHER]
    person.give_feedback("Shorter.")
    edited.press("Save as draft 3", text=AROUND)
    assert edited.status == 412
    assert edited.typed("text") == [AROUND]


def test_refused_texts_are_in_their_fields_again(browser, answered, page_of):
    typed = {"email_to_respond": AROUND, "response_instructions": "\n" + "x" * 20_001}
    browser.open("/new/").press("Draft a reply", **typed)
    assert {name: browser.typed(name) for name in typed} == {name: [text] for name, text in typed.items()}
    page = page_of(answered)
    answered.give_feedback("Shorter.")
    page.press("Send feedback", feedback=AROUND)
    assert page.status == 412
    assert AROUND in page.typed("feedback")


def test_a_comparison_holds_both_drafts_in_full(with_two_drafts, browser):
    address = f"/a/{with_two_drafts.app_id}/compare/?a=1&b=2"
    before, after = cells(browser.open(address))
    assert "\n".join(before).split() == TEXT.split()
    assert [text for text in before if "three   more. " in text] == [
        "\tOne\ttab,  two spaces, three   more. "
    ]
    assert [text for text in after if "three   more. " in text] == ["\tOne\ttab,  2  spaces, three   more. "]
    browser.open(f"{address}&view=one")
    one_text = source(browser, '<article class="letter"', "</article>")
    assert '<p dir="auto">\tOne\ttab,  <del>two</del>  <ins>2</ins>  spaces, three   more. </p>' in one_text


def test_the_history_shows_the_state_as_it_is_stored(with_two_drafts, browser):
    page = browser.open(f"/a/{with_two_drafts.app_id}/history/5/")
    shown = re.findall(r"<pre [^>]*>\n(.*?)</pre>", page.response.content.decode(), re.S)
    assert OTHER in [plain(text) for text in shown]
