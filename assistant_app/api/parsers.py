"""Body parsers that reject malformed bodies with 400 before a view sees them."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any, cast
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from rest_framework import parsers
from rest_framework.exceptions import ParseError

Context = Mapping[str, Any]

SMALL = 100_000  # bytes of JSON, which are parsed in a few milliseconds whatever they hold
MOST_VALUES = 20_000  # in a larger body; a step has a hundred at most


class JSONParser(parsers.JSONParser):
    """Reject JSON that is nested too deeply or has too many values. DRF rejects bad UTF-8, NaN and Infinity.

    Python parses it in one call, in which no other thread runs: half a second for a few million values.
    """

    def parse(self, stream: IO[Any], media_type: str | None = None, context: Context | None = None) -> Any:
        body = stream.read()
        if len(body) > SMALL:
            _refuse_many_values(body)
        try:
            return super().parse(BytesIO(body), media_type, context)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None


def _refuse_many_values(body: bytes) -> None:
    """Count the values without parsing them: by the quotation marks, and by what stands outside of texts."""
    plain = body.replace(rb"\\", b"").replace(rb"\"", b"")
    number = plain.count(b'"') // 2
    if number <= MOST_VALUES:
        outside = b"".join(plain.split(b'"')[::2])
        number = sum(map(outside.count, (b",", b"[", b"{")))
    if number > MOST_VALUES:
        first = [text[:100].decode(errors="replace") for text in plain.split(b'"', 6)[1:6:2]]
        named = f" The first ones: {', '.join(first)}." if first else ""
        raise ParseError(f"The JSON has {number:,} values, more than any request needs.{named}")


class FormParser(parsers.FormParser):
    """Reject forms that are not valid UTF-8, where Django would insert U+FFFD, and decode them only once."""

    def parse(self, stream: IO[Any], media_type: str | None = None, context: Context | None = None) -> Any:
        pairs = stream.read().split(b"&")
        if len(pairs) > settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:
            raise ParseError(f"The form has {len(pairs):,} fields, more than any step.")
        form = QueryDict(mutable=True)
        for name, _, value in (pair.partition(b"=") for pair in pairs if pair):
            form.appendlist(_unquoted(name), _unquoted(value))
        return form


class MultiPartParser(parsers.MultiPartParser):
    """Do the same for multipart forms. A file may have any bytes."""

    def parse(self, stream: IO[Any], media_type: str | None = None, context: Context | None = None) -> Any:
        body = stream.read()
        found = super().parse(BytesIO(body), media_type, context)
        text = body
        for _, files in found.files.lists():
            for file in cast(list[UploadedFile], files):
                text = text.replace(file.read(), b"", 1)
                file.seek(0)
        _refuse_bad_utf8(text)
        return found


def _unquoted(text: bytes) -> str:
    try:
        return unquote_to_bytes(text.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise ParseError("The body is not valid UTF-8.") from None


def _refuse_bad_utf8(body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError:
        raise ParseError("The body is not valid UTF-8.") from None
