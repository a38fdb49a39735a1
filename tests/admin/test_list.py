"""The list of all applications: what an operator sees and asks."""

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assistant_app import operations
from assistant_app.admin import lists
from assistant_app.models import Application, ModelCall, Step

LIST = "/admin/assistant_app/application/"
pytestmark = pytest.mark.django_db


def titles(client, query=""):
    page = client.get(LIST + query)
    assert page.status_code == 200
    return re.findall(r'<th class="field-name"><a[^>]*>([^<]*)</a>', page.content.decode())


def column(page, name):
    return re.findall(rf'<td class="field-{name}[^"]*">(.*?)</td>', page.content.decode())


def test_shows_owner_status_next_step_position_drafts_calls_and_age(admin_site, one_draft):
    Application.objects.update(created_at=timezone.now() - timedelta(days=3))
    page = admin_site.get(LIST)
    assert "ida" in column(page, "owner_link")[0]
    assert "Waiting for their owner" in column(page, "state_word")[0]
    assert column(page, "due") == ["<code>process_<wbr>feedback</code>"]
    assert column(page, "last") == ["<code>formulate_<wbr>draft</code>"]
    assert column(page, "draft_count") == ["1"]
    assert column(page, "call_count") == ["3"]
    assert column(page, "age")[0].startswith("3\xa0days")


def test_an_owner_leads_to_their_emails_whatever_the_name(admin_site, tell, django_user_model):
    tell("hers")
    tell("his", user=django_user_model.objects.create_user("otto+work@example.org"))
    (link,) = re.findall(r'<a href="([^"]*)">otto', admin_site.get(LIST).content.decode())
    assert titles(admin_site, html.unescape(link)) == ["his"]


def test_drafts_by_hand_and_those_of_a_branch_count_too(admin_site, one_draft, owner):
    one_draft.step("edit_draft", draft_history=["Dear Marta", "Dear Ms Kowalczyk"])
    operations.fork(actor=owner, app_id=one_draft.row.pk)
    assert column(admin_site.get(LIST), "draft_count") == ["2", "2"]
    assert sorted(column(admin_site.get(LIST), "call_count")) == ["0", "3"]


def test_a_row_without_an_email_can_be_opened_too(admin_site, tell):
    tell(title="")
    assert titles(admin_site) == ["No email yet"]


def test_newest_change_comes_first(admin_site, tell):
    tell("old", updated_at=timezone.now() - timedelta(days=1))
    tell("new")
    assert titles(admin_site) == ["new", "old"]


def test_an_expired_lease_shows_as_interrupted(admin_site, tell):
    tell().runs(lease=timedelta(seconds=-5))
    assert "Interrupted" in column(admin_site.get(LIST), "state_word")[0]


def test_a_failure_shows_its_code(admin_site, tell):
    tell().ends("failed")
    assert "model_timeout" in column(admin_site.get(LIST), "state_word")[0]


@pytest.fixture
def one_of_each(tell):
    for how in ("waiting", "failed", "interrupted", "cancelled", "finished"):
        tell(how).ends(how)
    tell("running").runs()
    tell("expired").runs(lease=timedelta(seconds=-5))
    tell("long", updated_at=timezone.now() - timedelta(minutes=11)).runs()


@pytest.mark.parametrize(
    ("look", "found"),
    [
        ("failed", {"failed"}),
        ("interrupted", {"interrupted", "expired"}),
        ("long", {"long"}),
        ("running", {"running", "long"}),
        ("cancelled", {"cancelled"}),
        ("waiting", {"waiting"}),
        ("finished", {"finished"}),
        (
            "nonsense",
            {"waiting", "failed", "interrupted", "cancelled", "finished", "running", "expired", "long"},
        ),
    ],
)
@pytest.mark.usefixtures("one_of_each")
def test_a_filter_answers_a_question(admin_site, look, found):
    assert set(titles(admin_site, f"?look={look}")) == found


def test_filters_by_owner_whatever_the_case_of_the_letters(admin_site, tell, stranger):
    tell("mine")
    tell("his", user=stranger)
    assert titles(admin_site, "?owner=OTTO") == ["his"]
    assert titles(admin_site, "?owner=unknown") == []
    assert titles(admin_site, "?owner=%00") == ["his", "mine"]


