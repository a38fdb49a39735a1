"""The browsable API, used as a browser uses it: a session, the CSRF token, the forms of the page."""

import json
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from django.test import Client

from assistant_app.errors import ModelFailed
from tests.api.conftest import INPUT, LIST_URL, is_error

pytestmark = pytest.mark.django_db(transaction=True)


class Page(HTMLParser):
    """The forms of a page: their method, address and fields, and what a strict policy would block."""

    def __init__(self, html):
        super().__init__()
        self.forms, self.inline, self.text, self._field, self._inside = [], [], "", None, ""
        self.token = ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self._inside = tag
        if tag == "style" or (
            tag == "script" and "src" not in values and "json" not in values.get("type", "")
        ):
            self.inline.append(tag)
        self.inline += [name for name in values if name.startswith("on")]
        if tag == "form":
            method = values.get("data-method") or values.get("method") or "GET"
            self.forms.append({"method": method, "url": values.get("action"), "fields": [], "raw": ""})
        if tag == "textarea" and self.forms:
            self._field = values["name"]
            self.forms[-1]["fields"].append([self._field, ""])
        if tag == "input" and self.forms and values.get("name") != "csrfmiddlewaretoken":
            self.forms[-1]["fields"].append([values.get("name"), values.get("value", "")])

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.forms[-1]["fields"][-1][1] = self.forms[-1]["fields"][-1][1].removeprefix("\n")
            self._field = None
        self._inside = ""

    def handle_data(self, data):
        if self._field:
            self.forms[-1]["fields"][-1][1] += data
        if self._inside == "script" and "csrfToken" in data:
            self.token = json.loads(data)["csrfToken"]
        self.text += data

    def form(self, method, *, raw=False):
        names = [(form, {name for name, _ in form["fields"]}) for form in self.forms]
        return next(form for form, has in names if form["method"] == method and raw == ("_content" in has))


@pytest.fixture
def browser(owner, model):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    return client


def look(browser, url):
    response = browser.get(url, headers={"Accept": "text/html"})
    assert response.status_code == 200
    return Page(response.content.decode())


def send(browser, page, form, body, content_type):
    """As the page's own script does: the real method, and the token in a header."""
    response = browser.generic(
        form["method"],
        form["url"],
        body,
        content_type=content_type,
        headers={"X-CSRFToken": page.token, "Accept": "text/html"},
    )
    return response, Page(response.content.decode())


def state_of(browser, url):
    return browser.get(url + "state/").json()


def create(browser):
    page = look(browser, LIST_URL)
    response, _ = send(browser, page, page.form("POST", raw=True), "{}", "application/json")
    assert response.status_code == 201
    return response["Location"].removeprefix("http://testserver")


FIRST_INPUT = INPUT | {"left_out": "", "reply_as": ""}  # as the form has it


def fill(form, *values):
    pairs = zip([name for name, _ in form["fields"]], values, strict=True)
    return urlencode(list(pairs)), "application/x-www-form-urlencoded"


def test_an_email_is_answered_with_the_html_forms(browser, model):
    model.will_ask("Which day?", "Which <b>address</b>?")
    url = create(browser)
    page = look(browser, url + "initialize_draft/")
    form = page.form("PUT")
    assert [name for name, _ in form["fields"]] == list(FIRST_INPUT)
    assert send(browser, page, form, *fill(form, *FIRST_INPUT.values()))[0].status_code == 200

    page = look(browser, state_of(browser, url)["next_url"])
    form = page.form("PUT")
    assert [name for name, _ in form["fields"]] == ["answers", "answers"]
    assert "Which <b>address</b>?" in page.text, "the model's text is escaped"
    send(browser, page, form, *fill(form, "Thursday", ""))
    assert state_of(browser, url)["answers"] == ["Thursday", ""]

    for feedback in ("Shorter.", ""):
        page = look(browser, url + "process_feedback/")
        form = page.form("PUT")
        send(browser, page, form, *fill(form, feedback))
    assert state_of(browser, url)["final_draft"]


def test_a_question_comes_with_why_it_is_asked(browser, model):
    model.will_ask("Which day?", "Which address?", reasons=["He named <b>two</b>.", ""])
    url = create(browser)
    page = look(browser, url + "initialize_draft/")
    send(browser, page, page.form("PUT"), *fill(page.form("PUT"), *FIRST_INPUT.values()))
    html = browser.get(url + "clarify_instructions/", headers={"Accept": "text/html"}).content.decode()
    html = " ".join(html.split())
    assert '<p class="help" id="api-answers-1-why"> <bdi>He named &lt;b&gt;two&lt;/b&gt;.</bdi> </p>' in html
    assert 'aria-describedby="api-answers-1-why"' in html
    assert "api-answers-2-why" not in html


