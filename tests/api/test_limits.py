"""The limits endpoint shows what is left. Requests over a limit are refused and change nothing."""

from datetime import datetime

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from tests.api.conftest import INPUT, Walk, is_error

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("one_day")]
LIMITS_URL = "/api/limits/"


def test_what_is_left_is_answered_before_it_is_spent(api, settings, use):
    settings.MAX_DRAFTS_PER_DAY, settings.MAX_TOKENS_PER_DAY = 50, 100_000
    use(drafts=19, tokens=120_000)
    answer = api.get(LIMITS_URL).json()
    assert answer["drafts_today"] == {"limit": 50, "used": 19, "left": 31}
    assert answer["tokens_today"] == {"limit": 100_000, "used": 120_000, "left": 0}
    assert answer["runs_at_once"] == {"limit": 5, "used": 0, "left": 5}
    assert (answer["drafts_per_email"], answer["email_characters"], answer["text_characters"]) == (
        *(100, 200_000, 20_000),
    )
    assert answer["drafts_characters"] == 1_000_000
    assert datetime.fromisoformat(answer["next_day_at"]) > timezone.now()


def test_what_has_no_limit_says_so(api, settings, drafted):
    settings.MAX_RUNS_AT_ONCE = settings.MAX_ROUNDS = settings.MAX_DRAFTS_CHARACTERS = 0
    answer = api.get(LIMITS_URL).json()
    assert answer["drafts_today"] == {"limit": None, "used": 1, "left": None}
    assert answer["runs_at_once"] == {"limit": None, "used": 0, "left": None}
    assert answer["drafts_per_email"] is answer["drafts_characters"] is None


def test_a_run_under_way_is_counted(api, running):
    running()
    assert api.get(LIMITS_URL).json()["runs_at_once"] == {"limit": 5, "used": 1, "left": 4}


def test_a_run_whose_server_was_killed_is_not(api, running):
    running(lease_seconds=-1)
    assert api.get(LIMITS_URL).json()["runs_at_once"]["used"] == 0


def test_they_are_ones_own(api, stranger, drafted):
    other = APIClient()
    other.force_authenticate(stranger)
    assert api.get(LIMITS_URL).json()["drafts_today"]["used"] == 1
    assert other.get(LIMITS_URL).json()["drafts_today"]["used"] == 0


def test_anonymous_requests_are_counted_and_refused(settings):
    settings.API_RATE_ANONYMOUS = "1/minute"
    assert is_error(APIClient().get(LIMITS_URL), 401, "not_signed_in")
    assert is_error(APIClient().get(LIMITS_URL), 429, "throttled")


def test_a_spent_budget_is_refused_before_the_model_is_asked(walk, settings, use, nothing_happens):
    settings.MAX_DRAFTS_PER_DAY = 50
    use(drafts=50)
    response = walk.begin()
    assert is_error(response, 429, "budget_spent")
    assert response.json()["message"] == "You have used today's 50 drafts. The next are free at 00:00."
    assert 0 < int(response["Retry-After"]) <= 25 * 3600
    nothing_happens()


def test_a_token_budget_is_refused_by_what_a_run_may_need(walk, settings, use, nothing_happens):
    settings.MAX_TOKENS_PER_DAY = 100_000
    use(tokens=99_000)
    response = walk.begin()
    assert is_error(response, 429, "budget_spent")
    assert response.json()["message"].startswith("Too few of today's 100,000 tokens are left for this.")
    nothing_happens()


def test_too_many_at_once_are_refused_for_a_moment(walk, api, settings, running, model):
    settings.MAX_RUNS_AT_ONCE = 1
    running()
    response = Walk(api, model).begin()
    assert is_error(response, 429, "too_many_runs")
    assert response["Retry-After"] == "5"
    assert model.asked == []


def test_the_answer_at_once_is_refused_too(walk, settings, use):
    settings.MAX_DRAFTS_PER_DAY = 1
    use(drafts=1)
    response = walk.put("initialize_draft", INPUT, headers={"Prefer": "respond-async"})
    assert is_error(response, 429, "budget_spent")


def test_the_last_round_can_only_be_accepted(drafted, settings):
    settings.MAX_ROUNDS = 1
    assert is_error(drafted.feed_back("Shorter."), 409, "too_many_rounds")
    assert drafted.feed_back("").json()["status"] == "finished"


def test_drafts_that_are_too_long_together_take_no_more_text(drafted, settings):
    settings.MAX_DRAFTS_CHARACTERS = 30
    assert is_error(drafted.feed_back("Shorter, and warmer, and simpler."), 409, "drafts_too_long")
    assert is_error(
        drafted.put("edit", {"text": "Dear Marta, on Thursday. Kind regards"}), 409, "drafts_too_long"
    )
    assert drafted.feed_back("").json()["status"] == "finished"


def test_what_is_wrong_otherwise_comes_first(drafted, settings):
    settings.MAX_DRAFTS_PER_DAY = 1
    assert is_error(drafted.put("process_feedback", {}), 400, "invalid", "feedback")
    stale = drafted.put("process_feedback", {"feedback": "x"}, headers={"If-Match": '"0"'})
    assert is_error(stale, 412, "stale_version")
    assert is_error(drafted.put("clarify_instructions", {"answers": []}), 409, "wrong_step")
    assert is_error(drafted.feed_back("x"), 429, "budget_spent")


def test_a_submit_that_drafts_spends_one_statement_on_its_limits(drafted, all_queries):
    with all_queries() as queries:
        assert drafted.feed_back("Shorter.").status_code == 200
    about_limits = [sql for _, sql in queries if "assistant_app_usage" in sql]
    assert len(about_limits) == 1, about_limits
    assert len(queries) <= 10


def test_the_first_submit_of_a_day_spends_two_as_questions_give_back(walk, all_queries):
    with all_queries() as queries:
        assert walk.begin().status_code == 200
    assert sum("assistant_app_usage" in sql for _, sql in queries) == 2
    assert len(queries) <= 10, "\n".join(sql for _, sql in queries)


def test_an_accepted_draft_spends_none(drafted, all_queries):
    with all_queries() as queries:
        assert drafted.feed_back("").status_code == 200
    assert not any("assistant_app_usage" in sql for _, sql in queries)
