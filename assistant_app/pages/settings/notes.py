"""The page of a person's notes: add, change, delete, paste several, and take them in and out as files."""

from __future__ import annotations

from contextlib import suppress

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assistant_app.errors import ApplicationNotFound, InvalidInput
from assistant_app.models import Note
from assistant_app.pages.access import PersonRequest, signed_in
from assistant_app.pages.forms import whole_number
from assistant_app.people import notes
from assistant_app.people.notes import Written
from assistant_app.phrases import gettext_noop, ngettext
from assistant_app.translation import localized, translated

PAGE_SIZE = 50
NOTHING: dict[str, list[str]] = {}


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def notes_page(request: PersonRequest) -> HttpResponse:
    """Show the notes; add one, or change the one that `note` names."""
    if request.method != "POST":
        return _page(request)
    typed = request.POST
    pk = whole_number(typed.get("note", "")) or None
    written = Written(
        title=typed.get("title", ""),
        text=typed.get("text", ""),
        scope=typed.get("scope", Note.Scope.ALL),
        target=typed.get("target", ""),
        is_verbatim=bool(typed.get("is_verbatim")),
        is_local_only=bool(typed.get("is_local_only")),
    )
    try:
        notes.save(actor=request.user, pk=pk, written=written)
    except InvalidInput as problem:
        problems = localized(problem).fields
        return _page(request, status=400, problems=problems, refused=pk or 0, written=written)
    messages.success(request, gettext("Saved."))
    return redirect("notes")


@signed_in
@require_POST
def delete_note(request: PersonRequest) -> HttpResponse:
    """Delete one of the user's own notes. Silently ignore unknown ones and those of other users."""
    with suppress(ApplicationNotFound):
        notes.delete(actor=request.user, pk=whole_number(request.POST.get("note", "")) or 0)
        messages.success(
            request, gettext("Note deleted. Emails whose drafts were told it keep what they were told.")
        )
    return redirect("notes")


@signed_in
@require_POST
def add_notes(request: PersonRequest) -> HttpResponse:
    """Add several notes at once, from a pasted text or a file."""
    file, text = request.FILES.get("file"), request.POST.get("several", "")
    try:
        found = _in_file(file) if isinstance(file, UploadedFile) else notes.pasted(text)
        added = notes.add(actor=request.user, found=found)
    except InvalidInput as problem:
        shown = localized(problem)
        said = next(iter(shown.fields.values()), [shown.message])[0]
        return _page(request, status=400, several=text, several_problem=said)
    said = ngettext("%(number)s note added.", "%(number)s notes added.", added)
    messages.success(request, translated(said) if added else gettext("You have these already."))
    return redirect("notes")


@signed_in
@require_safe
def export_notes(request: PersonRequest) -> HttpResponse:
    """Send the notes as one Markdown file, or with `?as=zip` as a zip with a file for each."""
    mine = notes.of(request.user)
    if request.GET.get("as") == "zip":
        content, name, kind = notes.archive(mine), "notes.zip", "application/zip"
    else:
        content, name, kind = notes.as_markdown(mine).encode(), "notes.md", "text/markdown; charset=utf-8"
    return HttpResponse(
        content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _in_file(file: UploadedFile) -> list[Written]:
    if (file.size or 0) > notes.LARGEST_FILE:
        raise InvalidInput(fields={"file": [gettext_noop("This file is too large.")]})
    return notes.read_file(file.name or "", file.read())


def _page(
    request: PersonRequest,
    *,
    status: int = 200,
    problems: dict[str, list[str]] = NOTHING,
    refused: int | None = None,
    written: Written | None = None,
    **context: object,
) -> HttpResponse:
    """Return the page. `refused` is the key of the note whose form was refused, 0 for the new one."""
    mine = notes.of(request.user)
    page = Paginator(mine, PAGE_SIZE).get_page(request.GET.get("page"))
    forms = [_form(note.pk, note, note) for note in page]
    new = _form(0, Note(), None)
    for form in [*forms, new]:
        if form["pk"] == refused and written is not None:
            said = {name: each[0] for name, each in problems.items()}
            form |= {"written": written, "problems": said, "is_open": True}
    if refused and all(form["pk"] != refused for form in forms):
        new |= {"written": written, "problems": {name: each[0] for name, each in problems.items()}}
        new["is_open"] = True
    context |= {"forms": forms, "new": new, "page": page, "scopes": Note.Scope.choices}
    return render(request, "settings/notes.html", context, status=status)


def _form(pk: int, written: Note, note: Note | None) -> dict[str, object]:
    return {"pk": pk, "anchor": f"n{pk}" if pk else "new", "written": written, "note": note, "problems": {}}