def test_an_email_is_answered_with_the_raw_forms(browser, model):
    model.will_ask("Which day?")
    url = create(browser)
    given = {
        "initialize_draft": INPUT | {"left_out": [], "reply_as": ""},
        "clarify_instructions": {"answers": ["Thursday"]},
        "process_feedback": {"feedback": ""},
    }
    for endpoint, values in given.items():
        page = look(browser, url + endpoint + "/")
        form = page.form("PUT", raw=True)
        content = json.loads(dict(form["fields"])["_content"])
        assert content.keys() == values.keys()
        response, _ = send(browser, page, form, json.dumps(content | values), "application/json")
        assert response.status_code == 200
    assert state_of(browser, url)["status"] == "finished"


def test_what_may_be_left_out_is_left_out_of_the_raw_form(browser):
    url = create(browser)
    for address in (LIST_URL, f"{url}fork/"):
        page = Page(browser.get(address, headers={"Accept": "text/html"}).content.decode())
        form = page.form("POST", raw=True)
        response, _ = send(browser, page, form, dict(form["fields"])["_content"], "application/json")
        assert response.status_code == 201


def test_a_multipart_form_is_read_as_the_others_are(browser, model):
    url = create(browser)
    page = look(browser, url + "initialize_draft/")
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in INPUT.items()
    )
    body = (parts + "--x--\r\n").encode()
    response, _ = send(browser, page, page.form("PUT"), body, "multipart/form-data; boundary=x")
    assert response.status_code == 200
    assert state_of(browser, url)["email_to_respond"] == INPUT["email_to_respond"]


def test_the_first_page_says_what_it_is(browser):
    page = look(browser, "/api/")
    assert "Api Root" in page.text
    assert "The API starts here, with your emails." in page.text
    assert "DefaultRouter" not in page.text


def test_what_was_refused_stands_in_the_form_again(browser):
    url = create(browser)
    page = look(browser, url + "initialize_draft/")
    form = page.form("PUT")
    response, again = send(browser, page, form, *fill(form, "A long email </textarea>", "x" * 20_001, "", ""))
    assert response.status_code == 400
    assert again.form("PUT")["fields"][0] == ["email_to_respond", "A long email </textarea>"]


def test_what_was_accepted_does_not(browser):
    url = create(browser)
    page = look(browser, url + "initialize_draft/")
    _, after = send(browser, page, page.form("PUT"), *fill(page.form("PUT"), *FIRST_INPUT.values()))
    assert after.form("PUT")["fields"][0] == ["email_to_respond", ""]


def test_without_the_csrf_token_nothing_is_taken(browser):
    url = create(browser)
    response = browser.put(url + "initialize_draft/", json.dumps(INPUT), content_type="application/json")
    assert is_error(response, 403, "forbidden")


def test_a_run_that_stopped_can_be_continued_from_its_page(browser, model):
    url = create(browser)
    model.will_write(ModelFailed())
    page = look(browser, url + "initialize_draft/")
    _, failed = send(browser, page, page.form("PUT"), *fill(page.form("PUT"), *FIRST_INPUT.values()))
    assert "model_failed" in failed.text
    response = browser.get(url + "retry/", headers={"Accept": "text/html"})
    page = Page(response.content.decode())
    response, _ = send(browser, page, page.form("POST", raw=True), "{}", "application/json")
    assert response.status_code == 200
    assert len(state_of(browser, url)["drafts"]) == 1


def test_no_page_needs_anything_inline(browser):
    url = create(browser)
    for address in ("/api/", LIST_URL, url, url + "state/", url + "initialize_draft/"):
        assert look(browser, address).inline == []


def test_answers_that_were_refused_stand_in_their_inputs_again(browser, model, settings):
    model.will_ask("Which day?", "Which address?")
    url = create(browser)
    page = look(browser, url + "initialize_draft/")
    send(browser, page, page.form("PUT"), *fill(page.form("PUT"), *FIRST_INPUT.values()))
    page = look(browser, url + "clarify_instructions/")
    settings.MAX_TEXT_CHARACTERS = 10
    response, again = send(browser, page, page.form("PUT"), *fill(page.form("PUT"), "Thursday", "x" * 11))
    assert response.status_code == 400
    assert again.form("PUT")["fields"] == [["answers", "Thursday"], ["answers", "x" * 11]]


def test_a_form_larger_than_django_reads_is_refused_in_words(browser, settings):
    url = create(browser)
    page = look(browser, url + "initialize_draft/")
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    response, again = send(browser, page, page.form("PUT"), *fill(page.form("PUT"), *FIRST_INPUT.values()))
    assert response.status_code == 413
    assert "too_large" in again.text


def test_the_form_of_a_fork_has_every_place_and_the_steps_of_its_workflow(browser):
    html = browser.get(f"{create(browser)}fork/", headers={"Accept": "text/html"}).content.decode()
    fields = {name for name, _ in Page(html).form("POST")["fields"]}
    assert fields >= {"app_id", "step", "draft"}
    assert 'name="before"' in html
    assert '<option value="clarify_instructions">' in html
