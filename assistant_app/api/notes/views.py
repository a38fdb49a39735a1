"""The endpoints of the user's notes."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.models import AbstractBaseUser
from rest_framework.request import Request
from rest_framework.response import Response

from assistant_app.api.idempotency import Repeatable
from assistant_app.api.notes import schema
from assistant_app.api.notes.serializers import NoteAsKept, NoteAsSent
from assistant_app.api.pagination import Pages
from assistant_app.api.serializers import payload_of
from assistant_app.errors import ApplicationNotFound, DoesNotFit, InvalidInput
from assistant_app.models import Note
from assistant_app.people import notes


class _Notes(Repeatable):
    def save(self, request: Request, pk: int | None) -> dict[str, Any]:
        """Add a note, or change one; for a request that is sent again, return the note as it is now."""
        person = _person(request)
        if self.is_repeat("save_note", payload_of(request.data), pk or "") and self.key is not None:
            return _shown(notes.one(person, self.key.record_number))
        if pk is not None:
            notes.one(person, pk)  # 404 before any error about the body
        sent = NoteAsSent(data=request.data)
        sent.is_valid(raise_exception=True)
        try:
            return _shown(notes.save(actor=person, pk=pk, written=sent.written(), key=self.key))
        except InvalidInput as problem:  # what no schema can say
            if "gone" in problem.fields:  # deleted meanwhile
                raise ApplicationNotFound("There is no such note.") from None
            raise DoesNotFit(fields=problem.fields) from None


class NotesView(_Notes):
    """Your notes."""

    pagination_class = Pages

    @schema.LIST
    def get(self, request: Request) -> Response:
        pages = Pages()
        found = pages.paginate_queryset(notes.of(_person(request)), request, view=self)
        return pages.get_paginated_response(NoteAsKept(found, many=True).data)

    @schema.ADD
    def post(self, request: Request) -> Response:
        return Response(self.save(request, None), status=201)


class NoteView(_Notes):
    """One of your notes."""

    @schema.SHOW
    def get(self, request: Request, pk: int) -> Response:
        return Response(_shown(notes.one(_person(request), pk)))

    @schema.CHANGE
    def put(self, request: Request, pk: int) -> Response:
        return Response(self.save(request, pk))

    @schema.DELETE
    def delete(self, request: Request, pk: int) -> Response:
        self.is_repeat("delete_note", payload_of(request.data), pk)
        notes.delete(actor=_person(request), pk=pk, key=self.key)
        return Response(status=204)


def _shown(note: Note) -> dict[str, Any]:
    return dict(NoteAsKept(note).data)


def _person(request: Request) -> AbstractBaseUser:
    return cast(AbstractBaseUser, request.user)
