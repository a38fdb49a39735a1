"""Drafts as versions, over HTTP: edit, go back, try again, reopen, branch, compare."""

from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from assistant_app.errors import ModelTimeout
from assistant_app.models import Application, ModelCall
from tests.api.conftest import INPUT, LIST_URL, Walk, etag, is_error
from tests.conftest import wait_for_runs

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def twice(drafted):
    """An email with two drafts, the second by feedback."""
    drafted.feed_back("Shorter.")
    return drafted


def post(walk, endpoint, data=None, **options):
    return walk.client.post(walk.url(endpoint), data or {}, format="json", **options)


def fork(walk, **where):
    answer = post(walk, "fork", where)
    assert answer.status_code == 201, answer.content
    child = Walk.__new__(Walk)
    child.client, child.model, child.app_id = walk.client, walk.model, answer.json()["app_id"]
    return child, answer


def test_an_edited_draft_is_the_next_one(twice):
    answer = twice.put("edit", {"text": "My own words."})
    assert answer.status_code == 200
    state = answer.json()
    assert state == twice.state()
    assert (state["drafts"][2], state["draft_number"]) == ("My own words.", 3)
    assert (state["status"], state["next_step"]) == ("waiting", "process_feedback")
    assert twice.feed_back("").json()["final_draft"] == "My own words."


@pytest.mark.parametrize(
    ("text", "status", "code", "problem"),
    [
        ("Draft 2.", 409, "does_not_fit", "Nothing was changed, so no new draft was made."),
        (" ", 400, "invalid", "Write something here."),
        (5, 400, "invalid", "Send text."),
    ],
)
def test_an_edit_that_is_none_is_refused(twice, text, status, code, problem):
    answer = twice.put("edit", {"text": text})
    assert is_error(answer, status, code, "text")
    assert answer.json()["fields"]["text"] == [problem]


def test_an_earlier_draft_is_used_tried_again_and_improved(twice, model):
    assert twice.put("use", {"draft": 1}).json()["draft_number"] == 1
    assert post(twice, "regenerate").json()["drafts"] == ["Draft 1.", "Draft 2.", "Draft 3."]
    state = twice.put("use", {"draft": 2}).json()
    assert (state["draft_number"], len(state["drafts"])) == (2, 3)
    assert is_error(twice.put("use", {"draft": 9}), 409, "does_not_fit", "draft")
    assert is_error(twice.put("use", {"draft": "2"}), 400, "invalid", "draft")
    assert is_error(twice.put("use", {"draft": True}), 400, "invalid", "draft")
    assert is_error(twice.put("use", {"draft": 10**9}), 400, "invalid", "draft")
    assert is_error(twice.put("use", {"draft": "second"}), 400, "invalid", "draft")
    assert is_error(twice.put("use", {}), 400, "invalid", "draft")
    twice.put("edit", {"text": "Mine."})
    assert is_error(post(twice, "regenerate"), 409, "nothing_to_regenerate")


def test_a_form_sends_the_number_as_text(twice):
    answer = twice.client.put(twice.url("use"), {"draft": "1"})
    assert answer.json()["draft_number"] == 1


def test_a_finished_one_is_reopened(twice):
    assert is_error(post(twice, "reopen"), 409, "wrong_step")
    twice.feed_back("")
    assert is_error(twice.put("edit", {"text": "Mine."}), 409, "finished")
    state = post(twice, "reopen").json()
    assert (state["status"], state["final_draft"], state["next_step"]) == (
        "waiting",
        None,
        "process_feedback",
    )


def test_all_of_them_are_conditional(twice):
    old = {"If-Match": etag(twice.state()["version"] - 1)}
    for send in (
        lambda: twice.put("edit", {"text": "Mine."}, headers=old),
        lambda: twice.put("use", {"draft": 1}, headers=old),
        lambda: post(twice, "regenerate", headers=old),
    ):
        assert is_error(send(), 412, "stale_version")
    assert twice.state()["drafts"] == ["Draft 1.", "Draft 2."]


