"""The response to a form with an outdated CSRF token."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from assistant_app.errors import AssistantError
from assistant_app.pages import carried, refusals
from assistant_app.pages.access import ask_to_sign_in, next_address, sign_in_page
from assistant_app.people.sign_in import SignInForm


class FormTooOld(AssistantError):
    """You signed in or out in another window since this page was opened. Please press the button again."""

    code = "form_too_old"
    status = 403


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Show the submitted text again, in a form with a current token."""
    match = request.resolver_match
    if match is not None and match.url_name == "sign_in":
        return _sign_in_again(request)
    if not request.user.is_authenticated and carried.from_page(request):
        return ask_to_sign_in(request)
    return refusals.answer(request, FormTooOld())


def _sign_in_again(request: HttpRequest) -> HttpResponse:
    address = next_address(request)
    typed = carried.from_sign_in(request.POST, address)
    if not request.user.is_authenticated:
        return sign_in_page(request, SignInForm(request), address, typed, status=403)
    if typed is not None:
        carried.keep(request, typed)
    return redirect(address)
