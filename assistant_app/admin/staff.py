"""The base class of all admin pages: what their addresses may ask for, and a page for every odd value."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.db import DataError, models
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext
from django.views import defaults

# What databases say of values that no field of theirs can hold.
ODD_VALUES = (DataError, OverflowError)


class StaffAdmin(admin.ModelAdmin):
    """Filter by named parameters only: Django would filter by every field, also by those it does not show.

    A field that can be filtered by can be read letter by letter.
    """

    lookups: ClassVar[frozenset[str]] = frozenset()  # the parameters that the filters of the list use

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup in self.lookups

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        return to_field == self.opts.pk.name

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Return the list. For a parameter that makes no sense, Django redirects to the list without any."""
        try:
            return super().get_changelist_instance(request)
        except (SuspiciousOperation, *ODD_VALUES) as odd:
            raise IncorrectLookupParameters from odd

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """Search without NUL characters, which PostgreSQL refuses. The list refuses them before."""
        return super().get_search_results(request, queryset, search_term.replace("\x00", ""))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row; None, which Django answers with a message, if this can't be an id."""
        if not _is_id(self.opts.pk, object_id):
            return None
        return super().get_object(request, object_id, from_field or None)  # "" would be looked up, too

    def response_action(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> HttpResponse | None:  # type: ignore[override]
        if not all(_is_id(self.opts.pk, value) for value in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            self.message_user(
                request,
                gettext("There is no such %(name)s.") % {"name": self.opts.verbose_name},
                messages.ERROR,
            )
            return None
        return super().response_action(request, queryset)


class OddValues(MiddlewareMixin):
    """Answer 400 if an address or a form of the admin holds a value that the database refuses."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or "admin" not in match.app_names:
            return None
        if not isinstance(exception, (ValidationError, *ODD_VALUES)):
            return None
        return defaults.bad_request(request, exception, "errors/400.html")


def _is_id(field: Any, text: str) -> bool:
    if "\x00" in text:
        return False
    try:
        field.run_validators(field.to_python(text))
    except ValidationError:
        return False
    return True
