"""Pagination of lists with the query parameters `page` and `page_size`."""

from __future__ import annotations

import re
from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

from assistant_app.errors import InvalidInput

NUMBER = re.compile("[1-9][0-9]{0,99}")  # `int` raises for thousands of digits
DESCRIBED = {
    "page": "The number of the page. A page that does not exist answers 404.",
    "page_size": "Entries per page, 25 by default. A number over 100 counts as 100.",
}


class Pages(PageNumberPagination):
    """Refuse numbers that are none, where DRF takes a default. A page that does not exist is a 404."""

    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = 100

    def get_page_size(self, request: Request) -> int:
        sent = request.query_params.get("page_size", str(self.page_size))
        if not NUMBER.fullmatch(sent):
            raise InvalidInput(fields={"page_size": ["Send a whole number from 1."]})
        return min(int(sent), self.max_page_size)

    def get_page_number(self, request: Request, paginator: Any) -> int:
        sent = request.query_params.get("page", "1")
        if not NUMBER.fullmatch(sent):
            raise NotFound("There is no such page.")
        return int(sent)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        described: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        for parameter in described:
            parameter["schema"] |= {"minimum": 1}
            parameter["description"] = DESCRIBED[parameter["name"]]
        return described

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return DRF's schema in OpenAPI 3.1 terms (no `nullable`), with an example of a one-page list."""
        described: dict[str, Any] = super().get_paginated_response_schema(schema)
        described["properties"]["count"]["example"] = 1
        for name in ("next", "previous"):
            link = described["properties"][name]
            link["example"] = None
            if link.pop("nullable", False):
                link["type"] = [link["type"], "null"]
        described["required"] = list(described["properties"])
        return described
