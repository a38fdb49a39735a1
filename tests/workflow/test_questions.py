"""Questions in the forms in which models give them, although they are asked for JSON of one form."""

import json

import pytest

from assistant_app.llm.wire import Garbage, find_value
from assistant_app.workflow.questions import parse_questions

TWO = ["Which carrier?", "Any discount?"]
FORMS = {
    "JSON in JSON": json.dumps(json.dumps({"questions": TWO})),
    "an object on each line": "\n".join(json.dumps({"question": each}) for each in TWO),
    "within another object": json.dumps({"response": {"questions": TWO}}),
    "the schema, filled in": json.dumps({"type": "object", "properties": {"questions": TWO}}),
    "under a short key": json.dumps({"questions": [{"q": each} for each in TWO]}),
    "single quotes": "{'questions': ['Which carrier?', 'Any discount?']}",
    "typographic quotes": "{\u201cquestions\u201d: [\u201cWhich carrier?\u201d, \u201cAny discount?\u201d]}",
    "cut off": '{"questions": ["Which carrier?", "Any discount?", "And wh',
    "tags": "<question>Which carrier?</question>\n<question>Any discount?</question>",
    "tags on one line": "<questions><q id='1'>Which carrier?</q><q id='2'>Any discount?</q></questions>",
    "Markdown": "**Which carrier?**\n\n* *Any discount?*",
    "an object in an object": '{"clarifying_questions": {"questions": ["Which carrier?", "Any discount?"]}}',
    "numbered keys": '{"questions": {"1": "Which carrier?", "2": "Any discount?"}}',
    "keys of their own": '{"question_1": "Which carrier?", "question_2": "Any discount?"}',
    "a list in a list": '{"questions": [["Which carrier?", "Any discount?"]]}',
    "one text": '{"questions": "1. Which carrier?\\n2. Any discount?"}',
    "objects": '[{"question": {"text": "Which carrier?"}}, {"text": "Any discount?"}]',
}
NONE = {
    "not applicable": '{"questions": ["N/A"]}',
    "the schema": '{"properties": {"questions": {"type": "array"}}, "required": ["questions"]}',
    "an empty list beside thoughts": '{"thoughts": "Should I ask? No.", "questions": []}',
    "null": '{"questions": null}',
    "something else": '{"answer": "Can I help?"}',
}


def read(text):
    try:
        return [question.text for question in parse_questions(find_value(text))]
    except Garbage:
        return [question.text for question in parse_questions(text)]


@pytest.mark.parametrize("form", FORMS)
def test_questions_are_read_in_whatever_form_they_come(form):
    assert read(FORMS[form]) == TWO


@pytest.mark.parametrize("form", NONE)
def test_what_holds_no_question_gives_none(form):
    assert read(NONE[form]) == []
