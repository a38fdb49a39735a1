"""A draft appears as it is written; the model holds back until the browser has shown what came before."""

import threading

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from assistant_app.errors import ModelTimeout
from tests.conftest import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PIECES = [
    "Dear Marta,\n\n",
    "  60 ship on <b>Thursday</b> & “36” on 10 December. 🚚\n",
    "<script>alert(1)</script>\n\n",
    "data: not an event\nevent: end\n\n",
    "Kind regards,\nIda",
]
WHOLE = "".join(PIECES)


@pytest.fixture
def gates():
    """One gate behind each piece of the draft but the last."""
    gates = [threading.Event() for _ in PIECES[:-1]]
    yield gates
    for gate in gates:
        gate.set()


@pytest.fixture
def writing(stage, gates):
    """A person's window with a draft of which the first piece was written."""
    stage.model.will_write(
        ["<reply>"] + [part for pair in zip(PIECES, [*gates, ""], strict=True) for part in pair]
    )
    stage.person = Person(stage.owner)
    stage.open()
    stage.page.get_by_label("The email you’re replying to").fill("Where are my 96 sensors?")
    stage.page.get_by_label("What do you want to say?").fill("60 ship on Thursday.")
    stage.press("Draft a reply")
    arrives(stage.page, "Dear Marta,")
    return stage


TEXT = "Array.from(document.querySelectorAll('#reply-text p'), (each) => each.textContent).join('\\n\\n')"
ARRIVED = f"text => {TEXT}.includes(text)"


def arrives(page, text):
    page.wait_for_function(ARRIVED, arg=text)


def arrived(page):
    return page.evaluate(TEXT)


def finished(page):
    page.locator("#state", has_text="Draft 1 is ready").wait_for()


def test_the_first_words_are_shown_before_the_last_are_written(writing, gates):
    page = writing.page
    assert "Kind regards" not in page.content()
    assert page.title().startswith("Writing draft 1:")
    for gate, piece in zip(gates, PIECES[1:], strict=True):
        gate.set()
        if piece is not PIECES[-1]:
            arrives(page, piece.strip())
    finished(page)
    assert page.title().startswith("Draft 1 is ready:")
    assert writing.person.row.state["current_draft"] == WHOLE


def test_the_text_that_arrives_is_the_draft_to_the_last_character(writing, gates):
    for gate in gates[:-1]:
        gate.set()
    arrives(writing.page, "event: end")
    assert WHOLE.startswith(arrived(writing.page))
    assert arrived(writing.page) == "".join(PIECES[:-1]).rstrip()


def test_nothing_is_fetched_again_when_the_next_form_comes(writing, gates):
    writing.page.evaluate("window.sameDocument = true")
    for gate in gates:
        gate.set()
    finished(writing.page)
    assert writing.page.evaluate("window.sameDocument") is True


def test_a_reload_in_mid_draft_goes_on_from_where_it_was(writing, gates):
    gates[0].set()
    arrives(writing.page, "10 December")
    writing.page.reload()
    arrives(writing.page, "10 December")
    gates[1].set()
    arrives(writing.page, "<script>")
    assert arrived(writing.page) == "".join(PIECES[:3]).rstrip()


def test_two_tabs_show_the_same_text(writing, gates):
    second = writing.page.context.new_page()
    second.goto(writing.address)
    for number, gate in enumerate(gates[:-1], start=1):
        gate.set()
        for tab in (writing.page, second):
            arrives(tab, PIECES[number].strip())
    assert arrived(writing.page) == arrived(second)
    gates[-1].set()
    for tab in (writing.page, second):
        finished(tab)


def test_stop_ends_it_and_keeps_everything_typed(writing):
    writing.press("Stop")
    writing.page.locator("#state", has_text="You stopped draft 1").wait_for()
    assert writing.person.row.error_code == "cancelled"
    assert writing.person.row.state["incoming_email"] == "Where are my 96 sensors?"
    writing.press("Write it again")
    finished(writing.page)


def test_the_back_button_and_forward_again_show_how_it_stands(writing, gates):
    writing.page.goto(reverse("email_list"))
    for gate in gates:
        gate.set()
    writing.page.go_back()
    finished(writing.page)


def test_focus_and_scroll_stay_where_they_are(writing, gates):
    page = writing.page
    page.set_viewport_size({"width": 1000, "height": 150})
    page.get_by_role("button", name="Stop").focus()
    page.evaluate("window.scrollTo(0, 40)")
    before = page.evaluate("window.scrollY")
    assert before > 0
    gates[0].set()
    arrives(page, "10 December")
    assert page.evaluate("document.activeElement.id") == "stop-writing"
    assert page.evaluate("window.scrollY") == before


def test_stop_is_in_reach_however_long_the_draft(stage):
    stage.model.will_write(["<reply>", "One line\n" * 100, gate := threading.Event(), "Ida"])
    stage.gates.append(gate)
    stage.begin(drafts=0)
    stage.person.begin("clarify_instructions", {"answers": ["", ""]}).claimed.result(30)
    stage.open()
    arrives(stage.page, "One line")
    expect(stage.page.get_by_role("button", name="Stop")).to_be_in_viewport(ratio=1)


def test_what_was_folded_again_stays_so_while_more_is_written(writing, gates):
    page = writing.page
    fold = page.locator(".work-head .menu > summary")
    fold.click()
    page.evaluate("htmx.ajax('GET', '?unless=running', {source: document.querySelector('[hx-get]')})")
    fold.click()
    gates[0].set()
    arrives(page, "10 December")
    page.wait_for_function("() => !document.querySelector('.htmx-settling')")
    assert page.locator(".work-head .menu[open]").count() == 0


def test_finished_paragraphs_are_read_out_once(writing, gates):
    page, log = writing.page, writing.page.locator("#draft-aloud p")
    gates[0].set()
    gates[1].set()
    arrives(page, "<script>")
    assert log.all_text_contents() == ["Dear Marta,"]
    gates[2].set()
    arrives(page, "event: end")
    assert log.count() == 2
    assert page.locator("#draft-aloud").get_attribute("role") == "log"


def test_a_run_that_fails_in_mid_draft_says_so_without_a_reload(stage):
    gate = threading.Event()
    stage.begin()
    stage.model.will_write(
        ["<reply>Dear Marta,\n\nwe ", gate, ModelTimeout("The model's server gave no answer.")]
    )
    stage.open()
    stage.page.get_by_label("Any changes?").fill("Warmer.")
    stage.press("Send feedback")
    arrives(stage.page, "we")
    gate.set()
    stage.page.get_by_text("The model's server gave no answer.").wait_for()
    assert stage.page.get_by_role("button", name="Try again").is_visible()


def test_without_scripts_the_text_so_far_is_in_the_page(writing, gates, open_window, owner):
    gates[0].set()
    arrives(writing.page, "10 December")
    plain = open_window(owner, java_script_enabled=False)
    plain.goto(writing.address)
    assert "10 December" in plain.locator("#reply-text").text_content()
    assert plain.locator("meta[http-equiv=refresh]").get_attribute("content").startswith("3;url=/a/")
