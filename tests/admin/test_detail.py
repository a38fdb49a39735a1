"""One application in full: what happened, what it changed, what the model was told, and the way."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from assistant_app import operations
from assistant_app.models import Application, ModelCall, Step

from .conftest import say_why

pytestmark = pytest.mark.django_db
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)></pre>"


def address(row, rest="change/"):
    return f"/admin/assistant_app/application/{row.pk}/{rest}"


def html(client, story_or_row, rest="change/"):
    row = getattr(story_or_row, "row", story_or_row)
    say_why(client, row)
    page = client.get(address(row, rest))
    assert page.status_code == 200
    return page.content.decode()


def steps_of(page):
    return re.findall(r"<li class=\"(?:completed|failed).*?</li>", page, re.S)


def fields(page):
    """What can be filled in, but for the search in Django's side bar."""
    found = re.findall(r"<(?:input|textarea|select)[^>]*>", page)
    return [field for field in found if "hidden" not in field and "nav-filter" not in field]


def words(markup):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def test_the_timeline_shows_every_step_with_its_number_base_status_and_duration(admin_site, one_draft):
    steps = [words(step) for step in steps_of(html(admin_site, one_draft))]
    assert len(steps) == 4
    assert steps[0].startswith("0. process_input Completed The first one")
    assert "Goes on from 1" in steps[3]
    assert "1.50 s" in steps[3]


def test_a_branch_says_what_it_branched_off_from(admin_site, one_draft, owner):
    branch, _ = operations.fork(actor=owner, app_id=one_draft.row.pk, sequence_id=3)
    page = html(admin_site, branch)
    assert f"Branch of {one_draft.row.pk} , step 3" in words(page)
    assert address(one_draft.row) in page
    assert "Branch of" not in html(admin_site, one_draft)
    operations.delete(actor=owner, app_id=one_draft.row.pk)
    assert "Branch of a deleted email" in words(html(admin_site, branch))


def test_a_failed_step_shows_why(admin_site, one_draft):
    step = steps_of(html(admin_site, one_draft))[2]
    assert "Failed" in step
    assert "model_timeout" in step
    assert "No answer in time." in step


def test_what_a_step_changed_and_the_state_after_it_are_shown(admin_site, one_draft):
    step = words(steps_of(html(admin_site, one_draft))[3])
    assert "Changes: draft_history , current_draft" in step
    assert "current_draft Dear Marta, 60 ship on Thursday." in step
    assert "draft_history 1. Dear Marta, 60 ship on Thursday." in step
    assert "incoming_email From: Marta Kowalczyk" in step  # of the state, not of the change


def test_what_a_change_replaced_is_shown_beside_it(admin_site, one_draft):
    one_draft.step("process_feedback", feedback="Shorter.", feedback_history=["Shorter."])
    one_draft.step("formulate_draft", current_draft="Dear M.", draft_history=["Dear Marta, …", "Dear M."])
    step = steps_of(html(admin_site, one_draft))[-1]
    assert "Dear Marta, 60 ship" in re.search(r"<del>(.*?)</del>", step, re.S)[1]
    assert "Dear M." in re.search(r"<ins>(.*?)</ins>", step, re.S)[1]


def test_the_state_after_a_step_is_the_fold_along_its_bases(admin_site, tell):
    """A step that was undone leaves nothing in the state of the steps that continue before it."""
    story = tell().step("process_input", incoming_email="first", response_instructions="one")
    story.row.sequence_id, story.state = (
        None,
        {**story.state, "incoming_email": "", "response_instructions": ""},
    )
    story.step("process_input", incoming_email="second", response_instructions="two")
    first, second = steps_of(html(admin_site, story))
    assert "abandoned" in first
    assert "first" in first
    assert "abandoned" not in second
    assert ">\nfirst<" not in second


def test_the_model_calls_show_messages_reply_parameters_tokens_and_times(admin_site, one_draft):
    step = words(steps_of(html(admin_site, one_draft))[3])
    for part in (
        "draft by gpt-5-mini",
        "2118 tokens in, 196 out",
        "first word 0.61 s",
        "6.40 s",
        "models.example",
    ):
        assert part in step
    assert "System You write email replies. User Answer Marta. Reply Dear Marta, 60 ship" in step
    assert '"temperature": 0.4' in step


def test_a_failed_call_shows_that_there_was_no_reply(admin_site, one_draft):
    step = words(steps_of(html(admin_site, one_draft))[2])
    assert "no first word" in step
    assert "? out" in step


def test_the_drawing_shows_the_way_and_where_it_stands(admin_site, one_draft):
    page = html(admin_site, one_draft)
    drawing = re.search(r"<svg class=\"graph\".*?</svg>", page, re.S)[0]
    assert '<title id="graph-title">' in drawing
    assert (
        "Taken: Paste the email, Look for questions, Write a draft. Now at: Read the draft."
        " Not yet: Answer the questions,"
    ) in drawing
    assert "process_feedback · now here" in drawing
    assert drawing.count('class="box here"') == 1


@pytest.mark.parametrize(
    ("make", "here"),
    [
        (lambda tell: tell().row, "process_input"),
        (lambda tell: tell().step("process_input", incoming_email="x").runs(), "determine_clarifications"),
        (
            lambda tell: tell().step("process_input", incoming_email="x").ends("failed"),
            "determine_clarifications",
        ),
        (lambda tell: tell().step("final_result", final_draft="x").ends("finished"), "final_result"),
    ],
    ids=["new", "running", "failed", "finished"],
)
def test_the_drawing_marks_the_current_place_in_every_status(admin_site, tell, make, here):
    assert f"{here} · now here" in html(admin_site, make(tell))


