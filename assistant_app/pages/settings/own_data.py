"""The user's own data: download it, or erase it with the account."""

from __future__ import annotations

from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from assistant_app.models import Application
from assistant_app.pages.access import PersonRequest, signed_in
from assistant_app.people import erasure, export
from assistant_app.people.sign_in import check_own_password


class EraseForm(forms.Form):
    """The password and a confirmation."""

    password = forms.CharField(
        label=gettext_lazy("Your password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        strip=False,
    )
    sure = forms.BooleanField(
        label=gettext_lazy("I understand that no one can bring this back"),
        error_messages={"required": gettext_lazy("Tick the box to confirm.")},
    )

    def __init__(self, request: PersonRequest) -> None:
        super().__init__(request.POST if request.method == "POST" else None)
        self._request = request

    def clean_password(self) -> str:
        return check_own_password(self._request, self.cleaned_data["password"])


@signed_in
@require_safe
def export_own(request: PersonRequest) -> StreamingHttpResponse:
    """Send all of the user's data as a zip file, streamed while it is built. Raise `TooBusy`."""
    parts = export.Download(request.user)
    headers = {"Content-Disposition": 'attachment; filename="emails.zip"', "X-Accel-Buffering": "no"}
    body = _InThreads(parts) if isinstance(request, ASGIRequest) else parts
    return StreamingHttpResponse(body, content_type="application/zip", headers=headers)


@sensitive_post_parameters()
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def erase_own(request: PersonRequest) -> HttpResponse:
    """Show what would be erased, and erase it once confirmed with the password and a checkbox."""
    form = EraseForm(request)
    if erasure.is_last_administrator(request.user):
        if form.is_bound:
            raise erasure.LastAdministrator
    elif form.is_bound and form.is_valid():
        erasure.erase(User.objects.get(pk=request.user.pk))
        logout(request)
        messages.success(request, gettext("Your account and all your emails are gone."))
        return redirect("sign_in")
    context = {
        "form": form,
        "emails": Application.objects.owned_by(request.user).count(),
        "is_last": erasure.is_last_administrator(request.user),
    }
    is_throttled = form.has_error("password", "throttled")
    status = 429 if is_throttled else 400 if form.is_bound else 200
    return render(request, "settings/erase.html", context, status=status)


class _InThreads:
    """Builds each part in the request's thread, which owns the database connection."""

    def __init__(self, parts: export.Download) -> None:
        self._parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        parts = iter(self._parts)
        take = sync_to_async(lambda: next(parts, None), thread_sensitive=True)
        while (part := await take()) is not None:
            yield part

    def close(self) -> None:
        self._parts.close()
