"""What a request asks for in its headers: the version as an entity tag, an answer at once.

The tag says which commit an answer shows. A run whose lease has expired shows as stopped without a
commit, and a branch whose parent was deleted names none any more, so neither is ever *not modified*.
"""

from __future__ import annotations

import re

from rest_framework.request import Request

from assistant_app.errors import InvalidInput
from assistant_app.models import Application

# A proxy that compresses makes a tag weak; the version in it is the same.
_TAG = re.compile(r'(?:W/)?"([0-9]{1,18})"')


def etag(row: Application) -> str:
    return f'"{row.version}"'


def expected_version(request: Request) -> int | None:
    """Return the version that `If-Match` asks for; none without it, and for `*`."""
    header = request.headers.get("If-Match", "*").strip()
    if header == "*":
        return None
    if found := _TAG.fullmatch(header):
        return int(found[1])
    raise InvalidInput(fields={"If-Match": ['Send the ETag of an answer, such as "3", or *.']})


def is_unchanged(request: Request, row: Application) -> bool:
    """Whether `If-None-Match` names the version that the client has."""
    header = request.headers.get("If-None-Match", "").strip()
    changes_without_commit = row.status == Application.Status.RUNNING or (row.root_id and not row.parent_id)
    if not header or changes_without_commit:
        return False
    return header == "*" or str(row.version) in _TAG.findall(header)


def prefers_async(request: Request) -> bool:
    """Whether the client wants its answer at once and not when the run is over (RFC 7240, section 4.1)."""
    preferences = request.headers.get("Prefer", "").lower().split(",")
    return "respond-async" in (each.partition(";")[0].strip() for each in preferences)
