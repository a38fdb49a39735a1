"""Body parsers that refuse what no client sends on purpose, before anything looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from rest_framework import parsers
from rest_framework.exceptions import ParseError

Context = Mapping[str, Any]


class JSONParser(parsers.JSONParser):
    """JSON in valid UTF-8, without NaN and Infinity (DRF's own checks), and not endlessly nested."""

    def parse(self, stream: IO[Any], media_type: str | None = None, context: Context | None = None) -> Any:
        try:
            return super().parse(stream, media_type, context)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None


class FormParser(parsers.FormParser):
    """A form in valid UTF-8: Django puts U+FFFD for what it cannot read."""

    def parse(self, stream: IO[Any], media_type: str | None = None, context: Context | None = None) -> Any:
        body = stream.read()
        _refuse_bad_utf8(unquote_to_bytes(body))
        return super().parse(BytesIO(body), media_type, context)


class MultiPartParser(parsers.MultiPartParser):
    """The same for the forms of the browsable API. No endpoint takes a file, so all of it is text."""

    def parse(self, stream: IO[Any], media_type: str | None = None, context: Context | None = None) -> Any:
        body = stream.read()
        _refuse_bad_utf8(body)
        return super().parse(BytesIO(body), media_type, context)


def _refuse_bad_utf8(body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError:
        raise ParseError("The body is not valid UTF-8.") from None