def test_another_try_answers_at_once_if_that_is_preferred_and_so_does_to_reopen(twice):
    at_once = {"Prefer": "respond-async"}
    events = f"http://testserver{twice.url('events')}"
    answer = post(twice, "regenerate", headers=at_once)
    assert (answer.status_code, answer["Location"]) == (202, events)
    wait_for_runs()
    twice.feed_back("")
    answer = post(twice, "reopen", headers=at_once)
    assert (answer.status_code, answer["Location"]) == (202, events)


def test_a_try_that_failed_can_be_retried(twice, model):
    model.will_write(ModelTimeout())
    assert is_error(post(twice, "regenerate"), 504, "model_timeout")
    state = twice.state()
    assert (state["status"], state["next_step"], state["draft_number"]) == ("failed", "process_feedback", 1)
    assert twice.retry().json()["draft_number"] == 3


def test_what_the_model_assumed_is_told(walk, model):
    walk.begin("Which day?")
    model.will_write("On Monday.\n\nASSUMPTIONS:\n- The day is Monday.")
    state = walk.answer().json()
    assert (state["drafts"], state["assumptions"]) == (["On Monday."], ["The day is Monday."])


# --- Drafts ---------------------------------------------------------------------------------------


def test_every_draft_is_told_with_where_it_came_from(twice):
    twice.put("edit", {"text": "My own words."})
    twice.put("use", {"draft": 2})
    listed = twice.client.get(twice.url("drafts")).json()
    assert listed["count"] == 3
    first, second, own = listed["results"]
    assert (first["number"], first["by"], first["of"], first["feedback"]) == (1, "model", None, None)
    assert (second["by"], second["of"], second["feedback"]) == ("model", 1, "Shorter.")
    assert (own["by"], own["of"], own["feedback"], own["model"]) == ("person", 2, None, None)
    assert first["model"] == second["model"] == "scripted-1"
    assert [draft["is_current"] for draft in listed["results"]] == [False, True, False]
    assert first["created_at"] < second["created_at"] < own["created_at"]
    assert twice.client.get(twice.url("drafts", "3")).json() == own


def test_drafts_cost_the_same_few_queries_however_many_there_are(twice, all_queries):
    for number in range(4):
        twice.put("edit", {"text": f"My words {number}."})
    with all_queries() as queries:
        listed = twice.client.get(twice.url("drafts"))
    assert listed.status_code == 200
    assert len(listed.json()["results"]) == 6
    assert len(queries) == 3


@pytest.mark.parametrize(
    "address", ["drafts/0", "drafts/3", "drafts/1/diff/3", "drafts/0/diff/1", "drafts/x"]
)
def test_a_draft_that_is_not_there_is_not_found(twice, address):
    assert is_error(twice.client.get(twice.url(address)), 404, "not_found")


def test_before_the_first_draft_there_is_none(walk):
    assert walk.client.get(walk.url("drafts")).json()["results"] == []


def test_two_drafts_are_compared_word_by_word(drafted):
    drafted.put("edit", {"text": "Dear Marta,\n\nwe ship on Thursday."})
    drafted.put("edit", {"text": "Dear Marta,\n\nwe gladly ship on Friday."})
    diff = drafted.client.get(drafted.url("drafts", "2", "diff", "3")).json()
    assert diff["before"] == {"app_id": drafted.app_id, "number": 2}
    assert diff["segments"] == [
        {"op": "equal", "text": "Dear Marta,\n\nwe"},
        {"op": "insert", "text": " gladly"},
        {"op": "equal", "text": " ship on "},
        {"op": "delete", "text": "Thursday"},
        {"op": "insert", "text": "Friday"},
        {"op": "equal", "text": "."},
    ]
    assert (diff["words_added"], diff["words_removed"], diff["paragraphs_changed"]) == (2, 1, 1)


def test_no_odd_space_is_lost_between_two_drafts(drafted):
    one, other = "We ship\n\x1cnow. \u2028\x1d", "We ship\n\x1cnow. \u2028\x1d Or later.\x85\x1f x"
    drafted.put("edit", {"text": f"{one}y"})
    drafted.put("edit", {"text": other})
    segments = drafted.client.get(drafted.url("drafts", "2", "diff", "3")).json()["segments"]
    assert "".join(each["text"] for each in segments if each["op"] != "insert") == f"{one}y"
    assert "".join(each["text"] for each in segments if each["op"] != "delete") == other


# --- Forks ----------------------------------------------------------------------------------------


