"""Input that no step accepts. After each refusal, nothing is stored and no model was called."""

import json

import pytest

from tests import asgi_client
from tests.api.conftest import INPUT, LIST_URL, is_error

pytestmark = pytest.mark.django_db(transaction=True)
BURR = {"__burr_serde__": "pickle", "value": "gASVAAA="}
BAD_TEXTS = {
    "a number": 1,
    "null": None,
    "a list": ["x"],
    "an object": {"text": "x"},
    "Burr's own encoding": BURR,
    "a NUL": "a\x00b",
    "a lone surrogate": "a\ud800b",
}
EMPTY_TEXTS = {"nothing": "", "spaces": " \n "}


def raw(walk, body, content_type="application/json", endpoint="initialize_draft"):
    return walk.client.generic("PUT", walk.url(endpoint), body, content_type=content_type)


@pytest.mark.parametrize("field", list(INPUT))
@pytest.mark.parametrize("text", BAD_TEXTS.values(), ids=BAD_TEXTS)
def test_a_text_that_is_none_is_refused(walk, nothing_happens, field, text):
    # By hand: the test client's encoder would refuse the lone surrogate itself.
    assert is_error(raw(walk, json.dumps({**INPUT, field: text})), 400, "invalid", field)
    nothing_happens()


@pytest.mark.parametrize("text", EMPTY_TEXTS.values(), ids=EMPTY_TEXTS)
def test_an_email_is_needed_and_instructions_are_not(walk, nothing_happens, text):
    refused = walk.put("initialize_draft", {**INPUT, "email_to_respond": text})
    assert is_error(refused, 400, "invalid", "email_to_respond")
    nothing_happens()
    state = walk.put("initialize_draft", {**INPUT, "response_instructions": text}).json()
    assert (state["response_instructions"], state["next_step"]) == ("", "process_feedback")


@pytest.mark.parametrize(
    ("field", "limit"), [("email_to_respond", 200_000), ("response_instructions", 20_000)]
)
def test_a_text_that_is_too_long_is_refused(walk, nothing_happens, field, limit):
    assert is_error(walk.put("initialize_draft", {**INPUT, field: "x" * (limit + 1)}), 400, "invalid", field)
    nothing_happens()


def test_everything_wrong_is_named_at_once(walk, nothing_happens):
    sent = {"email_to_respond": 5, "subject": "x", **BURR}
    named = ["__burr_serde__", "email_to_respond", "response_instructions", "subject", "value"]
    assert is_error(walk.put("initialize_draft", sent), 400, "invalid", *named)
    nothing_happens()


def test_a_name_with_half_a_character_is_refused_and_said(walk, nothing_happens):
    assert is_error(raw(walk, json.dumps({**INPUT, "\ud800": "x"})), 400, "invalid", "?")
    create = walk.client.generic("POST", LIST_URL, '{"\\ud800": 1}', content_type="application/json")
    assert is_error(create, 400, "invalid", "?")
    nothing_happens()


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (json.dumps({**INPUT, "email_to_respond": "a\ud800"}), "application/json", 400),
        (json.dumps({**INPUT, "response_instructions": {"a": ["\ud800"]}}), "application/json", 400),
        ("[5]", "application/json", 400),
        ("5", "application/json", 400),
        ("{", "application/json", 400),
        ("hello", "text/plain", 415),
    ],
)
def test_a_refusal_can_be_shown_in_every_format(walk, nothing_happens, accept, body, content_type, status):
    response = walk.client.generic(
        "PUT", walk.url("initialize_draft"), body, content_type=content_type, headers={"Accept": accept}
    )
    assert response.status_code == status
    assert response["Content-Type"].startswith(accept)
    nothing_happens()


@pytest.mark.parametrize("body", ["[]", '"text"', "5", "null", "true"])
def test_a_body_that_is_no_object_is_refused(walk, nothing_happens, body):
    assert is_error(raw(walk, body), 400, "invalid", "body")
    nothing_happens()


