"""Markup typed into every field of every page: nowhere does it become part of a page, let alone run.

The crawl follows every link from a few beginnings and sends every form once, pages that are added later
included. The windows' `watch` fails on any dialog, script error, violation of the policy or foreign request.
"""

import re

import pytest

from assistant_app import operations
from assistant_app.errors import ModelFailed
from assistant_app.models import ApiToken, Application, ModelCall
from assistant_app.people import readings
from tests.conftest import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Short enough for a token's name. What gets into a page loads the marker, whatever the policy thinks of it.
EVIL = "'\"></title></textarea><script src=/marker></script><img src=/marker onerror=alert(1)>"
QUERY = "%27%22%3E%3Cscript%20src=/marker%3E%3C/script%3E%3Cimg%20src=/marker%20onerror=alert(1)%3E"
BEGINNINGS = (
    "/", "/new/", "/settings/", "/admin/", "/api/", "/api/docs/", "/api/applications/", "/nowhere/",
    f"/?q={QUERY}&show={QUERY}", f"/new/?{QUERY}", f"/api/applications/?q={QUERY}&status={QUERY}",
    f"/admin/assistant_app/application/?q={QUERY}&owner={QUERY}&look={QUERY}", f"/nowhere/{QUERY}",
    f"/admin/nowhere/{QUERY}", f"/api/nowhere/{QUERY}",
)  # fmt: skip
# Not followed: what ends the session or the account, and what is no page.
LEAVE_OUT = re.compile(
    r"sign-out|logout|/delete/|erase|reply\.txt|/events/|/stream/|/schema/|export|[?&]format=|\.(txt|zip|json)$"
)
AT_MOST = 150  # addresses of different shapes: an end to the crawl, which should come by itself before

BOXES = "textarea, input:is([type=text], [type=search], [type=email], :not([type]))"
MARKUP = '[src*="marker"], [onerror], [href^="javascript" i]'
FOUND = f"() => [...document.querySelectorAll('{MARKUP}')].map(each => each.outerHTML)"
LINKS = "() => [...document.querySelectorAll('a[href]:not([download])')].map(each => each.href)"
FORMS = f"""() => [...document.forms].map((form, number) => ({{
    number,
    path: new URL(form.action, location).pathname,
    names: [...form.elements].map(each => each.name).join(' '),
    boxes: [...form.elements].filter(each => each.matches('{BOXES}')).length,
}}))"""
SEND = f"""([number, evil]) => {{
    const form = document.forms[number];
    [...form.elements].filter(box => box.matches('{BOXES}')).forEach(box => box.value = evil);
    HTMLFormElement.prototype.submit.call(form);
}}"""


def shape_of(address):
    """Addresses that differ in their ids and numbers only are one; the admin's filters are Django's."""
    path, _, query = re.sub(r"^http://[^/]+", "", address).partition("#")[0].partition("?")
    path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{40,}|\d+", "N", path)
    keys = () if path.startswith("/admin/") else sorted({part.partition("=")[0] for part in query.split("&")})
    return f"{path}?{'&'.join(keys)}"


@pytest.fixture
def evil_operator(operator):
    """The owner and administrator, whose name is markup."""
    type(operator).objects.filter(pk=operator.pk).update(
        username=EVIL, first_name=EVIL, last_name=EVIL, email=EVIL
    )
    operator.refresh_from_db()
    return operator


@pytest.fixture
def emails(evil_operator, stranger, model):
    """One email in each state, every text of which is markup; one is another person's, and was read."""
    mail = f"From: {EVIL}\nSubject: {EVIL}\n\n{EVIL}"
    people = [Person(evil_operator) for _ in range(4)] + [Person(stranger)]
    for person in people:
        model.will_ask(f"{EVIL}?", "Why?")
        person.give_input(mail, EVIL)
    for person in people[1:]:
        model.will_write(f"{EVIL}\n\n{EVIL}")
        person.answer(EVIL, "")
    model.will_write(ModelFailed(EVIL))
    people[2].fails_at("process_feedback", feedback=EVIL)
    people[3].give_feedback("")
    ModelCall.objects.update(model=EVIL, provider=EVIL, parameters={EVIL: EVIL})
    for owner in (evil_operator, stranger):
        ApiToken.objects.create(owner, name=EVIL)
        for row in list(Application.objects.filter(owner=owner)[:1]):
            readings.begin(actor=evil_operator, app_id=row.pk, reason=EVIL)
    return people


