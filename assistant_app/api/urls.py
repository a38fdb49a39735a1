"""The API's URLs. Any other path below /api/ gets a JSON 404."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import APIRootView, DefaultRouter

from assistant_app.api.applications.events import application_events
from assistant_app.api.applications.views import build_viewset
from assistant_app.api.errors import not_found
from assistant_app.api.identities import IdentitiesView, IdentityView
from assistant_app.api.inspection.views import UsageView
from assistant_app.api.limits import LimitsView
from assistant_app.api.notes.views import NotesView, NoteView
from assistant_app.api.serializers import address_of, basename_of
from assistant_app.contract.workflow import Workflow
from assistant_app.engine import registry


class ApiRootView(APIRootView):
    """The API starts here, with your emails. The documentation lists every URL."""


def build_urlpatterns(workflows: Iterable[Workflow]) -> list[URLPattern | URLResolver]:
    """Return the URL patterns of an API with these workflows, the default one first."""
    router = DefaultRouter()
    router.include_format_suffixes = False
    router.APIRootView = ApiRootView
    events = []
    for workflow in workflows:
        address, basename = address_of(workflow), basename_of(workflow)
        router.register(address, build_viewset(workflow), basename=basename)
        events.append(
            path(
                f"{address}/<uuid:app_id>/events/",
                application_events,
                {"workflow": workflow.name},
                name=f"{basename}-events",
            )
        )
    return [
        *events,
        path("", include(router.urls)),  # first: most requests are for emails
        path("schema/", SpectacularAPIView.as_view(), name="schema"),
        path("docs/", SpectacularSwaggerSplitView.as_view(), name="api_docs"),
        path("limits/", LimitsView.as_view(), name="limits"),
        path("notes/", NotesView.as_view(), name="api_notes"),
        path("notes/<int:pk>/", NoteView.as_view(), name="api_note"),
        path("usage/", UsageView.as_view(), name="usage"),
        path("identities/", IdentitiesView.as_view(), name="identity-list"),
        path("identities/<int:number>/", IdentityView.as_view(), name="identity-detail"),
        re_path("", not_found),
    ]


urlpatterns = build_urlpatterns(registry.workflows().values())
