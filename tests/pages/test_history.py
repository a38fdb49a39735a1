"""The history of an email, a step, a call to the model, and usage: true, one's own, with few queries."""

from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assistant_app import operations
from assistant_app.errors import ModelTimeout
from assistant_app.models import Application, ModelCall
from assistant_app.people import readings
from tests.admin.conftest import Story
from tests.conftest import stop, wait_for_runs

pytestmark = pytest.mark.django_db(transaction=True)
EVIL = "<script>alert(1)</script>' onmouseover=alert(2) </pre>"
MOST_QUERIES = 12


@pytest.fixture
def answered(person, model):
    """Two questions, one skipped; a draft, a failure, a second draft."""
    model.will_ask("Which day?", "Which address?", reasons=["She wants one.", ""])
    model.will_write("Dear Marta, on Thursday.")
    model.will_write(ModelTimeout())
    model.will_write("Dear Marta, sorry: on Thursday.")
    person.give_input()
    person.answer("Thursday.", "")
    person.fails_at("process_feedback", feedback="Say sorry.")
    person.retry()
    return person


def history_of(person, rest="history/"):
    return f"/a/{person.app_id}/{rest}"


@pytest.mark.parametrize("rest", ["", "history/", "history/3/", "calls/2/", "compare/", "delete/"])
def test_every_page_of_an_email_is_under_emails(browser, answered, rest):
    page = browser.open(history_of(answered, rest)).page
    assert '<a href="/" aria-current="true">Emails</a>' in page.html


def test_the_history_tells_what_happened_in_order(browser, answered):
    assert "History" in browser.open(history_of(answered, "")).page.links
    browser.open(browser.page.links["History"])
    told = [
        "You said what you want 0 process_input",
        "The assistant asked 2 questions 1 determine_clarifications",
        "You answered 1 question, skipped 1 2 clarify_instructions",
        "“Thursday.”",
        "Draft 1, 4 words 3 formulate_draft",
        "You asked for a change 4 process_feedback",
        "Draft 2 couldn’t be finished 5 formulate_draft",
        "Draft 2, 5 words 6 formulate_draft",
        "Draft 2 is ready process_feedback",
    ]
    text = " ".join(browser.page.text.split()).partition("Step by step")[2]
    places = [text.index(part) for part in told]
    assert places == sorted(places)
    text = " ".join(browser.page.text.split())
    assert "Not yet: Leave out sources" in text
    for part in ("Steps 7", "Model calls 4 1 failed", "formulate_draft · 2 times"):
        assert part in text
    assert "Cost" not in text


def test_a_finished_one_ends_with_its_draft(browser, answered):
    answered.give_feedback("")
    browser.open(history_of(answered))
    assert browser.says("You accepted draft 2 7 process_feedback")
    assert browser.says("Accepted draft 2 8 final_result")
    assert "Continue" not in browser.page.links


def test_a_step_that_its_person_stopped_did_not_fail_and_was_not_gone_back_from(browser, answered, model):
    writing = model.will_wait_to_write()
    answered.begin("process_feedback", {"feedback": "Shorter."}).claimed.result(30)
    stop(actor=answered.user, app_id=answered.app_id)
    writing.set()
    wait_for_runs()
    assert browser.open(history_of(answered)).says("You stopped draft 3")
    assert browser.open(history_of(answered, "history/8/")).says("You stopped draft 3")
    assert not browser.says("After you went back")


def test_every_kind_of_step_is_said_in_words(browser, answered):
    answered.send("edit_draft", text="My own words.")
    answered.send("use_draft", draft=1)
    answered.send("regenerate")
    answered.give_feedback("")
    answered.send("reopen")
    browser.open(history_of(answered))
    for words in (
        "You edited draft 2 into draft 3, 3 words",
        "You restored draft 1",
        "You asked for another try",
        "Draft 4, ",
        "You reopened it",
    ):
        assert browser.says(words), words


