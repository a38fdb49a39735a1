"""docs/reference/api.md names every code of an error, and every field of an answer."""

import re
from pathlib import Path

import pytest

from assistant_app import errors
from assistant_app.api.drafts.serializers import Checks, Draft
from assistant_app.api.errors import CODES
from assistant_app.api.serializers import ApplicationState, ApplicationSummary

DOCUMENT = Path(__file__).resolve().parent.parent / "docs/reference/api.md"
TEXT = re.sub(r"^```.*?^```", "", DOCUMENT.read_text(), flags=re.MULTILINE | re.DOTALL)
BASES = (errors.AssistantError, errors.OverLimit)  # their codes are never sent


def names_in(heading):
    """Every word that is set as code below a heading, up to the next one."""
    part = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)[1]
    return {word for code in re.findall(r"`([^`]+)`", part) for word in re.findall(r"\w+", code)}


def test_every_code_is_described():
    own = {
        kind.code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.AssistantError) and kind not in BASES
    }
    assert names_in("Errors") >= own | set(CODES.values())


@pytest.mark.parametrize(
    ("heading", "serializer"),
    [
        ("The state", ApplicationState),
        ("Drafts and forks", Draft),
        ("Drafts and forks", Checks),
        ("Lists", ApplicationSummary),
    ],
)
def test_every_field_of_an_answer_is_described(heading, serializer):
    assert names_in(heading) >= set(serializer().fields)
