"""Error pages: the current state, what went wrong, and the submitted text, so that nothing is lost."""

from __future__ import annotations

import sys
import uuid

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.deprecation import MiddlewareMixin

from assistant_app import errors
from assistant_app.contract.workflow import ActionEntry
from assistant_app.engine import registry
from assistant_app.engine.database_outage import outage
from assistant_app.errors import AssistantError, InvalidInput, TooBusy
from assistant_app.models import Application
from assistant_app.pages import carried, forms, posted, words
from assistant_app.pages.access import ask_to_sign_in, next_address, sign_in_page
from assistant_app.pages.applications import views as applications
from assistant_app.pages.doors import door_of
from assistant_app.pages.emails import mail_files
from assistant_app.pages.emails import views as emails
from assistant_app.pages.forms import StepForm
from assistant_app.people.sign_in import SignInForm
from assistant_app.phrases import gettext_noop
from assistant_app.translation import localized, translated
from emailassistant.pending import PendingResponse

# Errors that a double click causes after the first click succeeded. They are hidden from the user.
OBEYED = (errors.StaleVersion, errors.AlreadyRunning, errors.Finished, errors.WrongStep, errors.Superseded)
# Retrying what already runs, or stopping what has ended: the page shows the current state instead.
REDUNDANT = (*OBEYED, errors.NothingToRetry, errors.NothingToCancel, errors.NothingToSkip)


def answer(request: HttpRequest, error: AssistantError) -> HttpResponse:
    """Return the page for an error raised by a page view."""
    error = localized(error)
    try:
        response = _page(request, error)
    except TooBusy:  # a page that shows more than the error has no room now
        response = error_page(request, error)
    if error.retry_after:
        response["Retry-After"] = str(error.retry_after)
    response["Cache-Control"] = "no-store, private"
    return response


def _page(request: HttpRequest, error: AssistantError) -> HttpResponse:
    step = carried.step_of(request)
    if isinstance(error, errors.DatabaseUnavailable):
        return bare_page(request, error)
    row = _row(request)
    if isinstance(error, errors.UnknownStep):
        return error_page(request, error)
    if row is not None and step is not None and _was_obeyed(request, row, step, error):
        return redirect("email", row.pk)
    match = request.resolver_match
    name = match.url_name if match else ""
    if name == "email_new" and step is not None and registry.answers_emails():
        return _new_page(request, step, error)
    if name in ("email_new", "application_new") and step is not None:
        return _new_application_page(request, step, error)
    if row is not None and step is not None:
        return _refused(request, row, step, error)
    if row is not None and isinstance(error, REDUNDANT):
        return redirect("email", row.pk)
    if row is not None and row.has_stopped and name == "email_retry":
        response: HttpResponse = door_of(row).not_continued(request, row, error)
        return response
    return error_page(request, error)


def _row(request: HttpRequest) -> Application | None:
    """Return the user's application that the request is about; None if there is none."""
    match = request.resolver_match
    app_id = match.kwargs.get("app_id") if match else None
    if match and match.url_name in ("email_new", "application_new"):
        app_id = posted.id_of_new(request)
    return Application.objects.owned_by(request.user).filter(pk=app_id).first() if app_id else None


def _was_obeyed(request: HttpRequest, row: Application, step: ActionEntry, error: AssistantError) -> bool:
    return isinstance(error, OBEYED) and bool(door_of(row).was_obeyed(request, row, step))


def _refused(
    request: HttpRequest, row: Application, step: ActionEntry, error: AssistantError
) -> HttpResponse:
    response: HttpResponse = door_of(row).refused(request, row, step, error)
    return response


def _new_page(request: HttpRequest, step: ActionEntry, error: AssistantError) -> HttpResponse:
    form = StepForm(step, {}, forms.typed_in(step, request.POST), error.fields)
    file = mail_files.shown(request.POST)
    return emails.new_page(request, form, _new_id(request, error), error.status, file=file, **_why(error))


def _new_application_page(request: HttpRequest, step: ActionEntry, error: AssistantError) -> HttpResponse:
    form = StepForm(step, {}, forms.typed_in(step, request.POST), error.fields)
    workflow = carried.workflow_of(request)
    return applications.new_page(
        request, workflow, form, _new_id(request, error), error.status, **_why(error)
    )


def _new_id(request: HttpRequest, error: AssistantError) -> uuid.UUID:
    return uuid.uuid4() if isinstance(error, errors.IdTaken) else posted.id_of_new(request)


def _why(error: AssistantError) -> dict[str, object]:
    return {"error": None if isinstance(error, InvalidInput) else error, "said": words.and_kept(error)}


def error_page(request: HttpRequest, error: AssistantError) -> HttpResponse:
    template = "errors/404.html" if error.status == 404 else "errors/error.html"
    context = {"error": error, "kept": _kept(request)}
    return render(request, template, context, status=error.status)


def bare_page(request: HttpRequest, error: AssistantError) -> HttpResponse:
    """Return an error page that needs no database."""
    context = {"error": error, "kept": _kept(request), "is_bare": True}
    return render(request, "errors/500.html", context, status=error.status)


def _kept(request: HttpRequest) -> StepForm | None:
    typed = carried.from_page(request)
    return StepForm(typed.step, _labels(typed), typed.typed) if typed else None


def _labels(typed: carried.Carried) -> dict[str, list[str]]:
    """Return numbered labels for list inputs, as a substitute for the state, which cannot be read."""
    return {
        item.one_per: [
            f"{translated(item.label)} {number}" for number, _ in enumerate(typed.typed[item.name], start=1)
        ]
        for item in typed.step.fields
        if item.one_per
    }


def server_error(request: HttpRequest) -> HttpResponse:
    """Show the submitted text after an unexpected error, using neither database nor session.

    The error may be the database's: middleware stores the session after the view.
    """
    error = outage(sys.exception()) or errors.InternalError(gettext_noop("Something went wrong on our side."))
    return bare_page(request, localized(error))


class FormTooOld(AssistantError):
    said = gettext_noop(
        "You signed in or out in another window since this page was opened. Please press the button again."
    )

    code = "form_too_old"
    status = 403


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Show the submitted text again, in a form with a current token."""
    match = request.resolver_match
    if match is not None and match.url_name == "sign_in":
        return _sign_in_again(request)
    if not request.user.is_authenticated and carried.from_page(request):
        return ask_to_sign_in(request)
    return answer(request, FormTooOld())


def _sign_in_again(request: HttpRequest) -> HttpResponse:
    address = next_address(request)
    typed = carried.from_sign_in(request.POST, address)
    if not request.user.is_authenticated:
        return sign_in_page(request, SignInForm(request), address, typed, status=403)
    if typed is not None:
        carried.keep(request, typed)
    return redirect(address)


class PageErrors(MiddlewareMixin):
    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if isinstance(response, PendingResponse):
            response.answer_to = lambda problem: self.process_exception(request, problem)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        error = outage(exception) or exception
        return answer(request, error) if isinstance(error, AssistantError) else None
