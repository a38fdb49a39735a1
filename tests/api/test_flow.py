"""An email is answered from beginning to end over JSON."""

import pytest

from tests.api.conftest import INPUT, LIST_URL, is_error, url_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_email_is_answered_in_two_rounds_of_feedback(walk, model):
    fresh = walk.state()
    assert fresh["email_to_respond"] is fresh["questions"] is fresh["answers"] is fresh["final_draft"] is None
    assert fresh["drafts"] == fresh["feedback_history"] == []
    assert fresh["next_step"] == "process_input"

    asked = walk.begin().json()
    assert asked["email_to_respond"] == INPUT["email_to_respond"]
    assert asked["questions"]
    assert asked["next_step"] == "clarify_instructions"

    drafted = walk.answer().json()
    assert drafted["answers"] == [""] * len(asked["questions"])
    assert len(drafted["drafts"]) == 1
    assert drafted["next_step"] == "process_feedback"

    walk.feed_back("Shorter.")
    twice = walk.feed_back("Warmer.").json()
    assert twice["feedback_history"] == ["Shorter.", "Warmer."]
    assert len(twice["drafts"]) == 3

    done = walk.feed_back("").json()
    assert done["status"] == "finished"
    assert done["final_draft"] == done["drafts"][-1]
    assert done["next_step"] is done["next_url"] is None
    assert walk.state() == done


@pytest.mark.parametrize("reasons", [["There are two.", ""], []])
def test_why_each_question_is_asked_stands_beside_it(walk, model, reasons):
    assert walk.state()["question_reasons"] is None
    model.will_ask("Which day?", "Who pays?", reasons=reasons)
    state = walk.begin().json()
    assert state["questions"] == ["Which day?", "Who pays?"]
    assert state["question_reasons"] == (reasons or ["", ""])


def test_no_reasons_are_given_where_nothing_is_asked(walk, model):
    model.will_ask()
    state = walk.begin().json()
    assert state["questions"] == state["question_reasons"] == []


def test_every_answer_says_where_to_send_the_next_step(walk, model):
    model.will_ask("Which day?")
    for endpoint in ("initialize_draft", "clarify_instructions", "process_feedback"):
        state = walk.state()
        assert state["next_url"] == f"http://testserver{walk.url(endpoint)}"
        body = {
            "process_input": INPUT,
            "clarify_instructions": {"answers": [""] * len(state["questions"] or [])},
            "process_feedback": {"feedback": ""},
        }[state["next_step"]]
        assert walk.client.put(state["next_url"], body, format="json").status_code == 200
    assert walk.state()["status"] == "finished"


def test_a_submit_answers_what_a_later_look_shows(walk):
    sends = (walk.begin, walk.answer, lambda: walk.feed_back("Shorter."), lambda: walk.feed_back(""))
    for send in sends:
        sent = send()
        assert sent.status_code == 200
        assert sent.json() == walk.state()
        assert sent["ETag"] == f'"{sent.json()["version"]}"'


def test_an_id_may_be_written_in_capitals(walk):
    assert walk.client.get(url_of(walk.app_id.upper())).json()["app_id"] == walk.app_id


def test_removing_it_leaves_nothing(drafted, api):
    assert api.delete(drafted.url()).status_code == 204
    assert api.get(drafted.url()).status_code == 404
    assert api.delete(drafted.url()).status_code == 404
    assert api.get(LIST_URL).json()["count"] == 0


def test_head_and_options_are_answered(walk, api):
    head = api.head(walk.url())
    assert head.status_code == 200
    assert head["ETag"] == '"0"'
    options = api.options(walk.url("initialize_draft"))
    assert options.status_code == 200
    assert options["Allow"] == "PUT, OPTIONS"


def test_a_step_is_sent_and_not_fetched_except_for_its_form(walk, api):
    for endpoint in ("initialize_draft", "regenerate"):
        refused = api.get(walk.url(endpoint))
        assert is_error(refused, 405, "method_not_allowed")
        assert "GET" not in refused["Allow"]
        assert api.get(walk.url(endpoint), headers={"Accept": "text/html"}).status_code == 200


def test_no_cache_may_keep_any_answer(walk, api, client):
    answers = [
        api.get(LIST_URL),
        api.post(LIST_URL, {}, format="json"),
        api.get(walk.url()),
        walk.begin(),
        walk.put("initialize_draft", {}),  # 400
        client.get(walk.url()),  # 401
        api.get(walk.url("nowhere")),  # 404, by no view
        api.patch(walk.url()),  # 405
        api.get("/api/", headers={"Host": "elsewhere.example"}),  # 400, before any view
        api.get("/api/schema/"),
    ]
    assert {answer["Cache-Control"] for answer in answers} == {"private, no-store"}
    assert [answer.status_code for answer in answers] == [200, 201, 200, 200, 400, 401, 404, 405, 400, 200]


def test_an_unchanged_state_is_not_sent_again_although_no_cache_may_keep_it(walk, api):
    tag = api.get(walk.url())["ETag"]
    unchanged = api.get(walk.url(), headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged["Cache-Control"]) == (304, "private, no-store")
