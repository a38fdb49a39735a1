"""Body parsers that reject malformed bodies with 400 before a view sees them."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from rest_framework import parsers
from rest_framework.exceptions import ParseError

Context = Mapping[str, Any]


class JSONParser(parsers.JSONParser):
    """Reject JSON that is nested too deeply. DRF rejects bad UTF-8, NaN and Infinity."""

    def parse(self, stream: IO[Any], media_type: str | None = None, context: Context | None = None) -> Any:
        try:
            return super().parse(stream, media_type, context)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None


class FormParser(parsers.FormParser):
    """Reject forms that are not valid UTF-8, where Django would insert U+FFFD."""

    def parse(self, stream: IO[Any], media_type: str | None = None, context: Context | None = None) -> Any:
        body = stream.read()
        _refuse_bad_utf8(unquote_to_bytes(body))
        return super().parse(BytesIO(body), media_type, context)


class MultiPartParser(parsers.MultiPartParser):
    """Do the same for multipart forms. No endpoint takes a file, so the whole body is text."""

    def parse(self, stream: IO[Any], media_type: str | None = None, context: Context | None = None) -> Any:
        body = stream.read()
        _refuse_bad_utf8(body)
        return super().parse(BytesIO(body), media_type, context)


def _refuse_bad_utf8(body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError:
        raise ParseError("The body is not valid UTF-8.") from None
