"""OpenAPI descriptions of the endpoints for drafts and forks."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema

from assistant_app import errors
from assistant_app.api.drafts.incoming import MessageParser
from assistant_app.api.drafts.serializers import Checks, Diff, Draft, Envelope
from assistant_app.api.schema import (
    ALWAYS,
    ETAG,
    EVENTS_AT,
    ONCE,
    ONE,
    ONLY_IF,
    PREFER,
    REPEATABLE,
    RUN,
    STARTED,
    STATE_EXAMPLE,
    WITH_BODY,
    MoreBodies,
    answers,
    example,
    number_in_path,
)
from assistant_app.api.serializers import SOME_TEXT, ApplicationState
from assistant_app.workflow import examples
from assistant_app.workflow.checks.findings import RULES_VERSION

APP_ID = "0b6f2b5e-3c60-4c0e-9d5e-5a3f1f6d8f10"
DRAFT_EXAMPLE: dict[str, Any] = {
    "number": 2,
    "text": examples.SECOND_DRAFT,
    "by": "model",
    "of": 1,
    "feedback": "Say when the others ship.",
    "assumptions": [],
    "told": {},
    "left_out": [{"where": "before", "text": "Sure! Here's the revised reply:"}],
    "shortened": None,
    "began_with": None,
    "is_current": True,
    "model": "gpt-5-mini",
    "created_at": "2026-01-05T09:01:30Z",
}
DIFF_EXAMPLE = {
    "before": {"app_id": APP_ID, "number": 1},
    "after": {"app_id": APP_ID, "number": 2},
    "words_added": 5,
    "words_removed": 10,
    "paragraphs_changed": 2,
    "is_coarse": False,
    "segments": [
        {"op": "equal", "text": "Hello, 60 sensors ship on Thursday"},
        {"op": "delete", "text": ". You get a credit note within 14 days"},
        {"op": "insert", "text": ", the others on 10 December"},
        {"op": "equal", "text": "."},
        {"op": "delete", "text": "\n\n[Your name]"},
    ],
}
CHECKS_EXAMPLE = {
    "unsupported": [{"kind": "number", "text": "14 days", "start": 65, "end": 72, "key": "number:14 days"}],
    "placeholders": [
        {
            "kind": "placeholder",
            "text": "[Your name]",
            "start": 75,
            "end": 86,
            "key": "placeholder:[your name]",
        }
    ],
    "changed": [],
    "lost": [],
    "restored": "",
    "derived": [],
    "brought_in": [],
    "speaks_of_attachment": False,
    "language": "en",
    "is_read": True,
    "rules": RULES_VERSION,
    "given": [
        {
            "source": "instructions",
            "number": 1,
            "text": "60 ship on Thursday.",
            "present": ["60", "Thursday"],
            "missing": [],
        },
        {
            "source": "answer",
            "number": 1,
            "text": "On 10 December.",
            "present": [],
            "missing": ["10 December"],
        },
    ],
    "cut": [],
}
RECIPIENTS_EXAMPLE = {
    "to": ["Marta Kowalczyk <marta@nordlys.example>"],
    "cc": ["orders@lists.nordlys.example"],
    "subject": "Re: Late delivery",
    "identity": "Ida Brevik <ida@brevik.example>",
    "quote": "",
    "is_proposed": True,
    "offers": [{"code": "sender", "to": ["Marta Kowalczyk <marta@nordlys.example>"], "cc": []}],
    "notices": [
        {"code": "to_list", "values": {"address": "orders@lists.nordlys.example"}},
        {"code": "others", "values": {"number": "1"}},
    ],
}

# A form with a file, or the file itself.
EMAIL_AS_FILE = MoreBodies(
    {
        "multipart/form-data": {
            "type": "object",
            "properties": {
                "email_to_respond": {
                    "type": "string",
                    "pattern": f"^{SOME_TEXT}$",
                    "description": "A file (`.eml`, `.emlx` or `.msg`), or the text.",
                },
                "response_instructions": {"type": "string", "pattern": f"^{SOME_TEXT}$"},
                "left_out": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["email_to_respond", "response_instructions"],
            "additionalProperties": False,
        },
        MessageParser.media_type: OpenApiTypes.BINARY,
    },
    [
        OpenApiParameter(
            "Response-Instructions",
            OpenApiTypes.STR,
            OpenApiParameter.HEADER,
            description="The instructions if the body is `message/rfc822`: percent-encoded UTF-8.",
        )
    ],
)


def _number(name: str, description: str) -> OpenApiParameter:
    return number_in_path(name, description, digits=6)


DRAFTS = extend_schema(
    operation_id="list_drafts",
    summary="List the drafts, oldest first",
    responses=answers({200: Draft(many=True)}, [*ALWAYS, *ONE]),
    examples=example("A second draft", DRAFT_EXAMPLE),
)
DRAFT = extend_schema(
    operation_id="get_draft",
    summary="Show a draft",
    parameters=[_number("number", "Number of the draft.")],
    responses=answers({200: Draft}, [*ALWAYS, *ONE]),
    examples=example("A second draft", DRAFT_EXAMPLE),
)
CHECKS = extend_schema(
    operation_id="get_draft_checks",
    summary="Show what the checks found in a draft",
    description="The checks call no model and block nothing. A draft without findings may still be wrong.",
    parameters=[_number("number", "Number of the draft.")],
    responses=answers({200: Checks}, [*ALWAYS, *ONE, errors.TooBusy]),
    examples=example("Something made up, something left out", CHECKS_EXAMPLE),
)
DIFF = extend_schema(
    operation_id="get_diff",
    summary="Show what changed from one draft to another",
    parameters=[
        _number("number", "Number of the first draft."),
        _number("other_number", "Number of the second draft."),
        OpenApiParameter(
            "other",
            OpenApiTypes.UUID,
            description="The id of the email with the second draft, if it is another one (a fork).",
        ),
    ],
    responses=answers({200: Diff}, [*ALWAYS, *ONE, errors.TooBusy]),
    examples=example("Something added, something removed", DIFF_EXAMPLE),
)
RECIPIENTS = extend_schema(
    operation_id="get_recipients",
    summary="Show who gets the reply, and what you should know about it",
    description="It is proposed until you send `envelope/`. The reply as a message says exactly this.",
    responses=answers({200: Envelope}, [*ALWAYS, *ONE]),
    examples=example("A mailing list", RECIPIENTS_EXAMPLE),
)
REPLY = extend_schema(
    operation_id="get_reply",
    summary="Download the accepted draft as a message (RFC 5322)",
    description="A mail program opens it as a draft in the thread of the original email.",
    responses=answers({(200, "message/rfc822"): OpenApiTypes.BINARY}, [*ALWAYS, *ONE]),
)
SKIP_QUESTIONS = extend_schema(
    operation_id="skip_questions",
    summary="Go on to the draft without questions",
    description=(
        "While the model looks for questions, this stops that call only: the same run goes on to the draft."
        f" Questions that were asked already count as skipped. {ONLY_IF} {ONCE}"
    ),
    parameters=[ETAG, EVENTS_AT, PREFER, *REPEATABLE],
    request=None,
    responses=answers({200: ApplicationState, 202: STARTED}, [*WITH_BODY, *ONE, errors.NothingToSkip, *RUN]),
    examples=[STATE_EXAMPLE],
)
