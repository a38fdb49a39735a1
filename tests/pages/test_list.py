"""Your emails: whose turn it is, tabs with counts, search, pages, alternatives, and what is undone."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.utils import timezone

from assistant_app.models import Application
from assistant_app.workflow.graph import DEFAULT_STATE

pytestmark = pytest.mark.django_db

Status = Application.Status


@pytest.fixture
def email(owner):
    """Store an email in some state, without a run."""

    def store(title="Late delivery", status=Status.WAITING, next_step="process_feedback", **values):
        state = {**DEFAULT_STATE, "incoming_email": title, **values.pop("state", {})}
        if status == Status.FAILED:
            values = {"error_code": "model_timeout", **values}
        if status == Status.RUNNING:
            expires = timezone.now() + timedelta(seconds=60)
            values = {"lease_token": uuid.uuid4(), "lease_expires_at": expires, **values}
        return Application.objects.create(
            owner=values.pop("user", owner),
            title=title,
            status=status,
            next_step="" if status == Status.FINISHED else next_step,
            state=state,
            **values,
        )

    return store


def titles(browser):
    rows = re.findall(r'<a href="/a/[0-9a-f-]+/"><bdi>(.*?)</bdi></a>', browser.page.html)
    return [unescape(re.sub("<.*?>", "", row)) for row in rows]


def test_an_empty_list_says_what_this_is_for(browser):
    assert browser.open("/").says("Paste an email, get a reply worth sending")


def test_each_row_says_whose_turn_it_is_and_what_is_next(browser, email):
    email("a branch", next_step="process_input")
    email("b", next_step="clarify_instructions", state={"clarification_questions": ["One?", "Two?"]})
    email("c", next_step="clarify_instructions", state={"clarification_questions": ["One?"]})
    draft = "Hi Marta,\n\nthank you."
    email("d", state={"draft_history": ["x", draft], "current_draft": draft}, sender="Marta Kowalczyk")
    email(
        "e", Status.RUNNING, position="process_feedback", state={"draft_history": ["x"], "feedback": "Warmer"}
    )
    email("f", Status.RUNNING, position="process_input")
    email("g", Status.FAILED, error_message="The model did not answer.", position="process_input")
    email("h", Status.RUNNING, lease_expires_at=timezone.now() - timedelta(seconds=1))
    email("i", Status.FINISHED)
    email("j", Status.FAILED, error_code="cancelled", position="process_feedback")
    email("k", Status.FAILED, error_message="It was cut off.", position="clarify_instructions")
    email("", next_step="process_input", state={})
    browser.open("/")
    for words in (
        "a branch – a branch Change the instructions",
        "Empty",
        "b – One? 2 questions",
        "c – One? 1 question ",
        "Marta Kowalczyk d – Hi Marta, thank you. Draft 2 ready",
        "e – Draft 2, after “Warmer” Writing",
        "f – Checking for anything unclear Reading",
        "g – The model did not answer. Couldn’t start",
        "Interrupted",
        "k – It was cut off. Couldn’t write",
        "j – What’s written so far is kept. Stopped",
        "Accepted",
        "No sender",
        "No email yet No subject",
    ):
        assert browser.says(words), words
    assert browser.says("Your turn 9")
    assert browser.says("Being written 2")
    assert browser.says("Recently done 1")


def test_stopped_emails_come_first_and_those_being_written_last(browser, email):
    email("stopped", Status.FAILED)
    email("waits")
    email("writes", Status.RUNNING)
    email("done", Status.FINISHED)
    email("expired", Status.RUNNING, lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert titles(browser.open("/")) == ["expired", "stopped", "waits", "writes", "done"]


def test_tabs_count_and_show(browser, email):
    email("waits")
    email("writes", Status.RUNNING)
    email("stopped", Status.FAILED)
    email("done", Status.FINISHED, updated_at=timezone.now() - timedelta(days=8))
    email("away", archived_at=timezone.now())
    email("done and away", Status.FINISHED, archived_at=timezone.now())
    browser.open("/")
    for words in ("Open 3", "Done 1", "Archived 2"):
        assert browser.says(words)
    assert titles(browser) == ["stopped", "waits", "writes"]
    assert titles(browser.open("/?show=done")) == ["done"]
    assert titles(browser.open("/?show=finished")) == ["done"]  # an earlier version's bookmark
    assert titles(browser.open("/?show=archived")) == ["done and away", "away"]
    assert len(titles(browser.open("/?show=nonsense"))) == 3


def test_a_tab_without_emails_says_so(browser, email):
    email("done", Status.FINISHED, updated_at=timezone.now() - timedelta(days=8))
    assert browser.open("/").says("You’re all caught up")
    assert browser.open("/?show=archived").says("Nothing here yet")


def test_what_changed_since_it_was_opened_is_new(browser, email):
    email("unknown", version=3)
    email("seen", version=3, seen_version=3)
    email("being written", Status.RUNNING, version=3, seen_version=2)
    email("changed", version=3, seen_version=2)
    html = browser.open("/").page.html
    assert html.count('class="mail new"') == 1
    assert re.search('class="mail new".*?/"><bdi>(.*?)</bdi></a>', html)[1] == "changed"


def test_search_looks_at_titles_senders_and_texts_in_any_script(browser, email):
    email("Straße")
    email("b", sender="Hélène")
    email("c", state={"incoming_email": "in the email: استفسار"})
    email("d", state={"response_instructions": "Yes, 50 % off"})
    email("e", state={"current_draft": 'Dear "Marta" \\o/'})
    for words, title in (
        ("straße", "Straße"),
        ("Hélène", "b"),
        ("استفسار", "c"),
        ("50 %", "d"),
        ('"marta"', "e"),
        ("\\o/", "e"),
    ):
        browser.open("/", data={"q": words})
        assert titles(browser) == [title], words
        assert browser.says("1 open email mentions")


@pytest.mark.parametrize("query", ["order", "<img", "/marker", "ORDER <b>"])
def test_a_hit_in_markup_is_marked_and_all_of_it_stays_text(browser, email, query):
    text = "<img src=/marker onerror=alert(1)> order <b>"
    email(text, sender=text, state={"current_draft": text})
    browser.open("/", data={"q": query})
    body = browser.response.content.decode()
    assert body.count('<mark class="mark-hit">') == 3
    assert titles(browser) == [text]
    assert browser.says(f"– …{text}…")
    assert "<img" not in body
    assert "order <b>" not in body


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"current_draft": "x " * 200 + "the Invoice is late"}, "Invoice is late…"),
        ({"incoming_email": "y " * 200 + "send the\ninvoice, please"}, "the invoice, please…”"),
        ({"response_instructions": "no invoice yet"}, "In your instructions: “…no invoice yet…”"),
    ],
)
def test_a_hit_is_shown_with_the_text_around_it(browser, email, state, words):
    email("a title", state={"incoming_email": "Hello", **state})
    assert browser.open("/?q=invoice").says(words)
    assert len(" ".join(browser.page.text.split())) < 500


def test_a_search_that_finds_nothing_offers_a_way_on(browser, email):
    email("order 1")
    email("order 2", Status.FINISHED)
    browser.open("/", data={"q": "order"})
    assert browser.says("1 open email mentions “order”")
    assert browser.says("Done 1")
    browser.open("/", data={"q": "order", "show": "archived"})
    assert browser.says("No archived email mentions “order”")
    assert titles(browser.open("/" + browser.page.links["Done: 1"])) == ["order 2"]
    browser.open("/", data={"q": "recipe"})
    assert browser.says("Nothing mentions “recipe”")
    assert titles(browser.open("/" + browser.page.links["Clear search"])) == ["order 1", "order 2"]


def test_the_tabs_keep_the_search_and_count_its_hits(browser, email):
    email("order & more")
    email("another")
    browser.open("/", data={"q": "order & more"})
    assert browser.page.links["Open 1"] == "?show=open&q=order+%26+more"


@pytest.mark.parametrize("query", ["\x00", "%", "_", "' OR 1=1 --", "x" * 5000, "\ud83d"])
def test_any_search_is_only_a_search(browser, email, query):
    email("harmless")
    assert browser.open("/", data={"q": query.encode("utf-8", "replace").decode()}).status == 200


def test_alternatives_are_listed_under_the_newest(browser, email):
    first = email("Late delivery", state={"response_instructions": "Tuesday"})
    second = email("Late delivery", root_id=first.pk, state={"response_instructions": "Thursday"})
    email("Late delivery", Status.FINISHED, root_id=first.pk, state={"response_instructions": "Never"})
    email("another")
    browser.open("/")
    assert titles(browser) == ["another", "Late delivery", "Late delivery"]
    assert browser.says("2 alternatives Thursday")
    assert browser.says("Your turn 2")
    assert browser.says("Open 2")
    assert browser.page.html.count(f"/a/{second.pk}/") == 2
    assert browser.page.html.count(f"/a/{first.pk}/") == 1
    found = browser.open("/?q=Tuesday")
    assert titles(found) == ["Late delivery"]
    assert not found.says("alternatives")


def test_a_list_of_one_page_says_nothing_of_pages(browser, email):
    email("the only one")
    assert not browser.open("/").says("1–1 of 1")


def test_pages_lead_to_older_and_newer_emails(browser, email):
    for number in range(60):
        email(f"email {number:02}")
    browser.open("/")
    assert titles(browser)[0] == "email 59"
    assert browser.says("1–25 of 60")
    assert "Newer" not in browser.page.links
    browser.open("/" + browser.page.links["Older"])
    assert browser.says("26–50 of 60")
    browser.open("/" + browser.page.links["Older"])
    assert browser.says("51–60 of 60")
    assert "Older" not in browser.page.links
    assert browser.open("/" + browser.page.links["Newer"]).says("26–50 of 60")


@pytest.mark.parametrize("page", ["0", "-1", "999", "x", "9" * 50, "١"])
def test_a_page_that_does_not_exist_is_the_nearest(browser, email, page):
    email("only")
    assert titles(browser.open(f"/?page={page}")) == ["only"]


def test_users_do_not_see_the_emails_of_others(browser, email, stranger):
    email("theirs", user=stranger)
    assert browser.open("/").says("Write your first reply")
    email("mine")
    assert titles(browser.open("/")) == ["mine"]
    assert browser.open("/?q=theirs").says("Nothing mentions")
    assert browser.says("Open 0")


@pytest.mark.parametrize("query", ["", "?q=delivery&show=done&page=3"])
def test_a_thousand_emails_cost_at_most_six_queries(browser, owner, all_queries, query):
    state = {**DEFAULT_STATE, "incoming_email": "Late delivery", "draft_history": ["x"] * 3}
    waiting = {"status": Status.WAITING, "next_step": "process_feedback"}
    Application.objects.bulk_create(
        Application(
            owner=owner,
            title=f"Late delivery {n}",
            state=state,
            **(waiting if n % 2 else {"status": Status.FINISHED}),
        )
        for n in range(1000)
    )
    with all_queries() as queries:
        browser.open("/" + query)
    assert len(queries) <= 6
    assert len(titles(browser)) >= 25
    assert not any('"state", "assistant_app' in sql for _, sql in queries)  # it is measured, never read


@pytest.mark.parametrize(
    ("age", "words"), [(timedelta(days=1), "Yesterday"), (timedelta(days=400), "10 Apr 2025")]
)
def test_an_older_email_is_dated_as_people_say_it(browser, email, monkeypatch, age, words):
    now = datetime(2026, 5, 15, 12, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    email(updated_at=now - age)
    assert browser.open("/").says(words)


def test_an_email_of_this_year_is_dated_without_it(browser, email, monkeypatch):
    now = datetime(2026, 5, 15, 12, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    email(updated_at=now - timedelta(days=10))
    assert browser.open("/").says("5 May")
    assert not browser.says("2026")


def test_an_email_of_this_week_is_dated_by_its_day(browser, email, monkeypatch):
    now = datetime(2026, 5, 15, 12, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    email(updated_at=now - timedelta(days=2))
    assert browser.open("/").says("Wed, 12:00")


def test_ticked_emails_are_archived_and_the_line_undoes_it(browser, email):
    first, second = email("first"), email("second")
    ticked = {"email": [str(first.pk), str(second.pk)]}
    browser.client.post("/archive/", ticked)
    assert browser.open("/").says("2 emails archived. Undo")
    undo = next(form for form in browser.page.forms if form.action == "/undo/")
    assert sorted(undo.fields["email"]) == sorted(ticked["email"])
    browser.press("Undo")
    assert browser.says("Restored.")
    assert titles(browser) == ["second", "first"]
    assert not browser.open("/").says("Restored.")


def test_a_deleted_email_is_named_and_comes_back(browser, email):
    late = email("Late delivery")
    email("another")
    browser.open(f"/a/{late.pk}/delete/").press("Delete")
    assert browser.says("“Late delivery” deleted. Undo")
    assert titles(browser) == ["another"]
    assert titles(browser.press("Undo")) == ["another", "Late delivery"]


def test_an_archived_email_is_put_back_from_its_tab(browser, email):
    away = email("away", archived_at=timezone.now())
    buttons = browser.open("/?show=archived").page.forms[-1].buttons
    assert buttons["Put back"] == ("do", "unarchive")
    browser.client.post("/archive/", {"email": [str(away.pk)], "do": "unarchive"})
    assert browser.open("/").says("1 email put back. Undo")


def test_each_row_is_named_for_screen_readers(browser, email):
    email("Late delivery", sender="Marta")
    assert 'aria-label="Select “Late delivery” from Marta"' in browser.open("/").page.html