def test_a_fork_goes_on_from_a_draft(twice):
    child, answer = fork(twice, draft=1)
    state = answer.json()
    assert answer["Location"] == f"http://testserver{child.url()}"
    assert answer["ETag"] == etag(state["version"])
    assert state == child.state()
    assert (state["drafts"], state["feedback_history"]) == (["Draft 1."], [])
    assert (state["status"], state["next_step"]) == ("waiting", "process_feedback")
    assert state["parent"]["app_id"] == twice.app_id
    assert state["title"] == twice.state()["title"]
    assert child.feed_back("Longer.").json()["drafts"] == ["Draft 1.", "Draft 3."]
    begun = child.client.get(child.url("steps", "0")).json()["state"]
    assert (begun["draft_history"], begun["incoming_email"]) == (["Draft 1."], state["email_to_respond"])
    assert twice.state()["drafts"] == ["Draft 1.", "Draft 2."]


def test_a_fork_answers_the_questions_again(twice):
    child, answer = fork(twice, step=2)
    state = answer.json()
    assert (state["next_step"], state["answers"], state["drafts"]) == ("clarify_instructions", None, [])
    assert state["questions"] == twice.state()["questions"]
    assert child.answer().json()["drafts"] == ["Draft 3."]


def test_a_fork_of_the_first_step_takes_everything_again(twice):
    child, answer = fork(twice, step=0)
    assert answer.json()["next_step"] == "process_input"
    assert child.put("initialize_draft", INPUT).json()["drafts"] == ["Draft 3."]


def test_a_fork_repeats_a_step_of_its_parent_even_after_that_is_deleted(twice):
    child, _ = fork(twice, draft=1)
    _, answer = fork(child, before="clarify_instructions")
    assert answer.json()["parent"] == {"app_id": twice.app_id, "step": 2}
    assert answer.json()["next_step"] == "clarify_instructions"
    twice.client.delete(twice.url())
    again, answer = fork(child, before="clarify_instructions")
    assert answer.json()["parent"] == {"app_id": child.app_id, "step": 0}
    assert answer.json()["questions"] == child.state()["questions"]
    assert again.put("clarify_instructions", {"answers": ["Tuesday.", ""]}).json()["drafts"] == ["Draft 3."]
    _, answer = fork(child, before="process_input")
    assert (answer.json()["next_step"], answer.json()["email_to_respond"]) == ("process_input", None)


def test_what_was_taken_is_found_however_many_forks_lie_between(twice, owner):
    child, _ = fork(twice)
    chain = [Application.objects.get(pk=twice.app_id)]
    common = {"owner": owner, "root_id": chain[0].pk, "next_step": "process_feedback"}
    for _ in range(1100):
        chain.append(Application(id=uuid4(), parent=chain[-1], **common))
    Application.objects.bulk_create(chain[1:])
    Application.objects.filter(pk=child.app_id).update(parent=chain[-1])
    _, answer = fork(child, before="clarify_instructions")
    assert answer.status_code == 201
    assert answer.json()["parent"] == {"app_id": twice.app_id, "step": 2}


def test_a_step_that_was_not_taken_yet_cannot_be_repeated(walk):
    for before in ("process_input", "clarify_instructions"):
        assert is_error(post(walk, "fork", {"before": before}), 404, "not_found")


def test_drafts_are_compared_across_the_tree_also_once_the_parent_is_deleted(twice, owner):
    child, _ = fork(twice, draft=2)
    grandchild, _ = fork(child, draft=1)
    grandchild.put("edit", {"text": "Draft 1, mine."})
    told = child.client.get(child.url("drafts")).json()["results"]
    assert told[1] == {
        **twice.client.get(twice.url("drafts", "2")).json(),
        "is_current": True,
    }
    child.client.delete(child.url())
    assert grandchild.state()["parent"] is None
    answer = twice.client.get(twice.url("drafts", "1", "diff", "2"), {"other": grandchild.app_id})
    assert answer.json()["after"] == {"app_id": grandchild.app_id, "number": 2}
    assert answer.json()["words_added"] == 1
    twice.client.delete(twice.url())
    assert grandchild.feed_back("").json()["final_draft"] == "Draft 1, mine."
    assert grandchild.client.get(grandchild.url("drafts", "1")).json()["model"] == "scripted-1"


