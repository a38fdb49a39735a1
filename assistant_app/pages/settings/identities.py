"""The page of the names, addresses and signatures with which a person writes."""

from __future__ import annotations

from contextlib import suppress

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from assistant_app.errors import ApplicationNotFound, InvalidInput
from assistant_app.models import Identity
from assistant_app.models.people import identities_of, signature_of
from assistant_app.pages.access import PersonRequest, signed_in
from assistant_app.people import identities
from assistant_app.translation import localized


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def identities_page(request: PersonRequest) -> HttpResponse:
    """Show the identities; add one, or change the one that `identity` names."""
    if request.method != "POST":
        return _page(request)
    pk = _number(request.POST.get("identity", ""))
    try:
        identities.save(
            actor=request.user,
            pk=pk,
            name=request.POST.get("name", ""),
            addresses=request.POST.get("addresses", ""),
            is_default=bool(request.POST.get("is_default")),
            signature=request.POST.get("signature"),
        )
    except InvalidInput as problem:
        return _page(request, status=400, problems=localized(problem).fields, refused=pk)
    messages.success(request, gettext("Saved."))
    return redirect("identities")


@signed_in
@require_POST
def delete_identity(request: PersonRequest) -> HttpResponse:
    """Delete one of the user's own identities. Silently ignore unknown ones and those of other users."""
    if (pk := _number(request.POST.get("identity", ""))) is not None:
        with suppress(ApplicationNotFound):
            identities.delete(actor=request.user, pk=pk)
    return redirect("identities")


def _page(
    request: PersonRequest,
    *,
    status: int = 200,
    problems: dict[str, list[str]] | None = None,
    refused: int | None = None,
) -> HttpResponse:
    """Return the page; `refused` is the key of the identity whose form was refused, None for the new one."""
    found = identities_of(request.user.pk)
    forms = [_form(each) for each in found]
    name = "" if found else signature_of(request.user.pk)
    new = _form(Identity(name=name, is_default=not found))
    if problems:
        form = next((each for each in forms if each["pk"] == refused), new)
        typed = request.POST
        form |= {
            "name": typed.get("name", ""),
            "addresses": typed.get("addresses", ""),
            "signature": typed.get("signature", ""),
            "is_ticked": bool(typed.get("is_default")),
            "problems": {name: said[0] for name, said in problems.items()},
        }
    return render(request, "settings/identities.html", {"forms": forms, "new": new}, status=status)


def _form(identity: Identity) -> dict[str, object]:
    return {
        "anchor": f"i{identity.pk}" if identity.pk else "new",
        "pk": identity.pk,
        "name": identity.name,
        "addresses": "\n".join(identity.addresses),
        "signature": identity.signature,
        "is_default": identity.is_default,
        "rows": max(len(identity.addresses), 2),
        "signature_rows": max(identity.signature.count("\n") + 1, 4),
    }


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
