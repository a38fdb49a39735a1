"""Serves other workflows than the product's on every door, for a test."""

import itertools
import sys
from dataclasses import replace
from types import ModuleType

from django.urls import clear_url_caches, include, path

from assistant_app.api.urls import build_urlpatterns
from assistant_app.contract.workflow import binding
from assistant_app.engine import registry
from assistant_app.workflow import graph, steps
from assistant_app.workflow.email import EMAIL
from emailassistant import urls

_numbers = itertools.count()


def serve(settings, monkeypatch, *workflows):
    """Register these workflows, the default one first, and rebuild the URLs."""
    module = ModuleType(f"workflows_of_a_test_{next(_numbers)}")
    for workflow in workflows:
        setattr(module, workflow.name.upper(), workflow)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    settings.WORKFLOWS = [f"{module.__name__}.{workflow.name.upper()}" for workflow in workflows]
    module.urlpatterns = [
        path("api/", include(build_urlpatterns(registry.workflows().values()))),
        *(pattern for pattern in urls.urlpatterns if str(pattern.pattern) != "api/"),
    ]
    for name in ("handler400", "handler403", "handler404", "handler500"):
        setattr(module, name, getattr(urls, name))
    settings.ROOT_URLCONF = module.__name__
    clear_url_caches()


def email_with(action, entry, *, after, before, **changed):
    """Return the email assistant with one more human step between two others."""
    actions = {**graph.ACTIONS, entry.action: action}
    kept = [edge for edge in graph.TRANSITIONS if edge[:2] != (after, before)]
    added = [(after, entry.action, edge[2]) for edge in graph.TRANSITIONS if edge[:2] == (after, before)]
    transitions = [*kept, *added, (entry.action, before, graph.default)]
    at = [step.action for step in steps.STEPS].index(after) + 1
    entries = [*steps.STEPS[:at], entry, *steps.STEPS[at:]]
    return replace(EMAIL, build_graph=binding(actions, transitions), entries=entries, **changed)
