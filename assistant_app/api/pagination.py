"""Pages of a list: `page`, and `page_size` up to a hundred."""

from __future__ import annotations

from typing import Any

from rest_framework.pagination import PageNumberPagination


class Pages(PageNumberPagination):
    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = 100

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """As DRF has it, in the words of OpenAPI 3.1, without `nullable`; the example is one full list."""
        described: dict[str, Any] = super().get_paginated_response_schema(schema)
        described["properties"]["count"]["example"] = 1
        for name in ("next", "previous"):
            link = described["properties"][name]
            link["example"] = None
            if link.pop("nullable", False):
                link["type"] = [link["type"], "null"]
        described["required"] = list(described["properties"])
        return described