def test_each_draft_leads_to_the_next_one_and_to_an_alternative(browser, answered):
    browser.open(history_of(answered))
    compared = browser.page.links["Compare with draft 2"]
    assert compared == history_of(answered, "compare/?a=1&b=2")
    assert browser.page.links["Read and decide"] == history_of(answered, "")
    assert "Compare with draft 3" not in browser.page.links
    browser.press("Start an alternative here: draft 1")
    assert Application.objects.exclude(pk=answered.app_id).get().state["draft_history"] == [
        "Dear Marta, on Thursday."
    ]
    answered.give_feedback("")
    assert "Read and decide" not in browser.open(history_of(answered)).page.links


def test_a_branch_says_so_and_both_name_each_other(browser, answered, owner):
    fork, _ = operations.fork(actor=owner, app_id=answered.app_id, sequence_id=3)
    browser.open(f"/a/{fork.pk}/history/")
    assert browser.says("This alternative starts here")
    assert browser.says("started")
    assert browser.says("Branch 1 (this one)")
    assert browser.page.links["The first"] == history_of(answered)
    assert browser.open(history_of(answered)).page.links["Branch 1"] == f"/a/{fork.pk}/history/"


def test_a_branch_begins_at_the_step_whose_button_was_pressed(browser, answered, strangers_browser):
    browser.open(history_of(answered))
    assert "Start an alternative here: step 5" not in [
        name for form in browser.page.forms for name in form.buttons
    ]
    browser.press("Start an alternative here: step 3")
    fork = Application.objects.exclude(pk=answered.app_id).get()
    assert browser.address == f"/a/{fork.pk}/"
    assert (fork.parent_id, fork.parent_sequence_id, fork.next_step) == (
        answered.app_id,
        3,
        "process_feedback",
    )
    assert fork.state["draft_history"] == ["Dear Marta, on Thursday."]
    browser.open(f"/a/{fork.pk}/history/0/").press("Start an alternative here: step 0")
    assert Application.objects.get(parent=fork).root_id == answered.app_id
    assert strangers_browser.client.post(f"/a/{fork.pk}/fork/", {"step": "0"}).status_code == 404


def test_the_state_after_a_step_is_shown_in_full(browser, answered):
    browser.open(history_of(answered, "history/3/"))
    assert browser.says("Draft 1, 4 words")
    assert browser.says("current_draft after Dear Marta, on Thursday.")
    assert browser.says("clarification_reasons 1. She wants one. 2. empty")
    assert browser.says("clarification_answers 1. Thursday. 2. empty")
    assert not browser.says("sorry: on Thursday")
    assert browser.page.links["Step 4"] == history_of(answered, "history/4/")


def test_a_call_is_shown_to_the_letter_with_its_cost(browser, answered, model, settings):
    settings.MODEL_PRICES = {"scripted-1": {"in": Decimal(1000), "out": Decimal(0)}}
    browser.open(history_of(answered, "calls/2/"))
    html = unescape(browser.response.content.decode())
    for message in model.calls_for("draft")[0].messages:
        assert message.content in html
    assert browser.says("Dear Marta, on Thursday.")
    assert browser.says("Copy as curl")
    assert browser.says('-H "Authorization: Bearer ${OPENAI_API_KEY:-none}"')
    tokens = ModelCall.objects.order_by("id")[1].tokens_in
    assert browser.says(f"Cost ${tokens * Decimal('0.001'):.4f}")


def test_a_cost_in_part_says_so(browser, answered, settings):
    settings.MODEL_PRICES, settings.MODEL_PRICES_CURRENCY = (
        {"dear": {"in": Decimal(5), "out": Decimal(5)}},
        "EUR",
    )
    first = ModelCall.objects.order_by("id").first()
    ModelCall.objects.filter(pk=first.pk).update(model="dear", tokens_in=2_000_000, tokens_out=1)
    browser.open(history_of(answered))
    assert browser.says("Cost EUR\N{NO-BREAK SPACE}10.00 plus 2 calls with no price set")


@pytest.mark.parametrize("rest", ["history/", "history/0/", "calls/1/"])
def test_other_users_do_not_find_it(answered, strangers_browser, operator, visitor, rest):
    assert strangers_browser.open(history_of(answered, rest)).status == 404
    assert visitor.open(history_of(answered, rest)).address.startswith("/sign-in/")
    visitor.client.force_login(operator)
    assert visitor.open(history_of(answered, rest)).status == 404


