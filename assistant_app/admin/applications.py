"""The admin of applications: the list, the detail page, and the operator's actions."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from copy import copy
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.timesince import timesince
from django.utils.translation import gettext, gettext_lazy

from assistant_app import operations
from assistant_app.admin.filters import ByOwner, NeedsALook
from assistant_app.admin.lists import ApplicationList, BackToTheList, LimitedPaginator
from assistant_app.admin.staff import StaffAdmin
from assistant_app.admin.usage import ShowsUsage, used
from assistant_app.engine.runs import Run
from assistant_app.errors import ApplicationNotFound, AssistantError, InvalidInput
from assistant_app.inspection.timeline import History
from assistant_app.models import Application
from assistant_app.operations import operating
from assistant_app.people import readings
from assistant_app.phrases import gettext_noop
from assistant_app.translation import translated
from emailassistant.pending import PendingResponse

MAX_ACTION_ROWS = 100
MAX_OWNERS_FOUND = 1000  # per word of a search
TYPED_REASON = "typed_reason"  # in the session: a refused reason, until the page shows it again
MOST_KEPT = 10 * readings.LONGEST
DONE = {"retry": gettext_noop("Resumed: %(name)s."), "release": gettext_noop("Released: %(name)s.")}


@admin.register(Application)
class ApplicationAdmin(ShowsUsage, BackToTheList, StaffAdmin):
    list_display = (
        "name",
        "owner_link",
        "state_word",
        "age",
        "draft_count",
        "call_count",
        "due",
        "last",
    )
    list_display_links = ("name",)
    list_filter = (NeedsALook, ByOwner)
    lookups = frozenset({NeedsALook.parameter_name, ByOwner.parameter_name})
    list_select_related = ("owner",)
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each facet would count the whole table
    paginator = LimitedPaginator
    ordering = ("-updated_at",)
    sortable_by = ("state_word", "age")
    search_fields = ("title", "sender")  # and the owner's name; see `get_search_results`
    actions = ("retry", "release")
    fields = ()  # the template shows the values

    class Media:
        css = {"all": ["assistant_app/admin.css"]}

    # --- The list ------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Application]:
        return super().get_queryset(request).defer("state")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"title": gettext("Emails"), **(extra_context or {})})

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ApplicationList]:
        return ApplicationList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Application], search_term: str
    ) -> tuple[QuerySet[Application], bool]:
        """Search by id, or by words in title, sender and owner name.

        Ids are compared as UUIDs, because databases store their text differently. Owners are found with a
        query of their own, because an OR across a join defeats the indexes.
        """
        term = search_term.replace("\x00", "").strip()
        try:
            return queryset.filter(pk=uuid.UUID(term)), False
        except ValueError:
            found = queryset
        for word in term.split():
            owners = list(
                get_user_model()
                .objects.filter(username__icontains=word)
                .values_list("pk", flat=True)[:MAX_OWNERS_FOUND]
            )
            found = found.filter(Q(title__icontains=word) | Q(sender__icontains=word) | Q(owner__in=owners))
        return found, False

    @admin.display(description=gettext_lazy("subject"))
    def name(self, row: Application) -> str:
        return row.title or gettext("No email yet")

    @admin.display(description=gettext_lazy("owner"))
    def owner_link(self, row: Application) -> str:
        query = urlencode({"owner": row.owner.get_username()})  # a name may contain a plus
        return format_html('<a href="?{}">{}</a>', query, row.owner)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state_word(self, row: Application) -> str:
        """Return the status with its error code; a run with an expired lease shows as interrupted."""
        if row.is_interrupted:
            kind, word, why = "interrupted", gettext("Interrupted"), ""
        else:
            kind, word, why = row.status, str(Application.Status(row.status).label), row.error_code
        return format_html('<span class="state {}">{}</span> <code>{}</code>', kind, word, why)

    @admin.display(description=gettext_lazy("next step"))
    def due(self, row: Application) -> str:
        return _code(row.due_step or "-")

    @admin.display(description=gettext_lazy("last step"))
    def last(self, row: Application) -> str:
        return _code(row.position or "-")

    @admin.display(description=gettext_lazy("drafts"))
    def draft_count(self, row: Any) -> int:
        return row.drafts

    @admin.display(description=gettext_lazy("model calls"))
    def call_count(self, row: Any) -> int:
        return row.calls

    @admin.display(description=gettext_lazy("age"), ordering="created_at")
    def age(self, row: Application) -> str:
        changed = timesince(row.updated_at, depth=1)
        return format_html(
            '{} <span class="quiet">{}</span>',
            timesince(row.created_at, depth=1),
            gettext("changed %(time)s ago") % {"time": changed},
        )

    def lease(self, row: Application) -> str:
        if row.lease_expires_at is None:
            return gettext("None")
        until = timezone.localtime(row.lease_expires_at)
        said = gettext("Expired %(time)s") if row.lease_expired else gettext("Until %(time)s")
        return said % {"time": f"{until:%Y-%m-%d %H:%M:%S}"}

    def branched_from(self, row: Application) -> str:
        """Return a link to the parent of a fork, and the step at which it was forked."""
        if row.parent_id is None:
            return gettext("a deleted email")
        address = reverse("admin:assistant_app_application_change", args=[quote(row.parent_id)])
        step = gettext("before its first step")
        if row.parent_sequence_id is not None:
            step = gettext("step %(number)s") % {"number": row.parent_sequence_id}
        return format_html('<a href="{}">{}</a>, {}', address, row.parent_id, step)

    # --- One of them ---------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        step = path(
            "<path:object_id>/steps/<int:sequence_id>/",
            self.admin_site.admin_view(self.step_view),
            name="assistant_app_application_step",
        )
        read = path(
            "<path:object_id>/read/",
            self.admin_site.admin_view(self.read_view),
            name="assistant_app_application_read",
        )
        return [step, read, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = context["original"]
        may_read = readings.may_read(_actor(request), row)
        history = History(row)
        page = history.page(request.GET.get("page"))
        context |= {
            "may_read": may_read,
            "steps_page": page,
            "timeline": list(history.shown(list(page), with_texts=True)) if may_read else [],
            "drawing": history.drawing,
            **_reading_rules(),
            "facts": [*self._facts(row), *used(history)],
            "typed_reason": request.session.pop(TYPED_REASON, ""),
            "can_operate": self.has_operate_permission(request),
            "can_release": row.status == Application.Status.RUNNING and row.lease_expired,
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def _facts(self, row: Application) -> list[tuple[str, Any]]:
        return [
            (gettext("Title"), row.title),
            (gettext("Sender"), row.sender),
            (gettext("Owner"), row.owner),
            *([(gettext("Branch of"), self.branched_from(row))] if row.root_id else []),
            (gettext("Id"), row.pk),
            (gettext("Status"), self.state_word(row)),
            (gettext("Lease"), self.lease(row)),
            (gettext("Next step"), row.due_step or gettext("none")),
            (gettext("Position"), row.position or gettext("none yet")),
            (gettext("Head"), gettext("none yet") if row.sequence_id is None else row.sequence_id),
            (gettext("Version"), row.version),
            (gettext("Created"), timezone.localtime(row.created_at)),
            (gettext("Last change"), timezone.localtime(row.updated_at)),
            *([(gettext("Error"), translated(row.error_said))] if row.error_message else []),
        ]

    def read_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Store why a staff member reads an owner's mail. The texts are shown only after that."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if request.method == "POST":
            try:
                readings.begin(actor=_actor(request), app_id=row.pk, reason=request.POST.get("reason", ""))
            except InvalidInput as refused:
                self.message_user(request, translated(refused.message), messages.ERROR)
                request.session[TYPED_REASON] = request.POST.get("reason", "")[:MOST_KEPT]
        return _back(request, row.pk)

    def step_view(self, request: HttpRequest, object_id: str, sequence_id: int) -> HttpResponse:
        """Show one step with every text in full."""
        row = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is not None and not readings.may_read(_actor(request), row):
            return _back(request, row.pk)
        try:
            shown = History(row).step(sequence_id, with_texts=True) if row else None
        except ApplicationNotFound:
            shown = None
        if shown is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Step %(number)s") % {"number": sequence_id},
            "opts": self.opts,
            "original": row,
            "shown": shown,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/assistant_app/application/step.html", context)

    # --- What can be done ----------------------------------------------------------------------

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: applications are read-only. The change permission allows the actions instead."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_operate_permission(request)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("assistant_app.change_application")

    @admin.action(description=gettext_lazy("Resume from the last saved step"), permissions=["operate"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Application]) -> HttpResponseBase:
        runs: list[Run] = []

        def begin(app_id: Any) -> Callable[[], Application]:
            run = operating.retry(actor=_actor(request), app_id=app_id)
            runs.append(run)
            return lambda: operations.when_claimed(run)

        report = self._for_each(request, queryset, "retry", begin)
        return _when_done([run.claimed for run in runs], report)

    @admin.action(description=gettext_lazy("Release an expired lease"), permissions=["operate"])
    def release(self, request: HttpRequest, queryset: QuerySet[Application]) -> HttpResponseBase:
        def begin(app_id: Any) -> Callable[[], Application]:
            row = operating.release_expired(actor=_actor(request), app_id=app_id)
            return lambda: row

        return self._for_each(request, queryset, "release", begin)()

    def _for_each(
        self,
        request: HttpRequest,
        queryset: QuerySet[Application],
        action: str,
        begin: Callable[[Any], Callable[[], Application]],
    ) -> Callable[[], HttpResponseBase]:
        """Begin with each row. Return what ends it, reports of each, and answers.

        An error does not stop the other rows.
        """
        rows = list(queryset.values_list("pk", "title")[: MAX_ACTION_ROWS + 1])
        begun = [(app_id, title, _begun(begin, app_id)) for app_id, title in rows[:MAX_ACTION_ROWS]]

        def report() -> HttpResponseBase:
            for app_id, title, end in begun:
                try:
                    row = end()
                except AssistantError as refused:
                    said = f"{title or app_id}: {translated(refused.message)}"
                    self.message_user(request, said, messages.ERROR)
                else:
                    self.log_change(request, row, action.capitalize())
                    said = gettext(DONE[action]) % {"name": title or app_id}
                    self.message_user(request, said, messages.SUCCESS)
            if len(rows) > MAX_ACTION_ROWS:
                said = gettext("Only the first %(most)s were handled. Select the rest again.") % {
                    "most": MAX_ACTION_ROWS
                }
                self.message_user(request, said, messages.WARNING)
            is_on_detail = rows and "from_detail" in request.POST
            return _back(request, rows[0][0]) if is_on_detail else redirect(request.get_full_path())

        return report

    # --- Deleting ------------------------------------------------------------------------------

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:
        """List the applications only: listing all their steps and calls would fill pages."""
        rows = list(objs)
        names = [gettext("%(email)s, with all its steps and model calls") % {"email": row} for row in rows]
        allowed = all(self.has_delete_permission(request, row) for row in rows)
        return (
            names,
            {self.opts.verbose_name_plural: len(rows)},
            set() if allowed else {gettext("application")},
            [],
        )

    def log_change(self, request: HttpRequest, obj: Application, message: Any) -> Any:
        return super().log_change(request, _untitled(obj), message)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Application]) -> Any:
        return super().log_deletions(request, [_untitled(row) for row in queryset])  # type: ignore[arg-type]

    def delete_model(self, request: HttpRequest, obj: Application) -> None:
        with suppress(ApplicationNotFound):  # already deleted by someone else
            operating.delete(actor=_actor(request), app_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Application]) -> None:
        for row in list(queryset):
            self.delete_model(request, row)


def _reading_rules() -> dict[str, Any]:
    minutes = int(readings.READS_FOR.total_seconds() / 60)
    return {"shortest": readings.SHORTEST, "longest": readings.LONGEST, "minutes": minutes}


def _untitled(row: Application) -> Application:
    """Return a copy without its title: the admin log outlives the email and must name only the id."""
    named = copy(row)
    named.title = ""
    return named


def _code(name: str) -> str:
    """Return an identifier as `<code>` with a `<wbr>` after each underscore."""
    parts = format_html_join(mark_safe("_<wbr>"), "{}", ((part,) for part in name.split("_")))
    return format_html("<code>{}</code>", parts)


def _actor(request: HttpRequest) -> Any:
    return request.user


def _begun(begin: Callable[[Any], Callable[[], Application]], app_id: Any) -> Callable[[], Application]:
    """Return what ends the work on a row; if it was refused, that raises why."""
    try:
        return begin(app_id)
    except AssistantError as problem:
        refused = problem

    def end() -> Application:
        raise refused

    return end


def _when_done(futures: list[Future[Any]], then: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Answer with `then` when all futures are done."""
    left = [future for future in futures if not future.done()]
    return PendingResponse(left[0], lambda: _when_done(left[1:], then)) if left else then()


def _back(request: HttpRequest, app_id: Any) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:assistant_app_application_change", args=[quote(app_id)]))