class Crawl:
    def __init__(self, page, home):
        self.page, self.home = page, home
        self.seen, self.sent, self.wrong, self.waiting = set(), set(), [], []
        page.on("request", self._request)

    def _request(self, request):
        if "/marker" in request.url.partition("?")[0] and "nowhere" not in request.url:
            self.wrong.append(f"{self.page.url} loads {request.url}")

    def go(self, addresses):
        self.waiting += addresses
        while self.waiting and len(self.seen) < AT_MOST:
            address = self.waiting.pop(0)
            if LEAVE_OUT.search(address) or shape_of(address) in self.seen:
                continue
            self.seen.add(shape_of(address))
            self._look(address)
            self._send_forms(address)

    def _look(self, address):
        self.page.goto(address)
        self._check()
        links = self.page.evaluate(LINKS)
        self.waiting += [link for link in links if link.startswith(self.home)]

    def _send_forms(self, address):
        if "/api/" in address:  # its forms are sent by a script: tests/browser/test_api.py
            return
        for form in self.page.evaluate(FORMS):
            key = shape_of(form["path"]) + form["names"]
            if form["boxes"] and key not in self.sent and not LEAVE_OUT.search(form["path"]):
                self.sent.add(key)
                if self.page.url != address:
                    self.page.goto(address)
                with self.page.expect_navigation():
                    self.page.evaluate(SEND, [form["number"], EVIL])
                self._check()

    def _check(self):
        self.wrong += [f"{self.page.url}: {found[:200]}" for found in self.page.evaluate(FOUND)]


def test_markup_in_every_field_is_text_on_every_page(open_window, evil_operator, emails, site):
    crawl = Crawl(open_window(evil_operator), site.url)
    crawl.page.context.add_cookies([{"name": "theme", "value": QUERY, "url": site.url}])
    own = [f"/a/{person.app_id}/" for person in emails]
    admin = [f"/admin/assistant_app/application/{person.app_id}/change/" for person in emails]
    api = [f"/api/applications/{emails[2].app_id}/{rest}" for rest in ("", "process_feedback/", "state/")]
    for addresses in (own, admin, api):  # of different states, so each is looked at
        for address in addresses:
            crawl._look(address)
    crawl.go(list(BEGINNINGS))
    visitor = Crawl(open_window(), site.url)
    visitor.go([f"/sign-in/?next={QUERY}", "/admin/login/", f"/welcome/?{QUERY}", "/nowhere/"])
    assert crawl.wrong + visitor.wrong == []
    assert 30 < len(crawl.seen) < AT_MOST
    assert len(crawl.sent) > 8


def test_the_crawl_sees_markup_that_got_into_a_page(open_window, owner, site, watch):
    """With the guard off, a template that trusts a title makes the check fail."""
    row = operations.create(actor=owner)[0]
    Application.objects.filter(pk=row.pk).update(title=EVIL)
    page = open_window(owner)
    crawl = Crawl(page, site.url)
    page.goto(f"/a/{row.pk}/")
    crawl._check()
    assert crawl.wrong == []
    page.evaluate("evil => document.body.insertAdjacentHTML('beforeend', evil)", EVIL)
    page.wait_for_function("() => document.querySelector('[onerror]').complete")
    crawl._check()
    assert any("onerror" in each for each in crawl.wrong)
    assert any("loads" in each for each in crawl.wrong)
    watch.complaints.clear()  # the policy stopped the rest, and said so
