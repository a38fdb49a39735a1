"""What only the email assistant knows stands in its own folders."""

import ast

from assistant_app.workflow.email import EMAIL
from tests.real_server import ROOT

APP = ROOT / "assistant_app"
OWN = ("workflow", "mail", "pages/work", "api/drafts", "operations/drafts", "migrations")
OWN_TEMPLATES = ("work", "emails/new.html")


def own_names():
    return {*EMAIL.actions, *EMAIL.default_state}


def texts_in(path):
    return [
        (path.relative_to(ROOT), node.lineno, node.value)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def is_own(path, folder, own):
    return path.relative_to(folder).as_posix().startswith(own)


def test_no_action_and_no_state_key_of_the_email_assistant_is_named_elsewhere():
    modules = [path for path in sorted(APP.rglob("*.py")) if not is_own(path, APP, OWN)]
    assert len(modules) > 100
    names = own_names()
    assert [found for path in modules for found in texts_in(path) if found[2] in names] == []


def test_the_engine_would_be_caught_naming_one(tmp_path):
    names = own_names()
    assert {"formulate_draft", "draft_history", "feedback"} <= names
    own = (APP / "operations/drafts").rglob("*.py")
    assert [found for path in own for found in texts_in(path) if found[2] in names]


def test_no_template_of_others_names_one():
    templates = ROOT / "templates"
    others = [
        path for path in sorted(templates.rglob("*.html")) if not is_own(path, templates, OWN_TEMPLATES)
    ]
    names = own_names() - {"feedback", "assumptions"}  # also words of English
    assert len(others) > 40
    assert [(path.name, name) for path in others for name in names if name in path.read_text()] == []
