"""No template has a text of its own: all that people read is in the catalogue."""

import re

import pytest

from tests.translation.catalogue import ROOT
from tests.translation.visible import Visible

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLES = sorted((ROOT / "assistant_app" / "static").rglob("*.css"))
COMMENTS = re.compile(r"{#.*?#}|{% comment .*?{% endcomment %}", re.DOTALL)
MARKED = re.compile(r"{% blocktranslate.*?{% endblocktranslate %}", re.DOTALL)
BLOCKS_OF_CODE = re.compile(r"{% block (?:width|refused) %}.*?{% endblock(?: \w+)? %}")
TAGS = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
# Methods of HTTP are names.
NAMES = re.compile(r"\b(?:GET|OPTIONS|POST|PUT|DELETE|HTTP)\b")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_marks_all_its_texts(path):
    source = path.read_text()
    for passed_over in (COMMENTS, MARKED, BLOCKS_OF_CODE, TAGS):
        source = passed_over.sub("", source)
    left = [text for text in Visible(source).pieces if re.search(r"[A-Za-z]{2,}", NAMES.sub("", text))]
    assert left == []


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_a_style_sheet_takes_its_texts_from_the_page(path):
    texts = re.findall(r"content:([^;}]*)", path.read_text())
    assert [text for text in texts if re.search(r'["\'].*[A-Za-z]{2,}', text)] == []
