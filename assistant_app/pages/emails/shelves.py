"""Archive, delete and restore ticked emails, and rename one. Each answers with the list and an *Undo*."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from assistant_app.contract.workflow import LONGEST_HEADLINE
from assistant_app.operations import get, shelves, trash
from assistant_app.pages.access import PersonRequest, signed_in

MOST = 200  # emails in one request
DONE = "just_done"  # in the session

Do = Callable[..., list[uuid.UUID]]
ACTIONS: dict[str, Do] = {
    "archive": shelves.archive_all,
    "unarchive": shelves.unarchive_all,
    "trash": trash.put,
    "restore": trash.restore,
}
UNDONE_BY = {"archive": "unarchive", "unarchive": "archive", "trash": "restore"}


@dataclass(frozen=True, slots=True)
class Done:
    """What the last request did to the list, and how it is undone."""

    action: str
    app_ids: list[str]
    title: str = ""  # of the only email

    @property
    def undo(self) -> str:
        return UNDONE_BY.get(self.action, "")

    @property
    def number(self) -> int:
        return len(self.app_ids)


@signed_in
@require_POST
def archive(request: PersonRequest) -> HttpResponse:
    """Archive the ticked emails, or put them back with `do=unarchive`."""
    return _do(request, "unarchive" if request.POST.get("do") == "unarchive" else "archive")


@signed_in
@require_POST
def trash_emails(request: PersonRequest) -> HttpResponse:
    return _do(request, "trash")


@signed_in
@require_POST
def undo(request: PersonRequest) -> HttpResponse:
    """Do the opposite (`do`) to the emails of the last request."""
    action = request.POST.get("do", "")
    return _do(request, action if action in UNDONE_BY.values() else "restore", is_undone=True)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def email_title(request: PersonRequest, app_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST":
        shelves.rename(actor=request.user, app_id=app_id, title=request.POST.get("title", ""))
        return redirect("email", app_id)
    row = get(actor=request.user, app_id=app_id)
    return render(request, "emails/title.html", {"row": row, "longest": LONGEST_HEADLINE})


def _do(request: PersonRequest, action: str, *, is_undone: bool = False) -> HttpResponse:
    done = ACTIONS[action](actor=request.user, app_ids=_ticked(request))
    return back_to_the_list(request, "undo" if is_undone else action, done)


def back_to_the_list(
    request: HttpRequest, action: str, app_ids: Iterable[uuid.UUID], title: str = ""
) -> HttpResponse:
    """Redirect to the list where the request came from, and remember what was done for its next page."""
    if done := list(map(str, app_ids)):
        request.session[DONE] = {"action": action, "app_ids": done, "title": title}
    back = request.POST.get("next", "")
    is_ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if is_ours else reverse("email_list"))


def just_done(request: HttpRequest) -> Done | None:
    """Return what was done since the last page of the list, once."""
    kept = request.session.pop(DONE, None)
    return Done(**kept) if kept else None


def _ticked(request: HttpRequest) -> list[uuid.UUID]:
    found = []
    for text in request.POST.getlist("email")[:MOST]:
        with suppress(ValueError):
            found.append(uuid.UUID(text))
    return found
