"""Your emails: the next thing to do, filters with counts, search, pages."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from assistant_app.models import Application, Step
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


def reopened(email, *statuses):
    """Steps that reopened an email, or failed to."""
    return [
        Step(
            application=email,
            sequence_id=number,
            base=number - 1,
            position="reopen",
            status=status,
            error_code="internal_error" if status == Step.Status.FAILED else "",
            started_at=timezone.now(),
        )
        for number, status in enumerate(statuses, start=1)
    ]


def titles(browser):
    return [text for text, link in browser.page.links.items() if link.startswith("/a/")]


def test_an_empty_list_says_what_this_is_for(browser):
    assert browser.open("/").says("Paste an email. Say what you want to answer. Get a draft.")


def test_each_row_says_the_next_thing_to_do(browser, email):
    email("a branch", next_step="process_input")
    email("b", next_step="clarify_instructions", state={"clarification_questions": ["One?", "Two?"]})
    email("c", next_step="clarify_instructions", state={"clarification_questions": ["One?"]})
    email("d", state={"draft_history": ["x", "y"]}, sender="Marta")
    email("e", Status.RUNNING, position="process_feedback", state={"draft_history": ["x"]})
    email("f", Status.RUNNING, position="process_input")
    email("g", Status.FAILED)
    email("h", Status.RUNNING, lease_expires_at=timezone.now() - timedelta(seconds=1))
    email("i", Status.FINISHED)
    email("", next_step="process_input", state={})
    browser.open("/")
    for words in (
        "Change the instructions",
        "Paste the email",
        "Answer 2 questions",
        "Answer 1 question",
        "Read draft 2 · Marta",
        "Writing draft 2",
        "Reading the email",
        "Stopped: the model did not answer",
        "Stopped: interrupted, can go on",
        "Finished",
        "Untitled",
    ):
        assert browser.says(words), words


def test_a_finished_email_says_how_often_it_was_reopened(browser, email):
    said = ("Finished", "Finished, reopened once", "Finished, reopened twice", "Finished, reopened 3 times")
    for times in range(4):
        done = email("a", Status.FINISHED, sender=f"sender {times}")
        steps = reopened(done, Step.Status.FAILED, *[Step.Status.COMPLETED] * times)
        Step.objects.bulk_create(steps)
    browser.open("/")
    for times, words in enumerate(said):
        assert browser.says(f"{words} · sender {times}")


def test_an_email_that_waits_again_says_what_to_do(browser, email):
    waits = email("a", state={"draft_history": ["x"]})
    Step.objects.bulk_create(reopened(waits, Step.Status.COMPLETED))
    assert browser.open("/").says("Read draft 1 ·")
    assert not browser.says("reopened")


def test_filters_count_and_show(browser, email):
    email("waits")
    email("writes", Status.RUNNING)
    email("stopped", Status.FAILED)
    email("expired", Status.RUNNING, lease_expires_at=timezone.now() - timedelta(seconds=1))
    email("done", Status.FINISHED)
    browser.open("/")
    for words in ("All 5", "Waiting for you 1", "Writing 1", "Stopped 2", "Finished 1"):
        assert browser.says(words)
    assert titles(browser.open("/?show=waiting")) == ["waits"]
    assert titles(browser.open("/?show=writing")) == ["writes"]
    assert titles(browser.open("/?show=stopped")) == ["expired", "stopped"]
    assert titles(browser.open("/?show=finished")) == ["done"]
    assert len(titles(browser.open("/?show=nonsense"))) == 5


@pytest.mark.parametrize(
    ("show", "words"),
    [
        ("waiting", "Nothing is waiting for you"),
        ("writing", "Nothing is being written now"),
        ("stopped", "No stopped emails"),
    ],
)
def test_an_empty_filter_says_so(browser, email, show, words):
    email("done", Status.FINISHED)
    assert browser.open(f"/?show={show}").says(words)


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
        assert browser.says("1 email contains")


@pytest.mark.parametrize("query", ["order", "<img", "/marker", "ORDER <b>"])
def test_a_hit_in_markup_is_marked_and_all_of_it_stays_text(browser, email, query):
    text = "<img src=/marker onerror=alert(1)> order <b>"
    email(text, sender=text)
    browser.open("/", data={"q": query})
    body = browser.response.content.decode()
    assert body.count('<mark class="mark-hit">') == 2
    assert titles(browser) == [text]
    assert browser.says(f"· {text}")
    assert "<img" not in body
    assert "<b>" not in body


def test_a_search_that_finds_nothing_offers_a_way_on(browser, email):
    email("order 1")
    email("order 2", Status.FINISHED)
    browser.open("/", data={"q": "order", "show": "waiting"})
    assert browser.says("1 email waiting for you contains “order”")
    browser.open("/", data={"q": "order", "show": "writing"})
    assert browser.says("No email being written contains “order”")
    browser.open("/", data={"q": "recipe", "show": "finished"})
    assert browser.says("No finished email contains “recipe”")
    browser.open("/" + browser.page.links["Search all 2 emails"])
    assert browser.says("No email contains “recipe”")
    assert len(titles(browser.open("/" + browser.page.links["Clear the search"]))) == 2


def test_the_filters_keep_the_search(browser, email):
    email("order 1")
    browser.open("/", data={"q": "order & more"})
    assert browser.page.links["All 1"] == "?show=&q=order+%26+more"


@pytest.mark.parametrize("query", ["\x00", "%", "_", "' OR 1=1 --", "x" * 5000, "\ud83d"])
def test_any_search_is_only_a_search(browser, email, query):
    email("harmless")
    assert browser.open("/", data={"q": query.encode("utf-8", "replace").decode()}).status == 200


def test_a_branch_is_told_from_the_email_that_it_came_from(browser, email):
    first = email(sender="Marta")
    assert browser.open("/").says("Read draft 0 · Marta")
    assert not browser.says("a branch")
    email(sender="Marta", parent=first, root_id=first.pk)
    assert browser.open("/").says("Read draft 0 · Marta · a branch")


def test_a_list_of_one_page_says_nothing_of_pages(browser, email):
    email("the only one")
    assert not browser.open("/").says("1 to 1 of 1")


def test_pages_lead_to_older_and_newer_emails(browser, email):
    for number in range(60):
        email(f"email {number:02}")
    browser.open("/")
    assert titles(browser)[0] == "email 59"
    assert browser.says("1 to 25 of 60")
    assert "Newer emails" not in browser.page.links
    browser.open("/" + browser.page.links["Older emails"])
    assert browser.says("26 to 50 of 60")
    browser.open("/" + browser.page.links["Older emails"])
    assert browser.says("51 to 60 of 60")
    assert "Older emails" not in browser.page.links
    assert browser.open("/" + browser.page.links["Newer emails"]).says("26 to 50 of 60")


@pytest.mark.parametrize("page", ["0", "-1", "999", "x", "9" * 50, "١"])
def test_a_page_that_does_not_exist_is_the_nearest(browser, email, page):
    email("only")
    assert titles(browser.open(f"/?page={page}")) == ["only"]


def test_users_do_not_see_the_emails_of_others(browser, email, stranger):
    email("theirs", user=stranger)
    assert browser.open("/").says("Answer your first email")
    email("mine")
    assert titles(browser.open("/")) == ["mine"]
    assert browser.open("/?q=theirs").says("No email contains")
    assert browser.says("All 1")


@pytest.mark.parametrize("query", ["", "?q=delivery&show=waiting&page=3"])
def test_a_thousand_emails_cost_at_most_six_queries(browser, owner, all_queries, query):
    state = {**DEFAULT_STATE, "incoming_email": "Late delivery", "draft_history": ["x"] * 3}
    waiting = {"status": Status.WAITING, "next_step": "process_feedback"}
    emails = Application.objects.bulk_create(
        Application(
            owner=owner,
            title=f"Late delivery {n}",
            state=state,
            **(waiting if n % 2 else {"status": Status.FINISHED}),
        )
        for n in range(1000)
    )
    Step.objects.bulk_create(step for one in emails for step in reopened(one, Step.Status.COMPLETED))
    with all_queries() as queries:
        browser.open("/" + query)
    assert len(queries) <= 6
    assert len(titles(browser)) == 25
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