def test_the_owner_filter_is_a_field_and_keeps_the_other_filters(admin_site, tell, django_user_model):
    django_user_model.objects.bulk_create(django_user_model(username=f"user{n}") for n in range(300))
    tell()
    page = admin_site.get(LIST + "?look=waiting&q=late").content.decode()
    form = re.search(r'<form class="owner-filter".*?</form>', page, re.S)[0]
    assert '<input type="hidden" name="look" value="waiting">' in form
    assert '<input type="hidden" name="q" value="late">' in form
    assert "user17" not in page


def test_both_filters_work_together(admin_site, tell, stranger):
    tell("mine").ends("failed")
    tell("his", user=stranger).ends("failed")
    tell("his too", user=stranger)
    assert titles(admin_site, "?look=failed&owner=otto") == ["his"]


@pytest.mark.parametrize("term", ["late deliv", "kowalczyk", "IDA"])
def test_search_finds_by_title_sender_and_owner(admin_site, tell, stranger, term):
    tell("Late delivery")
    Application.objects.create(owner=stranger, title="Other", next_step="process_input")
    assert titles(admin_site, f"?q={term}") == ["Late delivery"]


def test_search_finds_by_id_with_and_without_dashes(admin_site, tell):
    row = tell("found").row
    tell("other")
    assert titles(admin_site, f"?q={row.pk}") == ["found"]
    assert titles(admin_site, f"?q={row.pk.hex}") == ["found"]


def test_search_survives_characters_that_no_text_has(admin_site, tell):
    tell()
    assert titles(admin_site, "?q=%00late") == ["Late delivery"]
    assert titles(admin_site, "?q=" + "%27%22%3B") == []


@pytest.fixture
def a_thousand(owner):
    now = timezone.now()
    rows = Application.objects.bulk_create(
        Application(
            owner=owner,
            title=f"Email {n}",
            next_step="process_feedback",
            state={"incoming_email": "x" * 1000},
            sequence_id=0,
            last_sequence_id=0,
            updated_at=now - timedelta(minutes=n),
        )
        for n in range(1000)
    )
    Step.objects.bulk_create(
        Step(application=row, sequence_id=0, position="formulate_draft", status="completed", started_at=now)
        for row in rows
    )
    ModelCall.objects.bulk_create(
        ModelCall(application=row, sequence_id=0, purpose="draft", messages=[], duration=1.0) for row in rows
    )


@pytest.mark.parametrize("query", ["", "?p=7", "?look=waiting&owner=ida", "?q=email", "?look=interrupted"])
@pytest.mark.usefixtures("a_thousand")
def test_a_thousand_cost_few_queries_and_no_state(admin_site, query):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = admin_site.get(LIST + query)
    assert page.status_code == 200
    assert 0 < len(queries) <= 6
    # It is measured, never read.
    length = r"JSONB?_ARRAY_LENGTH\((?:NULLIF\([^()]*\)|[^()]*)\)"
    read = [re.sub(length, "", each["sql"]) for each in queries.captured_queries]
    assert not [sql for sql in read if '"application"."state"' in sql]
    assert not [sql for sql in read if '_application"."state"' in sql]


@pytest.mark.usefixtures("a_thousand")
def test_pages_follow_each_other(admin_site):
    assert titles(admin_site)[0] == "Email 0"
    assert titles(admin_site, "?p=2")[0] == "Email 50"
    assert titles(admin_site, "?p=20")[-1] == "Email 999"


@pytest.mark.usefixtures("a_thousand")
def test_stops_counting_at_a_limit(admin_site, monkeypatch):
    monkeypatch.setattr(lists, "COUNTED", 200)
    page = admin_site.get(LIST).content.decode()
    assert "Showing the first 200 emails." in page
    assert "?p=5" not in page
    assert admin_site.get(LIST + "?p=5").status_code == 302  # to the list, with an error


@pytest.mark.usefixtures("a_thousand")
def test_a_short_list_is_counted_exactly(admin_site):
    assert "1000 emails" in admin_site.get(LIST).content.decode()
    assert "1 email\n" in admin_site.get(LIST + "?q=Email+999").content.decode()


def test_asks_nothing_of_the_whole_table(admin_site, tell):
    """No counts beside the filters, even if the address asks for them."""
    tell()
    with CaptureQueriesContext(connection) as queries:
        admin_site.get(LIST + "?_facets=True")
    counts = [each["sql"] for each in queries.captured_queries if "COUNT(" in each["sql"]]
    assert counts
    assert all("LIMIT" in sql or "GROUP BY" in sql for sql in counts)
