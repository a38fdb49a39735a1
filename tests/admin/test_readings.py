"""Staff must give a reason before they read another person's mail in the admin. The owner sees who did."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from assistant_app import operations
from assistant_app.models import MailReading

from .conftest import WHY, browser_of, say_why, with_one_draft
from .test_detail import address

pytestmark = pytest.mark.django_db
TEXTS = ("Where are my 96 sensors", "60 ship on Thursday", "You write email replies")


@pytest.fixture
def look(one_draft):
    """Open every page of the email that shows texts; return what they say."""

    def look(client):
        rests = ["change/", *(f"steps/{number}/" for number in range(4))]
        return "".join(client.get(address(one_draft.row, rest)).content.decode() for rest in rests)

    return look


def shows(page):
    return [text in page for text in TEXTS]


def test_without_a_reason_no_page_shows_a_text(admin_site, look, one_draft):
    page = look(admin_site)
    assert shows(page) == [False] * 3
    assert "Why do you have to read them?" in page
    assert not MailReading.objects.exists()
    assert admin_site.get(address(one_draft.row, "steps/0/")).headers["Location"] == address(one_draft.row)


def test_with_a_reason_they_are_shown_and_it_is_stored(admin_site, look, one_draft, operator, owner):
    say_why(admin_site, one_draft.row)
    assert shows(look(admin_site)) == [True] * 3
    reading = MailReading.objects.get()
    assert (reading.owner, reading.application, reading.reader) == (owner, one_draft.row, operator)
    assert (reading.reader_name, reading.reason) == ("root", WHY)


def test_a_reason_is_for_one_reader_one_email_and_half_an_hour(admin_site, viewer, tell, look, one_draft):
    say_why(admin_site, one_draft.row)
    other = with_one_draft(tell())
    assert shows(look(browser_of(viewer))) == [False] * 3
    assert shows(admin_site.get(address(other.row)).content.decode()) == [False] * 3
    MailReading.objects.update(read_at=timezone.now() - timedelta(minutes=30))
    assert shows(look(admin_site)) == [False] * 3


SAYS_NOTHING = {
    "nothing": "",
    "too little": "because",
    "too much": "He asked why. " * 30,
    "blanks": " " * 50,
    "NUL": "\x00" * 20,
    "zero width": "\u200b" * 30,
    "joiners": "\u200d\u200c" * 15,
    "direction marks": "\u200e\u202e\u2066" * 10,
    "soft hyphens": "\u00ad" * 30,
    "tags": "\U000e0061" * 30,
    "fillers": "\u3164\u115f\u1160\uffa0\u2800" * 6,
    "ideographic blanks": "\u3000\u2003\u00a0" * 10,
    "combining marks": "\u0301\u0302\ufe0f" * 10,
    "marks on one letter": "a" + "\u0301" * 30,
    "words between invisible ones": "\u200b".join("ask me") + "\u2060" * 20,
    "one letter": "x" * 30,
    "one letter with blanks": "a " * 15,
    "two letters": "abababababab",
    "a word and one letter": "why" + "y" * 30,
    "dots": "." * 20,
    "punctuation": "!?-.,;:!?-.,;:",
    "punctuation and a word": "-- why ... ??? !!! ---",
    "digits": "1234567890123",
    "emoji": "\U0001f600\U0001f601\U0001f602\U0001f603" * 5,
}


@pytest.mark.parametrize("reason", SAYS_NOTHING.values(), ids=SAYS_NOTHING)
def test_a_reason_that_says_nothing_is_none(admin_site, look, one_draft, reason):
    answer = admin_site.post(address(one_draft.row, "read/"), {"reason": reason}, follow=True)
    assert "Reason: say why in " in answer.content.decode()
    assert shows(look(admin_site)) == [False] * 3
    assert not MailReading.objects.exists()


@pytest.mark.parametrize(
    "reason",
    [
        "Ticket 4711: draft failed",
        "他问我为什么草稿会失败，请看工单",
        "Он спросил, почему нет письма",
        "उसने पूछा कि ईमेल क्यों नहीं आया",
        "او پرسید چرا نمی‌شود پاسخ داد",
    ],
)
def test_a_reason_may_be_in_any_language(admin_site, one_draft, reason):
    admin_site.post(address(one_draft.row, "read/"), {"reason": reason})
    assert MailReading.objects.get().reason == reason


def test_a_refused_reason_is_shown_again_once(admin_site, one_draft):
    typed = "<b>why"
    answer = admin_site.post(address(one_draft.row, "read/"), {"reason": typed}, follow=True)
    assert 'value="&lt;b&gt;why"' in answer.content.decode()
    assert "&lt;b&gt;why" not in admin_site.get(address(one_draft.row)).content.decode()


def test_following_a_link_is_no_reason(admin_site, one_draft):
    admin_site.get(address(one_draft.row, "read/"), {"reason": WHY})
    Client(enforce_csrf_checks=True).post(address(one_draft.row, "read/"), {"reason": WHY})
    assert not MailReading.objects.exists()


def test_staff_without_the_permission_cannot_even_say_why(staff, one_draft):
    assert browser_of(staff).post(address(one_draft.row, "read/"), {"reason": WHY}).status_code == 403
    assert not MailReading.objects.exists()


def test_the_permission_to_operate_includes_reading(staff, one_draft, look):
    staff.user_permissions.add(Permission.objects.get(codename="change_application"))
    client = browser_of(staff)
    say_why(client, one_draft.row)
    assert shows(look(client)) == [True] * 3


def test_reading_your_own_email_needs_no_reason(operator, admin_site, tell):
    own = with_one_draft(tell(user=operator))
    assert shows(admin_site.get(address(own.row)).content.decode()) == [True] * 3


def test_the_owner_sees_who_read_what_when_and_why(admin_site, one_draft, owner, stranger):
    settings_page = browser_of(owner).get("/settings/data/").content.decode()
    assert "No one. An administrator has to give a reason first" in settings_page
    say_why(admin_site, one_draft.row)
    settings_page = browser_of(owner).get("/settings/data/").content.decode()
    assert ">root</bdi></b> opened " in " ".join(settings_page.split())
    assert f'href="/a/{one_draft.row.pk}/"' in settings_page
    assert WHY in settings_page
    assert WHY not in browser_of(stranger).get("/settings/data/").content.decode()


def test_it_stays_when_the_email_and_the_reader_are_gone(admin_site, one_draft, owner, operator):
    say_why(admin_site, one_draft.row)
    operations.delete(actor=owner, app_id=one_draft.row.pk)
    operator.delete()
    page = browser_of(owner).get("/settings/data/").content.decode()
    assert ">root</bdi></b> opened an email that has been deleted" in " ".join(page.split())
    assert WHY in page


def test_what_a_reader_writes_is_text(admin_site, one_draft, owner):
    evil = "<script>alert(1)</script> is my reason"
    admin_site.post(address(one_draft.row, "read/"), {"reason": evil})
    page = browser_of(owner).get("/settings/data/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_no_page_about_an_email_shows_its_texts_without_a_reason(admin_site, one_draft, owner, operator):
    row = one_draft.row
    admin_site.post("/admin/assistant_app/application/", {"action": "retry", "_selected_action": row.pk})
    chosen = {"action": "delete_selected", "_selected_action": row.pk}
    pages = [
        admin_site.get(address(row, "history/")),
        admin_site.get(address(row, "delete/")),
        admin_site.post("/admin/assistant_app/application/", chosen),
        admin_site.get("/admin/assistant_app/application/usage/"),
        admin_site.get(f"/admin/auth/user/{owner.pk}/delete/"),
        admin_site.get(f"/admin/auth/user/{operator.pk}/history/"),
        admin_site.get("/admin/"),
    ]
    assert {page.status_code for page in pages} == {200}
    assert shows("".join(page.content.decode() for page in pages)) == [False] * 3