def test_a_fork_whose_parent_was_deleted_is_sent_again(twice):
    child, answer = fork(twice, draft=2)
    known = {"If-None-Match": answer["ETag"]}
    assert child.client.get(child.url(), headers=known).status_code == 304
    twice.client.delete(twice.url())
    assert child.client.get(child.url(), headers=known).json()["parent"] is None


def test_drafts_of_a_fork_name_the_same_model_as_in_its_parent(twice):
    ModelCall.objects.update(provider="embedded", model="small-1.Q4")
    told = twice.client.get(twice.url("drafts")).json()["results"]
    assert {draft["model"] for draft in told} == {"small-1.Q4"}
    child, _ = fork(twice)
    grandchild, _ = fork(child)
    for row in (twice, child):
        assert grandchild.client.get(grandchild.url("drafts")).json()["results"] == told
        row.client.delete(row.url())
    assert grandchild.client.get(grandchild.url("drafts")).json()["results"] == told
    began = grandchild.client.get(grandchild.url("steps", "0")).json()["state"]["draft_sources"]
    assert [(source["model"], source["provider"]) for source in began] == [("small-1.Q4", "embedded")] * 2


def checked(walk, model, first, own, third, feedback):
    """Have a draft written, edited by hand and written again; return the checks of all three."""
    model.will_write(first)
    model.will_write(third)
    walk.begin()
    walk.answer()
    walk.put("edit", {"text": own})
    walk.feed_back(feedback)
    return [walk.client.get(walk.url("drafts", number, "checks")).json() for number in ("1", "2", "3")]


def test_every_draft_is_checked_without_a_model(walk, model):
    first, second, third = checked(
        walk,
        model,
        "60 ship on Thursday. \N{PARTY POPPER} You get a credit note within 14 days.\n\n[Your name]",
        "We would rather walk than let you down.\n\n60 ship on Thursday.\n\nIda",
        "60 ship on Thursday, the others on 10 December.\n\nIda",
        "Also say 10 December.",
    )
    assert first["unsupported"] == [
        {"kind": "number", "text": "14 days", "start": 52, "end": 59, "key": "number:14 days"}
    ]
    assert [passage["text"] for passage in first["placeholders"]] == ["[Your name]"]
    [given] = first["given"]
    assert (given["source"], given["text"]) == ("instructions", INPUT["response_instructions"])
    assert (first["lost"], second["lost"]) == ([], [])
    assert second["unsupported"] == second["placeholders"] == []
    assert third["lost"] == ["We would rather walk than let you down."]
    asked = third["given"][-1]
    assert (asked["source"], asked["present"], asked["missing"]) == ("feedback", ["10 December"], [])
    assert list(ModelCall.objects.values_list("purpose", flat=True)) == ["questions", "draft", "draft"]
    assert is_error(walk.client.get(walk.url("drafts", "4", "checks")), 404, "not_found")


def test_a_passage_stands_where_it_is_said_however_lines_end(walk, model):
    _, _, found = checked(
        walk,
        model,
        "Hello.",
        "Hello,\n\nour lorry\nis never ever late. Bye",
        "Hello,\r\n\r\nour lorry\r\nmay be late. Track https://example.org/t/[number]. Bye",
        "Say where to track.",
    )
    text = walk.client.get(walk.url("drafts", "3")).json()["text"]
    passages = [*found["unsupported"], *found["placeholders"], *found["changed"]]
    assert {passage["kind"] for passage in passages} == {"link", "placeholder", "changed"}
    assert found["unsupported"][0]["text"] == "https://example.org/t/"
    assert [text[passage["start"] : passage["end"]] for passage in passages] == [
        passage["text"] for passage in passages
    ]


def test_where_ones_own_words_gave_way_to_spaces_nothing_stands_in_their_place(walk, model):
    own = "Hello there. We gladly wait. Bye now"
    _, _, found = checked(walk, model, "Hello there. Bye now", own, "Hello there.\nBye now", "Shorter.")
    assert found["lost"] == ["We gladly wait."]
    assert found["changed"] == []