BROKEN = {
    "no JSON": b"{",
    "bad UTF-8": b'{"email_to_respond": "\xff\xfe", "response_instructions": "x"}',
    "a cut-off character": b'{"email_to_respond": "\xe2\x82", "response_instructions": "x"}',
    "an overlong slash": b'{"email_to_respond": "\xc0\xaf", "response_instructions": "x"}',
    "deep JSON": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "NaN": b'{"email_to_respond": NaN, "response_instructions": "x"}',
    "Infinity": b'{"email_to_respond": -Infinity, "response_instructions": "x"}',
    "a huge number": b'{"email_to_respond": ' + b"9" * 10_000 + b"}",
    "a byte order mark": b'\xef\xbb\xbf{"email_to_respond": "x", "response_instructions": "x"}',
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_a_body_that_is_broken_is_refused(walk, nothing_happens, body):
    assert is_error(raw(walk, body), 400, "invalid", "body")
    nothing_happens()


@pytest.mark.parametrize("charset", ["utf-16", "ascii", "bz2_codec"])
def test_a_body_that_is_not_in_its_charset_is_refused(walk, nothing_happens, charset):
    body = json.dumps({**INPUT, "response_instructions": "Ż"}, ensure_ascii=False).encode()
    assert is_error(raw(walk, body, f"application/json; charset={charset}"), 400, "invalid", "body")
    nothing_happens()


FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="email_to_respond"%s\r\n\r\n%s\r\n--x--\r\n'


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"email_to_respond=%FF%FE&response_instructions=x", FORM),
        (b"email_to_respond=\xff&response_instructions=x", FORM),
        (PART % (b"", b"\xff\xfe"), MULTIPART),
        (b"no parts at all", "multipart/form-data"),
        (b"&".join(b"f%d=1" % n for n in range(1500)), FORM),
    ],
    ids=["escaped", "plain", "multipart", "no boundary", "many fields"],
)
def test_a_broken_form_is_refused(walk, nothing_happens, body, content_type):
    assert is_error(raw(walk, body, content_type), 400, "invalid", "body")
    nothing_happens()


@pytest.mark.parametrize(("name", "data"), [(b"mail.txt", b"hello"), (b"virus.exe", b"MZ\x90\x00")])
def test_a_file_that_is_no_email_is_refused(walk, nothing_happens, name, data):
    response = raw(walk, PART % (b'; filename="%s"' % name, data), MULTIPART)
    assert is_error(response, 400, "invalid", "email_to_respond", "response_instructions")
    nothing_happens()


@pytest.mark.parametrize("content_type", ["application/json", FORM, "text/plain"])
def test_a_body_of_twenty_megabytes_is_refused(walk, nothing_happens, content_type):
    response = asgi_client.send("PUT", walk.url("initialize_draft"), b"x" * 20_000_000, content_type)
    assert is_error(response, 413, "too_large")
    assert response.headers["Cache-Control"] == "private, no-store"
    nothing_happens()


def test_a_page_is_told_in_its_own_way_that_it_was_too_much():
    response = asgi_client.send("POST", "/admin/", b"x" * 5_000_001, FORM)
    assert response.status_code == 413
    assert not response.headers["Content-Type"].startswith("application/json")


@pytest.mark.parametrize(
    "answers",
    [["a"] * 101, "a", None, [1, 2], [None, None], [["a"], ["b"]], ["a\x00", "b"]],
)
def test_answers_need_to_be_one_text_for_each_question(walk, request, answers):
    walk.begin()
    nothing_happens = request.getfixturevalue("nothing_happens")
    assert is_error(walk.put("clarify_instructions", {"answers": answers}), 400, "invalid", "answers")
    nothing_happens()


@pytest.mark.parametrize("answers", [[], ["a"], ["a"] * 50])
def test_a_wrong_number_of_answers_does_not_fit(walk, request, answers):
    walk.begin()
    nothing_happens = request.getfixturevalue("nothing_happens")
    refused = walk.put("clarify_instructions", {"answers": answers})
    assert is_error(refused, 409, "does_not_fit", "answers")
    nothing_happens()


@pytest.mark.parametrize("feedback", [None, 5, "  ", "\x00", ["x"], BURR, "x" * 20_001])
def test_feedback_needs_to_be_text_or_nothing_at_all(drafted, request, feedback):
    nothing_happens = request.getfixturevalue("nothing_happens")
    assert is_error(drafted.feed_back(feedback), 400, "invalid", "feedback")
    nothing_happens()


def test_input_comes_before_version_and_step(walk):
    wrong_in_all = walk.put("process_feedback", {}, headers={"If-Match": '"9"'})
    assert is_error(wrong_in_all, 400, "invalid", "feedback")
    wrong_in_two = walk.put("process_feedback", {"feedback": "x"}, headers={"If-Match": '"9"'})
    assert is_error(wrong_in_two, 412, "stale_version")


def test_the_text_that_is_stored_is_the_text_that_was_sent(walk):
    email = "Żółć 🙂 \u2028 {{ x }} <b> \\u0041\r\nline two  "
    state = walk.put("initialize_draft", {**INPUT, "email_to_respond": email}).json()
    assert state["email_to_respond"] == email.replace("\r\n", "\n")


def test_creating_takes_no_broken_body_either(walk, nothing_happens):
    for body in BROKEN.values():
        response = walk.client.generic("POST", LIST_URL, body, content_type="application/json")
        assert response.status_code == 400
    nothing_happens()
