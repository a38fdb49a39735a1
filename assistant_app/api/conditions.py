"""Request headers: the version as an ETag, `Prefer: respond-async`, and `Idempotency-Key`.

The ETag names the stored version. Two things change without a new version: a run whose lease expired shows
as stopped, and a fork whose parent was deleted loses its parent. In both cases the API never answers 304.
"""

from __future__ import annotations

import re

from rest_framework.request import Request

from assistant_app.errors import InvalidInput
from assistant_app.models import Application
from assistant_app.models.idempotency import LONGEST_KEY

# A compressing proxy makes an ETag weak. The version in it stays the same.
_TAG = re.compile(r'(?:W/)?"([0-9]{1,18})"')
# A string of RFC 8941, as the draft of the HTTP working group has it; most clients leave the quotes out.
_KEY = re.compile(rf'"([!-~]{{1,{LONGEST_KEY}}})"|((?!")[!-~]{{1,{LONGEST_KEY}}})')


def etag(row: Application) -> str:
    return f'"{row.version}"'


def expected_version(request: Request) -> int | None:
    """Return the version in `If-Match`; None without the header or for `*`. Raise `InvalidInput`."""
    header = request.headers.get("If-Match", "*").strip()
    if header == "*":
        return None
    if found := _TAG.fullmatch(header):
        return int(found[1])
    raise InvalidInput(fields={"If-Match": ['Send the ETag of a response, such as "3", or *.']})


def is_unchanged(request: Request, row: Application) -> bool:
    """Return whether `If-None-Match` names the current version."""
    header = request.headers.get("If-None-Match", "").strip()
    changes_without_commit = row.status == Application.Status.RUNNING or (row.root_id and not row.parent_id)
    if not header or changes_without_commit:
        return False
    return header == "*" or str(row.version) in _TAG.findall(header)


def prefers_async(request: Request) -> bool:
    """Return whether the client wants a response before the run ends (RFC 7240, section 4.1)."""
    preferences = request.headers.get("Prefer", "").lower().split(",")
    return "respond-async" in (each.partition(";")[0].strip() for each in preferences)


def idempotency_key(request: Request) -> str | None:
    """Return the `Idempotency-Key` without its quotes; None without the header. Raise `InvalidInput`."""
    header = request.headers.get("Idempotency-Key")
    if header is None:
        return None
    if found := _KEY.fullmatch(header.strip()):
        return found[1] or found[2]
    problem = f"Send 1 to {LONGEST_KEY} visible ASCII characters, such as a UUID."
    raise InvalidInput(fields={"Idempotency-Key": [problem]})
