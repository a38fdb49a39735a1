"""The structure of the code: how deep imports go, and whether every dotted path leads somewhere."""

import ast
import re
from contextlib import suppress
from functools import cache
from importlib import import_module, util

import grimp
import pytest
from django.apps import apps

from tests.real_server import ROOT

MOST_MODULES_IN_A_CHAIN = 15
MOST_MODULES_AT_THE_TOP = 6
DOTTED = re.compile(r"\b(?:assistant_app|emailassistant)(?:\.\w+)+")
SOURCE_PATH = re.compile(r"\b(?:assistant_app|emailassistant|templates|tests)/[\w./-]+\.(?:py|html|css|js)\b")

# Not modules: loggers by name, and systemd's unit.
NO_PATHS = {"emailassistant.access", "emailassistant.request", "emailassistant.service"}
NAMES_PATHS = [
    "emailassistant/settings.py",
    "emailassistant/gunicorn.py",
    "Dockerfile",
    "compose.yaml",
    "Makefile",
    "pyproject.toml",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md"))),
]


@pytest.fixture(scope="module")
def imports():
    """Each module, and the modules it imports, migrations left out."""
    graph = grimp.build_graph("assistant_app", "emailassistant", cache_dir=None)
    modules = {module for module in graph.modules if ".migrations" not in module}
    return {module: graph.find_modules_directly_imported_by(module) & modules for module in modules}


def test_no_chain_of_imports_is_too_long(imports):
    @cache
    def longest_from(module):
        return [module, *max(map(longest_from, imports[module]), key=len, default=[])]

    longest = max(map(longest_from, imports), key=len)
    assert len(longest) <= MOST_MODULES_IN_A_CHAIN, " -> ".join(longest)


def test_few_modules_are_at_the_top_of_the_app():
    modules = {path.name for path in (ROOT / "assistant_app").glob("*.py")} - {"__init__.py"}
    assert len(modules) <= MOST_MODULES_AT_THE_TOP, modules


@pytest.mark.parametrize("name", NAMES_PATHS)
def test_every_dotted_path_leads_to_a_module_or_what_is_in_it(name):
    text = (ROOT / name).read_text()
    assert [path for path in sorted(set(DOTTED.findall(text))) if not leads_somewhere(path)] == []


@pytest.mark.parametrize("name", NAMES_PATHS)
def test_every_path_of_a_source_file_exists(name):
    text = (ROOT / name).read_text()
    assert [path for path in sorted(set(SOURCE_PATH.findall(text))) if not (ROOT / path).exists()] == []


def test_a_wrong_dotted_path_is_noticed():
    assert not leads_somewhere("assistant_app.nowhere")
    assert not leads_somewhere("assistant_app.errors.Nothing")
    assert leads_somewhere("assistant_app.errors.AssistantError.code")


def leads_somewhere(path):
    if path in NO_PATHS:
        return True
    parts = path.split(".")
    with suppress(LookupError, ValueError):
        return bool(apps.get_model(path))
    for number in range(len(parts), 0, -1):
        name = ".".join(parts[:number])
        try:
            if util.find_spec(name) is None:
                continue
        except ModuleNotFoundError:
            continue
        return is_in(name, parts[number:])
    return False


def is_in(module, attributes):
    """Return whether a module has these attributes. Read gunicorn's configuration without running it."""
    if not attributes:
        return True
    if module == "emailassistant.gunicorn":
        tree = ast.parse((ROOT / "emailassistant/gunicorn.py").read_text())
        return attributes[0] in {getattr(node, "name", None) for node in tree.body}
    found = import_module(module)
    for name in attributes:
        if not hasattr(found, name):
            return False
        found = getattr(found, name)
    return True
