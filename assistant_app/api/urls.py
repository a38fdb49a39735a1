"""The API's URLs. Any other path below /api/ gets a JSON 404."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import APIRootView, DefaultRouter

from assistant_app.api.applications.events import application_events
from assistant_app.api.applications.views import build_viewset
from assistant_app.api.errors import not_found
from assistant_app.api.inspection.views import UsageView
from assistant_app.api.limits import LimitsView
from assistant_app.workflow import steps
from assistant_app.workflow.steps import HumanStep


class ApiRootView(APIRootView):
    """The API starts here, with your emails. The documentation lists every URL."""


def build_urlpatterns(human_steps: Iterable[HumanStep]) -> list[URLPattern | URLResolver]:
    """Return the URL patterns of an API with these steps."""
    router = DefaultRouter()
    router.include_format_suffixes = False
    router.APIRootView = ApiRootView
    router.register("applications", build_viewset(human_steps), basename="application")
    return [
        path("schema/", SpectacularAPIView.as_view(), name="schema"),
        path("docs/", SpectacularSwaggerSplitView.as_view(), name="api_docs"),
        path("limits/", LimitsView.as_view(), name="limits"),
        path("usage/", UsageView.as_view(), name="usage"),
        path("applications/<uuid:app_id>/events/", application_events, name="application-events"),
        path("", include(router.urls)),
        re_path("", not_found),
    ]


urlpatterns = build_urlpatterns(steps.STEPS)
