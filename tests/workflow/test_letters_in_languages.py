"""Letters with talk around them, and letters that only look like talk, in twelve languages."""

import json
from pathlib import Path

import pytest

from tests.workflow.test_reply_cleaner import read, read_in_any_pieces

CASES = json.loads(Path(__file__).with_name("letters.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_letter_and_nothing_else_is_kept_however_the_reply_comes(case):
    letter, assumptions, _ = read_in_any_pieces(case["raw"])

    assert (letter.strip(), assumptions) == (case["want"], case["want_assumptions"])


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_result_does_not_depend_on_where_a_reply_is_cut_in_two(case):
    raw = case["raw"]
    whole = read([raw])

    for place in range(1, len(raw)):
        assert read([raw[:place], raw[place:]]) == whole
