"""Words that a template remembers follow the language."""

from django.template import Context, Template
from django.template.loader import render_to_string

from tests.translation import pseudo


def test_remembered_words_follow_the_language(tmp_path):
    english = render_to_string("errors/404.html")
    with pseudo.spoken(tmp_path):
        assert pseudo.pseudo("Page not found") in render_to_string("errors/404.html")
    assert "Page not found" in english
    assert render_to_string("errors/404.html") == english


def test_what_differs_from_one_to_the_next_is_not_remembered():
    template = Template('{% translate name|default:"x" %}, {% translate name %}, {% translate "Save" %}')
    assert template.render(Context({"name": "Ida"})) == "Ida, Ida, Save"
    assert template.render(Context({"name": "Otto"})) == "Otto, Otto, Save"
