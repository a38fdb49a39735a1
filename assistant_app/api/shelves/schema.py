"""The OpenAPI descriptions of these endpoints."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, extend_schema

from assistant_app.api.schema import ETAG, JSON, ONCE, ONE, REPEATABLE, STATE_EXAMPLE, WITH_BODY, answers
from assistant_app.api.serializers import ApplicationState
from assistant_app.api.shelves.serializers import NewTitle

ARCHIVE = extend_schema(
    operation_id="archive",
    summary="Take an email out of your list until its next step",
    description=f"The version stays. {ONCE}",
    parameters=[ETAG, *REPEATABLE],
    request=None,
    responses=answers({200: ApplicationState}, [*WITH_BODY, *ONE]),
    examples=[STATE_EXAMPLE],
)
UNARCHIVE = extend_schema(
    operation_id="unarchive",
    summary="Put an email back into your list",
    description=f"The version stays. {ONCE}",
    parameters=[ETAG, *REPEATABLE],
    request=None,
    responses=answers({200: ApplicationState}, [*WITH_BODY, *ONE]),
    examples=[STATE_EXAMPLE],
)
TITLE = extend_schema(
    operation_id="rename",
    summary="Give an email a title of your own",
    description=f"An empty title brings back the email's own. The version stays. {ONCE}",
    parameters=[ETAG, *REPEATABLE],
    request={JSON: NewTitle},
    responses=answers({200: ApplicationState}, [*WITH_BODY, *ONE]),
    examples=[
        STATE_EXAMPLE,
        OpenApiExample("Your own title", request_only=True, value={"title": "The late sensors"}),
    ],
)
