"""The OpenAPI descriptions of these endpoints."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema

from assistant_app.api.notes.serializers import NoteAsKept, NoteAsSent
from assistant_app.api.pagination import DESCRIBED
from assistant_app.api.schema import ALWAYS, JSON, ONCE, ONE, REPLAYED, WITH_BODY, WRITING, answers
from assistant_app.errors import DoesNotFit

SENT = {
    "title": "Return policy",
    "text": "Returns are free within 30 days.",
    "scope": "domain",
    "target": "nordlys.example",
    "is_verbatim": False,
    "is_local_only": False,
}
KEPT = {
    "id": 7,
    **SENT,
    "used_at": "2026-01-05T10:11:12Z",
    "used_count": 3,
    "created_at": "2026-01-02T09:00:00Z",
    "updated_at": "2026-01-02T09:00:00Z",
}
_KEPT: list[Any] = [OpenApiExample("A note", response_only=True, value=KEPT, status_codes=["200", "201"])]
_SENT: list[Any] = [OpenApiExample("What customers of one company need", request_only=True, value=SENT)]

LIST = extend_schema(
    operation_id="list_notes",
    summary="List your notes by title",
    parameters=[
        OpenApiParameter(name, {"type": "integer", "minimum": 1}, description=said)
        for name, said in DESCRIBED.items()
    ],
    responses=answers({200: NoteAsKept(many=True)}, [*ALWAYS, *ONE]),
    examples=_KEPT,
)
ADD = extend_schema(
    operation_id="add_note",
    summary="Add a note",
    description=ONCE,
    parameters=[REPLAYED],
    request={JSON: NoteAsSent},
    responses=answers({201: NoteAsKept}, [*WITH_BODY, DoesNotFit]),
    examples=[*_KEPT, *_SENT],
)
SHOW = extend_schema(
    operation_id="get_note",
    summary="Show a note",
    responses=answers({200: NoteAsKept}, [*ALWAYS, *ONE]),
    examples=_KEPT,
)
CHANGE = extend_schema(
    operation_id="change_note",
    summary="Change a note",
    description=f"What is not sent gets its default. {ONCE}",
    parameters=[REPLAYED],
    request={JSON: NoteAsSent},
    responses=answers({200: NoteAsKept}, [*WITH_BODY, *ONE, DoesNotFit]),
    examples=[*_KEPT, *_SENT],
)
DELETE = extend_schema(
    operation_id="delete_note",
    summary="Delete a note",
    description=(
        f"It is in no later prompt. Emails whose drafts were told it keep what they were told. {ONCE}"
    ),
    parameters=[REPLAYED],
    responses=answers({204: None}, [*WRITING, *ONE]),
)
