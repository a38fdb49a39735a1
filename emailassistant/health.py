"""Health checks for load balancers and supervisors: `/healthz` (alive) and `/readyz` (able to serve)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from emailassistant import __version__
from emailassistant.readiness import readiness


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
    problem = readiness.problem()
    if problem:
        return JsonResponse({"status": "not ready", "problem": problem}, status=503)
    return JsonResponse({"status": "ready"})


urlpatterns = [path("healthz", healthz), path("readyz", readyz)]
