"""A model answers the labelled emails, and two runs are compared in pairs. A server stands in for it."""

import json

import pytest

from tests.draft_checks import with_model
from tests.draft_checks.with_model import Answered, Results, by_chance, cases_of, paired
from tests.model_server import Reply, error, model_server, questions

__all__ = ["model_server"]
INVENTED = "<reply>\nHi Callie,\n\nit costs 777 weeks.\n\nBest,\nNora Vance\n</reply>"


@pytest.fixture
def evaluate(model_server, settings, capsys, tmp_path):
    settings.OPENAI_BASE_URL = model_server.url
    settings.OPENAI_API_KEY = "a key of the test"
    settings.MODEL_RETRIES = 0
    model_server.standing = Reply(text=INVENTED)

    def run(*more):
        kept = tmp_path / "kept.json"
        with_model.main(["--model", "tiny", "--keep", str(kept), *map(str, more)])
        return Results.load(kept), capsys.readouterr().out

    return run


def test_each_email_goes_to_the_model_once_for_questions_and_once_for_the_draft(evaluate, model_server):
    results, printed = evaluate("--most", 2)
    assert [each.id for each in results.emails] == ["en01", "en02"]
    assert all("777 weeks" in each.draft and "777 weeks" in each.unsupported for each in results.emails)
    assert [each.calls for each in results.emails] == [2, 2]
    assert {body["model"] for body in model_server.bodies} == {"tiny"}
    assert "tiny, prompt version" in printed
    assert "| a fact from nowhere | 2 |" in printed


def test_questions_are_answered_by_the_case_and_feedback_is_given(evaluate, model_server, tmp_path):
    given = tmp_path / "given.json"
    case = {
        "id": "z1.1",
        "email": "When?\n\nCallie",
        "instructions": "soon",
        "answers": ["on 4 May"],
        "feedback": ["warmer, please"],
        "known": "nora Nora Vance",
    }
    given.write_text(json.dumps([case, {**case, "id": "z1.2"}]))
    assert [each["id"] for each in cases_of(json.loads(given.read_text()))] == ["z1"]
    model_server.standing_questions = questions("Which day?", "Which place?")
    results, _ = evaluate("--given", given, "--most", 1)
    last = results.emails[-1]
    assert (last.id, last.questions, last.calls) == ("z1", ["Which day?", "Which place?"], 3)
    asked, written, revised = map(json.dumps, model_server.bodies)
    assert "on 4 May" not in asked
    assert "on 4 May" in written
    assert "warmer, please" not in written
    assert "warmer, please" in revised


def test_an_error_of_the_model_is_a_result(evaluate, model_server):
    model_server.script(questions(), error(500, "broken"))
    results, printed = evaluate("--most", 1)
    assert results.emails[0].error
    assert "| no draft | 1 |" in printed


def test_two_runs_are_compared_email_by_email(evaluate, model_server, tmp_path):
    evaluate("--most", 3)
    before = tmp_path / "before.json"
    (tmp_path / "kept.json").rename(before)
    model_server.standing = Reply(text="<reply>\nThank you, that is fine.\n</reply>")
    _, printed = evaluate("--most", 3, "--against", before)
    assert "3 emails in both" in printed
    assert "| a fact from nowhere | 3 | 0 | 3 | 0 | 0.250 |" in printed


def test_only_emails_of_both_runs_count():
    def of(ids, found):
        return Results("m", "2", [Answered(each, draft="x", missing=list(found)) for each in ids])

    lines = list(paired(of(["a", "b"], ["1 May"]), of(["b", "c"], [])))
    assert lines[0].startswith("1 emails in both")
    assert "| a missing fact | 1 | 0 | 1 | 0 | 1.000 |" in lines


def test_an_email_without_a_draft_in_one_run_says_nothing_about_drafts():
    before, now = Answered("a", error="model_failed"), Answered("a", draft="x", missing=["1 May"])
    lines = list(paired(Results("m", "2", [before]), Results("m", "2", [now])))
    assert "| no draft | 1 | 0 | 1 | 0 | 1.000 |" in lines
    assert "| a missing fact | 0 | 0 | 0 | 0 | 1.000 |" in lines
    assert "| anything of these | 1 | 1 | 0 | 0 | 1.000 |" in lines


@pytest.mark.parametrize(
    ("one", "other", "chance"), [(0, 0, 1), (1, 0, 1), (6, 0, 0.03125), (5, 5, 1), (9, 1, 0.021)]
)
def test_the_chance_is_that_of_the_sign_test(one, other, chance):
    assert by_chance(one, other) == pytest.approx(chance, abs=0.001)


def test_what_each_source_brings_is_compared_in_pairs(model_server, evaluate, capsys, settings):
    model_server.standing = Reply(text="<reply>\nHi Tom,\n\nwithin 30 days.\n\nBest,\nIda\n</reply>")
    with_model.main(["--model", "tiny", "--ablate", "--most", "1"])
    printed = capsys.readouterr().out
    notes, texts, identity = printed.split("Before: without ")[1:]
    assert notes.startswith("notes. Now: with all.")
    assert "| a fact from nowhere | 1 | 0 | 1 | 0 |" in notes
    assert "| a fact from nowhere | 0 | 0 | 0 | 0 |" in texts
    assert "| a text not followed | 1 | 1 | 0 | 0 |" in texts
    assert "| no name at the end | 0 | 0 | 0 | 0 |" in identity
    told = [json.dumps(body) for body in model_server.bodies]
    assert len(told) == 8
    assert sum("Customers can send unused sensors back" in text for text in told) == 6
    assert sum("without exclamation marks" in text for text in told) == 6
    assert sum("My name, as it stands under my emails: Ida Brevik" in text for text in told) == 6


def test_the_demonstration_model_has_no_sources_to_compare(settings, capsys):
    settings.EMBEDDED_MODEL = True
    with pytest.raises(SystemExit):
        with_model.main(["--model", "any", "--ablate"])
    assert "EMBEDDED_MODEL_PATH" in capsys.readouterr().err