def test_only_what_is_related_can_be_compared(twice, api, model, stranger):
    alone = Walk(api, model)
    alone.begin()
    alone.answer()
    theirs = APIClient()
    theirs.force_authenticate(stranger)
    for other in (alone.app_id, "00000000-0000-4000-8000-000000000000"):
        address = twice.url("drafts", "1", "diff", "1")
        assert is_error(twice.client.get(address, {"other": other}), 404, "not_found")
    assert is_error(twice.client.get(address, {"other": "x"}), 400, "invalid", "other")
    assert is_error(theirs.get(address), 404, "not_found")
    assert is_error(theirs.post(twice.url("fork"), {"draft": 1}, format="json"), 404, "not_found")


def test_a_fork_can_be_repeated_with_an_id_of_ones_own(twice, stranger):
    mine = {"draft": 1, "app_id": "3f2b8a4e-6d52-4b7e-9f6c-2f1d5c3b7a90"}
    assert post(twice, "fork", mine).status_code == 201
    again = post(twice, "fork", mine)
    assert (again.status_code, again.json()["app_id"]) == (200, mine["app_id"])
    theirs = APIClient()
    theirs.force_authenticate(stranger)
    walk = Walk(theirs, twice.model)
    walk.begin()
    walk.answer()
    assert is_error(post(walk, "fork", {**mine, "draft": 1}), 409, "id_taken")


@pytest.mark.parametrize(
    ("body", "status", "code", "named"),
    [
        ({"draft": 3}, 409, "does_not_fit", ["draft"]),
        ({"draft": "1"}, 400, "invalid", ["draft"]),
        ({"draft": True}, 400, "invalid", ["draft"]),
        ({"step": 1.5}, 400, "invalid", ["step"]),
        ({"app_id": "0b6f2b5e3c604c0e9d5e5a3f1f6d8f10"}, 400, "invalid", ["app_id"]),
        ({"draft": 0}, 400, "invalid", ["draft"]),
        ({"step": -1}, 400, "invalid", ["step"]),
        ({"step": "x"}, 400, "invalid", ["step"]),
        ({"step": 1, "draft": 1}, 400, "invalid", ["draft"]),
        ({"before": "process_input", "draft": 1}, 400, "invalid", ["before"]),
        ({"before": "process_feedback"}, 400, "invalid", ["before"]),
        ({"other": 1}, 400, "invalid", ["other"]),
        ({"step": 99}, 404, "not_found", []),
    ],
)
def test_a_fork_that_makes_no_sense_is_refused(twice, body, status, code, named):
    assert is_error(post(twice, "fork", body), status, code, *named)


def test_a_fork_is_told_what_it_can_be_taken_before(twice):
    for sent in (r'"process_feedback"', r'"\ud800"'):  # a lone surrogate
        body = f'{{"before": {sent}}}'
        answer = twice.client.post(twice.url("fork"), body, content_type="application/json")
        assert is_error(answer, 400, "invalid", "before")
        assert answer.json()["fields"]["before"] == ["Choose one of: process_input, clarify_instructions."]


def test_the_list_tells_what_was_forked_from_what(twice):
    child, _ = fork(twice, step=3)
    listed = twice.client.get(LIST_URL).json()["results"]
    assert {entry["app_id"]: entry["parent"] for entry in listed} == {
        twice.app_id: None,
        child.app_id: {"app_id": twice.app_id, "step": 3},
    }


def test_in_a_browser_the_edit_begins_with_the_draft(twice):
    page = twice.client.get(twice.url("edit"), headers={"Accept": "text/html"}).content.decode()
    assert "Draft 2.</textarea>" in page


def test_what_was_left_out_of_a_draft_is_told(walk, model):
    model.will_write(
        "Sure, here it is.\n<reply>\nDear Marta,\n\non Thursday.\n</reply>\n\nShall I add the price?"
    )
    walk.begin()
    walk.answer()
    draft = walk.client.get(walk.url("drafts", "1")).json()
    assert draft["text"] == "Dear Marta,\n\non Thursday."
    assert draft["left_out"] == [
        {"where": "before", "text": "Sure, here it is."},
        {"where": "after", "text": "Shall I add the price?"},
    ]
    walk.put("edit", {"text": "My own."})
    assert len(walk.client.get(walk.url("drafts", "2")).json()["left_out"]) == 2