def test_nothing_has_happened_yet(admin_site, tell):
    assert "Nothing has happened yet." in html(admin_site, tell())


def test_long_texts_are_cut_and_lead_to_the_whole(admin_site, tell):
    story = tell().step("process_input", incoming_email="Dear all. " * 10_000)
    page = html(admin_site, story)
    assert len(page) < 60_000
    assert "98500 more characters" in page
    assert address(story.row, "steps/0/") in page
    whole = html(admin_site, story, "steps/0/")
    assert "Dear all. " * 10_000 in whole
    assert "more characters" not in whole


def test_a_step_has_a_page_with_everything_in_full(admin_site, one_draft):
    page = words(html(admin_site, one_draft, "steps/3/"))
    assert "3. formulate_draft Completed" in page
    assert "draft by gpt-5-mini" in page


def test_a_step_that_does_not_exist_is_not_found(admin_site, one_draft):
    say_why(admin_site, one_draft.row)
    missing = admin_site.get(address(one_draft.row, "steps/99/"))
    assert missing.status_code == 404
    no_number = admin_site.get(address(one_draft.row, "steps/x/"), follow=True)  # to the index, says Django
    assert (no_number.redirect_chain[-1], no_number.status_code) == (("/admin/", 302), 200)
    for page in (missing, no_number):
        assert "sensors" not in page.content.decode()


def test_fifty_drafts_cost_as_few_queries_as_one(admin_site, tell):
    story = tell().step("process_input", incoming_email="x" * 100_000)
    drafts = []
    for n in range(50):
        drafts = [*drafts, f"Draft {n}. " + "y" * 500]
        story.step("formulate_draft", current_draft=drafts[-1], draft_history=drafts).call()
        story.step("process_feedback", feedback=f"Again {n}.")
    story.ends("waiting")
    html(admin_site, story)  # warms up Django's cache of content types
    with CaptureQueriesContext(connection) as queries:
        answer = admin_site.get(address(story.row))
    assert answer.status_code == 200
    assert 0 < len(queries) <= 8
    page = answer.content.decode()
    assert len(page) < 3_000_000
    assert "formulate_draft · 50 times" in page
    assert "Page 1 of 3" in page
    assert "Draft 49." not in page
    assert "Draft 49." in html(admin_site, story, "change/?page=3")


@pytest.mark.parametrize("rest", ["change/", "steps/0/", "delete/"])
def test_what_people_and_models_wrote_is_escaped_everywhere(admin_site, tell, rest):
    story = tell(title=EVIL)
    story.row.sender = EVIL
    values = {
        "incoming_email": EVIL,
        "response_instructions": EVIL,
        "draft_history": [EVIL],
        "current_draft": EVIL,
    }
    story.step("process_input", **values)
    story.call(reply=EVIL, parameters={EVIL: EVIL}, messages=[{"role": EVIL, "content": EVIL}], model=EVIL)
    story.step("formulate_draft", error_code="model_failed", error_message=EVIL)
    page = html(admin_site, story, rest)
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert EVIL in unescape(page)


def test_the_list_escapes_too(admin_site, tell):
    tell(title=EVIL, error_message=EVIL)
    page = admin_site.get("/admin/assistant_app/application/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert f">{escape(EVIL)}</a>" in page


def test_a_text_that_begins_with_an_empty_line_keeps_it(admin_site, tell):
    """HTML drops the first line break of a `pre`."""
    story = tell().step("process_input", incoming_email="\n\nHello")
    assert '<pre dir="auto">\n\n\nHello</pre>' in html(admin_site, story)


def test_a_value_that_is_no_text_is_shown_as_json(admin_site, tell):
    """A step that is added later may keep anything that JSON can hold."""
    page = html(admin_site, tell().step("process_input", tone={"formal": True}))
    assert "{ &quot;formal&quot;: true }" in " ".join(page.split())


# --- Nothing is edited here ----------------------------------------------------------------------


def test_sending_a_change_is_refused_and_changes_nothing(admin_site, one_draft):
    before = Application._base_manager.values().get()
    answer = admin_site.post(
        address(one_draft.row), {"title": "Forged", "status": "finished", "_save": "Save"}
    )
    assert answer.status_code == 403
    assert Application._base_manager.values().get() == before


def test_nothing_can_be_added(admin_site):
    assert admin_site.get("/admin/assistant_app/application/add/").status_code == 403
    assert admin_site.post("/admin/assistant_app/application/add/", {"title": "Forged"}).status_code == 403
    assert not Application.objects.exists()


def test_steps_and_calls_have_no_pages_of_their_own(admin_site, one_draft):
    for model in ("step", "modelcall"):
        assert admin_site.get(f"/admin/assistant_app/{model}/").status_code == 404
    page = html(admin_site, one_draft)
    assert fields(page) == []
    assert "_save" not in page


def test_posting_to_a_step_changes_nothing(admin_site, one_draft):
    before = list(Step.objects.values()), list(ModelCall.objects.values())
    admin_site.post(address(one_draft.row, "steps/0/"), {"changes": "{}"})
    assert (list(Step.objects.values()), list(ModelCall.objects.values())) == before


def test_an_unknown_application_leads_back_with_a_message(admin_site):
    page = admin_site.get("/admin/assistant_app/application/no-such-id/change/", follow=True)
    assert "doesn’t exist" in page.content.decode()
