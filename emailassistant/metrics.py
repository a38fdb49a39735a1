"""`/metrics` for Prometheus: the counters of all processes of this server, and who may read them.

Metrics contain numbers only, no names and no texts. They are defined here and in
`assistant_app/observing/watch.py`.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from assistant_app.models import Application

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # prometheus-client's variable; set in `gunicorn.py`
PROXY_HEADERS = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via")

REQUEST_SECONDS = Histogram(
    "emailassistant_http_request_seconds",
    "Time until the response to a request started.",
    ["method", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60),
)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def answered(method: str, status: int, seconds: float) -> None:
    """Count one response. Unknown methods share one label, so clients cannot create new time series."""
    name = method if method in METHODS else "other"
    REQUEST_SECONDS.labels(name, str(status)).observe(seconds)


class Leases(Collector):
    """Gauges of all servers' leases, read from the database at each scrape with two short queries."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            under_way = Application.objects.under_way().count()
            expired = Application.objects.with_expired_lease().count()
        except DatabaseError:
            return  # the other metrics are still useful
        yield GaugeMetricFamily(
            "emailassistant_leases_under_way", "Leases of all servers on this database.", under_way
        )
        yield GaugeMetricFamily(
            "emailassistant_leases_expired", "Runs whose process died; they can be resumed.", expired
        )


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    if not _may_read(request):
        said = "Access denied. METRICS_TOKEN and METRICS_ALLOW control who may read the metrics.\n"
        return HttpResponse(said, status=403, content_type="text/plain; charset=utf-8")
    registry = CollectorRegistry()
    if FOLDER in os.environ:
        MultiProcessCollector(registry)
    else:
        registry.register(REGISTRY)
    registry.register(Leases())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").encode()
    if settings.METRICS_TOKEN:
        return secrets.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode())
    if any(name in request.headers for name in PROXY_HEADERS):
        return False  # behind a proxy, the address is always the proxy's
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:  # no address: a Unix socket, which a proxy uses
        return False
    address = getattr(address, "ipv4_mapped", None) or address  # a server on `::` sees IPv4 mapped to IPv6
    return any(address in ip_network(network) for network in settings.METRICS_ALLOW)


urlpatterns = [path("metrics", metrics)]
