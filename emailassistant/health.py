"""Health checks for load balancers and supervisors: `/healthz` (alive) and `/readyz` (able to serve)."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from emailassistant import __version__


@require_safe
@never_cache
@vary_on_headers("Accept")
def healthz(request: HttpRequest) -> HttpResponse:
    """Respond "ok" as long as the process is alive. Check nothing else."""
    # Monitors compare the text with `ok`, so only the JSON has the version.
    if request.get_preferred_type(["text/plain", "application/json"]) == "application/json":
        return JsonResponse({"status": "ok", "version": __version__})
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Report whether requests can be served, and if not, why. Never expose hosts, names or passwords."""
    problem = _problem()
    if problem:
        return JsonResponse({"status": "not ready", "problem": problem}, status=503)
    return JsonResponse({"status": "ready"})


def _problem() -> str:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return f"The database could not be reached ({type(error).__name__})."
    if not missing:
        return ""
    names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _ in missing)
    return f"The database is not up to date: run `manage.py migrate` ({names})."


urlpatterns = [path("healthz", healthz), path("readyz", readyz)]
