"""The list of emails, the form for a new one, and the page to delete one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assistant_app import conf, operations
from assistant_app.engine import budget, inputs, registry
from assistant_app.engine.runs import Run
from assistant_app.mail import eml, pasting
from assistant_app.models import Application, Note
from assistant_app.models.people import ideas_of, identities_of, senders_in, texts_of
from assistant_app.operations import trash
from assistant_app.operations.drafts import sample
from assistant_app.pages import carried, forms, posted, readers, words
from assistant_app.pages.access import PersonRequest, signed_in
from assistant_app.pages.applications.views import application_new, send_step
from assistant_app.pages.emails import mail_files, shelves
from assistant_app.pages.emails.listing import listing
from assistant_app.pages.forms import StepForm
from assistant_app.pages.work.based_on import LABELS
from assistant_app.pages.work.obeyed import is_stored_already
from assistant_app.phrases import gettext_noop
from assistant_app.translation import translated
from assistant_app.workflow import knowledge, steps
from emailassistant.pending import PendingResponse


@signed_in
@require_safe
def email_list(request: PersonRequest) -> HttpResponse:
    mine = Application.objects.owned_by(request.user)
    context = {
        "listing": listing(mine, request.GET),
        "done": shelves.just_done(request),
        "app_id": uuid.uuid4(),  # of the sample email
        "who_reads": readers.of_emails(),
    }
    return render(request, "emails/list.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def email_new(request: PersonRequest) -> HttpResponseBase:
    """Show the form, read a file into it, or create an email; a double click creates only one."""
    if not registry.answers_emails():
        return application_new(request, registry.default().name)
    step = steps.PROCESS_INPUT
    if request.method != "POST":
        typed = carried.kept_for(request)
        return new_page(request, StepForm(step, {}, typed.typed if typed else {}), uuid.uuid4())
    if with_file := mail_files.pressed(request):
        form, file = with_file
        return new_page(request, form, posted.id_of_new(request), file=file)
    data = forms.read(step, request.POST)
    given = inputs.clean(step, data)
    row, is_new = operations.create(actor=request.user, app_id=posted.id_of_new(request))
    if is_stored_already(row, step, given):
        return redirect("email", row.pk)
    if not is_new and row.version:  # the user went back to the form and changed a text already sent
        row, _ = operations.create(actor=request.user)
    return send_step(request, row.pk, step, data, row.version)


@signed_in
@require_POST
def email_sample(request: PersonRequest) -> HttpResponseBase:
    """Show the sample email once its draft is written; a double click makes only one."""
    asking = sample.begin_sample(actor=request.user, app_id=posted.id_of_new(request))
    if isinstance(asking, Application):
        return redirect("email", asking.pk)

    def answer() -> HttpResponseBase:
        row = operations.wait_until_ended(asking)
        writing = sample.finish_sample(actor=request.user, row=row)
        return PendingResponse(writing.ended, lambda: show(writing))

    def show(writing: Run) -> HttpResponse:
        return redirect("email", operations.wait_until_ended(writing).pk)

    return PendingResponse(asking.ended, answer)


@signed_in
@require_POST
def email_pasted(request: PersonRequest) -> JsonResponse:
    """Return the text of HTML that was pasted into the form. Nothing is stored."""
    found = pasting.from_clipboard(request.POST.get("html", ""), request.POST.get("text", ""))
    note = eml.note_on_hidden(found.hidden) if found.hidden else ""
    return JsonResponse({"text": found.text, "note": note})


def new_page(
    request: HttpRequest, form: StepForm, app_id: uuid.UUID, status: int = 200, **context: object
) -> HttpResponse:
    model = conf.model_config()
    context |= {"form": form, "app_id": app_id, "ideas": ideas_of(request.user.pk)}
    context |= {"has_demonstration": model.embedded and not model.embedded_model_path}
    context["who_reads"] = readers.of_this()
    sources = _sources(request, form.typed.get("left_out") or ())
    senders = [str(each) for each in senders_in(identities_of(request.user.pk))]
    context["senders"] = senders if len(senders) > 1 else []
    context |= {"sources": sources, "has_left_out": not all(each["is_used"] for each in sources)}
    context["most_bytes"] = settings.MAX_BODY_BYTES
    context["left_today"] = words.left_today(*budget.left_today(request.user.pk))
    return render(request, "emails/new.html", context, status=status)


def _sources(request: HttpRequest, left_out: Sequence[str]) -> list[dict[str, object]]:
    """Return what there is to tell the model about the person, and whether it is told this time."""
    texts = texts_of(request.user.pk)
    found = {name: label for name, label in LABELS.items() if texts[name]}
    if Note.objects.filter(owner_id=request.user.pk).exists():
        found[knowledge.NOTES] = gettext_noop("Notes that fit")
    return [
        {"name": name, "label": translated(label), "is_used": name not in left_out}
        for name, label in found.items()
    ]


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def email_delete(request: PersonRequest, app_id: uuid.UUID) -> HttpResponse:
    """Show what would be deleted, and delete it once confirmed."""
    if request.method == "POST":
        row = operations.get(actor=request.user, app_id=app_id)
        registry.known_to_run(row)
        done = trash.put(actor=request.user, app_ids=[app_id])
        return shelves.back_to_the_list(request, "trash", done, row.title)
    row = operations.get(actor=request.user, app_id=app_id)
    workflow = registry.find(row.workflow)
    context = {
        "row": row,
        "workflow": workflow,
        "is_email": row.workflow == registry.EMAIL,
        "drafts": workflow.rounds.of(row.state) if workflow and workflow.rounds else 0,
        "calls": row.model_calls.count(),
        "branches": row.forks.count(),
    }
    return render(request, "emails/delete.html", context)
