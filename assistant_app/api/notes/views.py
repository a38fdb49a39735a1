"""The endpoints of the user's notes."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.models import AbstractBaseUser
from rest_framework.request import Request
from rest_framework.response import Response

from assistant_app.api.base import BaseView
from assistant_app.api.notes import schema
from assistant_app.api.notes.serializers import NoteAsKept, NoteAsSent
from assistant_app.api.pagination import Pages
from assistant_app.errors import ApplicationNotFound
from assistant_app.models import Note
from assistant_app.people import notes


class NotesView(BaseView):
    """Your notes."""

    pagination_class = Pages

    @schema.LIST
    def get(self, request: Request) -> Response:
        pages = Pages()
        found = pages.paginate_queryset(notes.of(_person(request)), request, view=self)
        return pages.get_paginated_response(NoteAsKept(found, many=True).data)

    @schema.ADD
    def post(self, request: Request) -> Response:
        return Response(_kept(request, None), status=201)


class NoteView(BaseView):
    """One of your notes."""

    @schema.SHOW
    def get(self, request: Request, pk: int) -> Response:
        return Response(dict(NoteAsKept(_mine(request, pk)).data))

    @schema.CHANGE
    def put(self, request: Request, pk: int) -> Response:
        _mine(request, pk)
        return Response(_kept(request, pk))

    @schema.DELETE
    def delete(self, request: Request, pk: int) -> Response:
        if not notes.delete(actor=_person(request), pk=pk):
            raise ApplicationNotFound("There is no such note.")
        return Response(status=204)


def _kept(request: Request, pk: int | None) -> dict[str, Any]:
    sent = NoteAsSent(data=request.data)
    sent.is_valid(raise_exception=True)
    return dict(NoteAsKept(notes.save(actor=_person(request), pk=pk, written=sent.written())).data)


def _mine(request: Request, pk: int) -> Note:
    note = notes.of(_person(request)).filter(pk=pk).first()
    if note is None:
        raise ApplicationNotFound("There is no such note.")
    return note


def _person(request: Request) -> AbstractBaseUser:
    return cast(AbstractBaseUser, request.user)
