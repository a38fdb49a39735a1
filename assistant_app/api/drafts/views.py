"""The endpoints that show drafts, their checks and the diff between two of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from assistant_app import operations
from assistant_app.api.conditions import expected_version
from assistant_app.api.drafts import incoming
from assistant_app.api.drafts import schema as schema
from assistant_app.api.drafts.serializers import Checks, Diff, Draft, Envelope, ForkAtDraft
from assistant_app.api.serializers import Nothing, is_uuid, payload_of
from assistant_app.contract.workflow import ActionEntry
from assistant_app.engine.runs import Run
from assistant_app.errors import InvalidInput
from assistant_app.mail import reply_file
from assistant_app.models import Application, IdempotencyKey
from assistant_app.operations import Repeat, heavy
from assistant_app.operations.drafts import replies, skipping, versions
from assistant_app.operations.drafts.envelopes import envelope_of
from assistant_app.operations.drafts.report import report_on
from assistant_app.workflow import steps

NUMBER = "[0-9]{1,6}"


class Versions(GenericViewSet[Application]):
    """Viewset mixin: the endpoints for drafts and for the reply, and the email as a file."""

    fork_serializer = ForkAtDraft
    files = ("reply",)
    more_parsers: ClassVar = {steps.PROCESS_INPUT.action: [incoming.MessageParser]}
    more_bodies: ClassVar = {steps.PROCESS_INPUT.action: schema.EMAIL_AS_FILE}
    has_notes = True

    def read_input(self, step: ActionEntry, data: Any) -> tuple[Any, Sequence[str]]:
        return incoming.with_text(step, data)

    def also_allowed(self, row: Application) -> dict[str, str]:
        return {"skip_questions": "Go on without questions"} if skipping.may_skip(row) else {}

    @schema.SKIP_QUESTIONS
    @action(detail=True, methods=["post"], serializer_class=Nothing)
    def skip_questions(self, request: Request, app_id: str) -> HttpResponseBase:
        version = None
        if not self._is_repeat("skip_questions", payload_of(request.data), app_id):
            self._require_empty_body(app_id)
            version = expected_version(request)
        return self._wait_for(
            skipping.skip_questions(
                actor=cast(AbstractBaseUser, request.user),
                app_id=app_id,
                expected_version=version,
                key=self.key,
            )
        )

    @schema.REPLY
    @action(detail=True, methods=["get"])
    def reply(self, request: Request, app_id: str) -> HttpResponse:
        file = replies.reply_message(actor=self._person, app_id=app_id)
        disposition = content_disposition_header(as_attachment=True, filename=f"{file.name}.eml")
        return HttpResponse(
            file.content,
            content_type=reply_file.CONTENT_TYPE,
            headers={"Content-Disposition": disposition or "attachment"},
        )

    @schema.RECIPIENTS
    @action(detail=True, methods=["get"])
    def recipients(self, request: Request, app_id: str) -> Response:
        return Response(dict(Envelope(envelope_of(self._mine(app_id))).data))

    @schema.DRAFTS
    @action(detail=True, methods=["get"])
    def drafts(self, request: Request, app_id: str) -> Response:
        page = cast(Any, self).paginate_queryset(versions.versions_of(self._mine(app_id)))
        return self.get_paginated_response(Draft(page, many=True).data)

    @schema.DRAFT
    @action(detail=True, methods=["get"], url_path=f"drafts/(?P<number>{NUMBER})")
    def draft(self, request: Request, app_id: str, number: str) -> Response:
        return Response(dict(Draft(versions.version_of(self._mine(app_id), int(number))).data))

    @schema.CHECKS
    @action(detail=True, methods=["get"], url_path=f"drafts/(?P<number>{NUMBER})/checks")
    def checks(self, request: Request, app_id: str, number: str) -> Response:
        heavy.check_pause(self._person.pk)
        return Response(dict(Checks(report_on(self._mine(app_id), int(number))).data))

    @schema.DIFF
    @action(
        detail=True, methods=["get"], url_path=f"drafts/(?P<number>{NUMBER})/diff/(?P<other_number>{NUMBER})"
    )
    def diff(self, request: Request, app_id: str, number: str, other_number: str) -> Response:
        heavy.check_pause(self._person.pk)
        row = self._mine(app_id)
        other = self._relative(row, request.query_params.get("other"))
        before, after = versions.text_of(row, int(number)), versions.text_of(other, int(other_number))
        compared = versions.compare(before, after, person_id=row.owner_id)
        return Response(
            dict(
                Diff(
                    {
                        "before": {"app_id": row.pk, "number": int(number)},
                        "after": {"app_id": other.pk, "number": int(other_number)},
                        "words_added": compared.added,
                        "words_removed": compared.removed,
                        "paragraphs_changed": compared.changed,
                        "is_coarse": compared.is_coarse,
                        "segments": compared.data(),
                    }
                ).data
            )
        )

    @property
    def _person(self) -> AbstractBaseUser:
        return cast(AbstractBaseUser, self.request.user)

    if TYPE_CHECKING:
        key: IdempotencyKey | None

        def _mine(self, app_id: str) -> Application: ...
        def _is_repeat(self, operation: str, payload: Any, app_id: str = "") -> bool: ...
        def _require_empty_body(self, app_id: str) -> None: ...
        def _wait_for(self, sent: Run | Repeat) -> HttpResponseBase: ...

    def _relative(self, row: Application, other: str | None) -> Application:
        """Return `row`, or the application `other` of the same tree. Raise `InvalidInput` for a bad id."""
        if other is None:
            return row
        if not is_uuid(other):
            raise InvalidInput(fields={"other": ["Send the id of an email."]})
        return operations.relative(row=row, app_id=uuid.UUID(other))
