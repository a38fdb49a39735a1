"""The operator's pages: accessible, within the policy, no wider than the screen, and their forms work."""

import pytest
from playwright.sync_api import expect

from assistant_app.models import Application
from assistant_app.people import readings
from tests.admin.conftest import WHY, Story, with_one_draft
from tests.browser.checks import assert_good
from tests.browser.stage import Stage

LIST = "/admin/assistant_app/application/"
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(open_window, operator, model, owner):
    """The operator's window; one email runs, one stopped, one waits for feedback on its first draft."""
    Story(owner, "Is running").runs()
    Story(owner, "A title that is long enough for two lines, and " * 2).ends("failed")
    desk = Stage(open_window(operator), operator, model)
    desk.unread, desk.row = (with_one_draft(Story(owner)).row for _ in range(2))
    readings.begin(actor=operator, app_id=desk.row.pk, reason=WHY)
    return desk


def sign_in(desk):
    desk.page.context.clear_cookies()
    return "/admin/login/"


PAGES = {
    "list": lambda desk: LIST,
    "none": lambda desk: f"{LIST}?q=nothing",
    "detail": lambda desk: f"{LIST}{desk.row.pk}/change/",
    "why": lambda desk: f"{LIST}{desk.unread.pk}/change/",
    "step": lambda desk: f"{LIST}{desk.row.pk}/steps/3/",
    "usage": lambda desk: f"{LIST}usage/",
    "delete": lambda desk: f"{LIST}{desk.row.pk}/delete/",
    "index": lambda desk: "/admin/",
    "tokens": lambda desk: "/admin/assistant_app/apitoken/",
    "users": lambda desk: "/admin/auth/user/",
    "user": lambda desk: f"/admin/auth/user/{desk.owner.pk}/change/",
    "new user": lambda desk: "/admin/auth/user/add/",
    "password": lambda desk: "/admin/password_change/",
    "sign-in": sign_in,
}
# The two boxes for a choice of many name their filters on a span, from Django's own script.
THEIRS = {"aria-prohibited-attr": ".help-tooltip.search-label-icon"}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_finding_and_fits_the_screen(desk, name):
    desk.open(PAGES[name](desk))
    assert_good(desk.page, THEIRS)


def test_the_list_fits_a_usual_screen(desk):
    desk.open(LIST)
    assert desk.page.viewport_size["width"] == 1280
    widths = desk.page.locator(".results").evaluate("part => [part.scrollWidth, part.clientWidth]")
    assert widths[0] <= widths[1]


def test_an_action_works_from_the_list(desk):
    row = Application.objects.get(title="Is running")
    page = desk.page
    desk.open(LIST)
    page.check(f'input[value="{row.pk}"]')
    page.select_option('select[name="action"]', "release")
    page.click("button[name=index]")
    page.wait_for_selector(".messagelist")
    assert "A draft is being written already." in page.inner_text(".messagelist")


@pytest.mark.parametrize("by_keyboard", [False, True])
def test_who_says_why_reads_the_texts(desk, by_keyboard):
    page = desk.page
    desk.open(PAGES["why"](desk))
    page.get_by_label("Why do you have to read them?").fill(WHY)
    with page.expect_navigation():
        if by_keyboard:
            page.keyboard.press("Enter")
        else:
            page.get_by_role("button", name="Show the texts").click()
    expect(page.get_by_role("heading", name="Step by step")).to_be_visible()
    page.get_by_text("Changes:").first.click()
    expect(page.locator("pre", has_text="60 ship on Thursday.").first).to_be_visible()


def test_who_deletes_an_email_is_back_in_the_list_as_it_was(desk):
    page = desk.page
    desk.open(f"{LIST}?look=failed")
    page.locator("#result_list tbody th a").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Yes, I’m sure").click()
    expect(page.locator(".messagelist")).to_contain_text("was deleted successfully")
    assert page.url.endswith(f"{LIST}?look=failed")
    expect(page.locator("#changelist")).to_contain_text("0 emails")


def test_an_account_is_deleted_with_its_emails(desk, owner):
    page = desk.page
    desk.open(f"/admin/auth/user/{owner.pk}/delete/")
    expect(page.get_by_text("Emails: 4")).to_be_visible()
    page.get_by_role("button", name="Yes, I’m sure").click()
    expect(page.locator(".messagelist")).to_contain_text("was deleted successfully")
    assert not Application.objects.exists()


def test_the_owner_filter_works_by_keyboard(desk, stranger):
    Story(stranger, "His").ends("waiting")
    page = desk.page
    desk.open(f"{LIST}?look=waiting")
    page.fill("#owner-filter", "otto")
    page.press("#owner-filter", "Enter")
    page.wait_for_url("**owner=otto*")
    assert "look=waiting" in page.url
    assert page.locator("#result_list tbody tr").count() == 1
