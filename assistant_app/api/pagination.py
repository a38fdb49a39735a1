"""Pagination of lists with the query parameters `page` and `page_size`."""

from __future__ import annotations

from typing import Any

from rest_framework.pagination import PageNumberPagination


class Pages(PageNumberPagination):
    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = 100

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
