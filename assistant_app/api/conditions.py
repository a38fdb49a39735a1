"""Request headers: the version as an ETag, `Prefer: respond-async`, and `Idempotency-Key`.

The ETag names the stored version, and after a hyphen a title of the owner's own and the archive, which make
no new version. Two other things change without one: a run whose lease expired shows as stopped, and a fork
whose parent was deleted loses its parent. In both cases the API never answers 304.
"""

from __future__ import annotations

import re
from zlib import crc32

from rest_framework.request import Request

from assistant_app.errors import InvalidInput
from assistant_app.models import Application
from assistant_app.models.idempotency import LONGEST_KEY

# A compressing proxy makes an ETag weak. The version in it stays the same.
_TAG = re.compile(r'(?:W/)?"(([0-9]{1,18})(?:-[0-9a-f]{1,16})?)"')
# A string of RFC 8941, as the draft of the HTTP working group has it; most clients leave the quotes out.
_KEY = re.compile(rf'"([!-~]{{1,{LONGEST_KEY}}})"|((?!")[!-~]{{1,{LONGEST_KEY}}})')


def etag(row: Application) -> str:
    return f'"{_tag_of(row)}"'


def _tag_of(row: Application) -> str:
    if row.archived_at is None and not row.title_by_hand:
        return str(row.version)
    marks = f"{row.archived_at} {row.title if row.title_by_hand else ''}"
    return f"{row.version}-{crc32(marks.encode()):x}"


def expected_version(request: Request) -> int | None:
    """Return the version in `If-Match`; None without the header or for `*`. Raise `InvalidInput`."""
    header = request.headers.get("If-Match", "*").strip()
    if header == "*":
        return None
    if found := _TAG.fullmatch(header):
        return int(found[2])
    raise InvalidInput(fields={"If-Match": ['Send the ETag of a response, such as "3", or *.']})


def is_unchanged(request: Request, row: Application) -> bool:
    """Return whether `If-None-Match` names the current version."""
    header = request.headers.get("If-None-Match", "").strip()
    has_lost_parent = row.root_id and not row.known_parent_id
    changes_without_commit = row.status == Application.Status.RUNNING or has_lost_parent
    if not header or changes_without_commit:
        return False
    return header == "*" or _tag_of(row) in (tag for tag, _ in _TAG.findall(header))


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