@pytest.mark.parametrize("rest", ["history/99/", "calls/0/", "calls/99/", f"calls/{'9' * 30}/"])
def test_what_never_was_is_not_found(browser, answered, rest):
    assert browser.open(history_of(answered, rest)).status == 404


def test_what_anybody_wrote_is_escaped(browser, owner, model):
    story = Story(owner, title=EVIL)
    story.step("process_input", incoming_email=EVIL, response_instructions=EVIL)
    story.call(reply=EVIL, parameters={EVIL: EVIL}, messages=[{"role": EVIL, "content": EVIL}], model=EVIL)
    story.step("formulate_draft", error_code="model_failed", error_message=EVIL).ends("failed")
    for rest in ("history/", "history/0/", "history/1/", "calls/1/"):
        page = browser.open(f"/a/{story.row.pk}/{rest}").response.content.decode()
        assert "<script>alert" not in page
        assert "' onmouseover" not in page
        assert EVIL in unescape(page)
    assert "<script>alert" not in browser.open("/usage/").response.content.decode()


def test_staff_who_read_it_are_named_with_their_reason(browser, answered, operator):
    readings.begin(actor=operator, app_id=answered.app_id, reason="A failed call.")
    browser.open(history_of(answered))
    assert browser.says("Who else has seen this root opened it")
    assert browser.says("“A failed call.”")


def test_nothing_yet_is_said(browser, person):
    browser.open(history_of(person))
    assert browser.says("Nothing here yet.")


def test_a_long_history_comes_in_pages_with_few_queries(browser, owner, model):
    story = Story(owner).step("process_input", incoming_email="x" * 50_000)
    drafts = []
    for n in range(40):
        drafts = [*drafts, f"Draft {n}."]
        story.step("formulate_draft", current_draft=drafts[-1], draft_history=drafts).call()
        story.step("process_feedback", feedback=f"Again {n}.")
    story.ends("waiting")
    address = f"/a/{story.row.pk}/history/"
    for rest in ("history/", "history/?page=2", "history/70/", "calls/40/"):
        with CaptureQueriesContext(connection) as queries:
            browser.open(f"/a/{story.row.pk}/{rest}")
        assert browser.status == 200
        assert 0 < len(queries) <= MOST_QUERIES, queries.captured_queries
    browser.open(address)
    assert browser.says("Page 1 of 2")
    assert not browser.says("Draft 40, 2 words")
    assert browser.open(address + browser.page.links["Later steps"]).says("Draft 40, 2 words")
    assert browser.says("formulate_draft · 40 times")
    assert browser.says("Model calls 40")


# --- Usage ---------------------------------------------------------------------------------------


def test_usage_is_told_by_day_and_by_email(browser, answered, settings):
    settings.MODEL_PRICES = {"scripted-1": {"in": Decimal(1), "out": Decimal(0)}}
    last = ModelCall.objects.order_by("id").last()
    ModelCall.objects.filter(pk=last.pk).update(
        created_at=timezone.now() - timedelta(days=10), tokens_in=5_000_000
    )
    browser.open("/settings/data/")
    browser.open(browser.page.links["Usage"])
    assert browser.says("Model calls 4 1 failed")
    assert browser.says("Late delivery 4 calls")
    assert browser.says("Cost $5.0")
    assert browser.response.content.decode().count('class="written"') == 2
    assert history_of(answered) in browser.page.links.values()
    with CaptureQueriesContext(connection) as queries:
        browser.open("/usage/?days=7")
    assert browser.says("Model calls 3 1 failed")
    assert 0 < len(queries) <= MOST_QUERIES


def test_usage_is_ones_own(strangers_browser, answered, visitor):
    assert strangers_browser.open("/usage/?days=nonsense").says("Nothing in this period")
    assert not strangers_browser.says("Late delivery")
    assert visitor.open("/usage/").address.startswith("/sign-in/")
