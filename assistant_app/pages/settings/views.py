"""The settings: name, quoting, theme and keys, API tokens, the current model, own data; and usage."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from assistant_app import conf
from assistant_app.errors import InvalidInput
from assistant_app.inspection import usage
from assistant_app.inspection.usage import in_period
from assistant_app.llm import nearby
from assistant_app.models import ApiToken, Application, Preferences
from assistant_app.models.people import ideas_of, identities_of, quoting_of, signature_of, texts_of
from assistant_app.operations import tokens as token_operations
from assistant_app.pages import local_time, readers
from assistant_app.pages.access import PersonRequest, signed_in
from assistant_app.pages.cookies import remember
from assistant_app.people import readings
from assistant_app.people.accounts import live_in, offer_ideas, quote_in_files, say_for_all, sign_with
from assistant_app.phrases import gettext_noop, ngettext
from assistant_app.translation import localized, translated

THEMES = {"": gettext_noop("System"), "light": gettext_noop("Light"), "dark": gettext_noop("Dark")}
WRITING = {
    "about": (
        gettext_noop("About you"),
        gettext_noop("Your role, your company, what people usually write to you about."),
    ),
    "style": (
        gettext_noop("How you write"),
        gettext_noop("Short sentences, first names, no exclamation marks."),
    ),
    "always": (
        gettext_noop("Always"),
        gettext_noop("Standing instructions for every reply. You can switch them off for a single email."),
    ),
}
KEYS_OFF = "off"  # the cookie without which single keys work


@signed_in
@require_safe
def settings_page(request: PersonRequest) -> HttpResponse:
    return _you(request)


@signed_in
@require_safe
def model_page(request: PersonRequest) -> HttpResponse:
    model = conf.model_config()
    context = {"model": model, "nearby": nearby.found() if model.embedded else []}
    return render(request, "settings/model.html", context)


@signed_in
@require_safe
def data_page(request: PersonRequest) -> HttpResponse:
    context = {
        "emails": Application.objects.owned_by(request.user).count(),
        "readings": readings.of_owner(request.user)[: readings.SHOWN],
        "who_reads": readers.of_emails(),
    }
    return render(request, "settings/data.html", context)


@signed_in
@require_safe
def keys_page(request: PersonRequest) -> HttpResponse:
    return render(request, "settings/keys.html")


@signed_in
@require_POST
def save_you(request: PersonRequest) -> HttpResponse:
    """Save the name for all drafts, the place of the quoted email, and the theme for this browser."""
    theme, typed = request.POST.get("theme", ""), request.POST
    try:
        if "signature" in typed:
            sign_with(actor=request.user, name=typed["signature"])
        if "quoting" in typed:
            quote_in_files(actor=request.user, place=typed["quoting"])
        texts = {name: typed[name] for name in WRITING if name in typed}
        if texts:
            say_for_all(actor=request.user, texts=texts)
        if "ideas" in typed:
            offer_ideas(actor=request.user, text=typed["ideas"])
        if zone := typed.get("time_zone", "").strip():
            live_in(actor=request.user, time_zone=zone)
            local_time.keep(request, zone)
    except InvalidInput as problem:
        kept: dict[str, Any] = {
            name: typed[name] for name in ("signature", "quoting", "time_zone", "ideas") if name in typed
        }
        kept["said"] = {name: typed[name] for name in WRITING if name in typed}
        problems = {f"{name}_problem": said[0] for name, said in localized(problem).fields.items()}
        return _you(request, **kept, **problems, status=400)
    messages.success(request, gettext("Saved."))
    response = redirect("settings")
    if "has_keys" in typed:
        remember(response, "keys", "" if typed.get("keys") else KEYS_OFF)
    return remember(response, "theme", theme if theme in THEMES else "")


@signed_in
def tokens(request: PersonRequest) -> HttpResponse:
    """Create a token and show it once, in this response: only its hash is stored."""
    if request.method != "POST":
        return _tokens(request)
    name = " ".join(request.POST.get("name", "").replace("\x00", "").split())
    problem = _name_problem(name)
    days = request.POST.get("days", str(settings.API_TOKEN_DAYS))
    scope = request.POST.get("scope", ApiToken.Scope.WRITE)
    if problem or days not in _endings() or scope not in ApiToken.Scope.values:
        typed = {"token_name": name, "token_days": days, "token_scope": scope}
        return _tokens(request, token_problem=problem or gettext("Choose one."), **typed, status=400)
    token, secret = token_operations.create(owner=request.user, name=name, days=int(days), scope=scope)
    return _tokens(request, new_token=token, secret=secret)


@signed_in
@require_POST
def revoke_token(request: PersonRequest) -> HttpResponse:
    """Revoke one of the user's own tokens. Silently ignore unknown tokens and those of other users."""
    if token_operations.revoke(actor=request.user, digest=request.POST.get("token", "")):
        messages.success(request, gettext("Token revoked. It doesn’t work any more."))
    return redirect("tokens")


def _you(request: PersonRequest, *, status: int = 200, **context: object) -> HttpResponse:
    said = {**texts_of(request.user.pk), **context.pop("said", {})}  # type: ignore[dict-item]
    texts = [
        {
            "name": name,
            "label": translated(label),
            "help": translated(line),
            "value": said[name],
            "problem": context.get(f"{name}_problem"),
        }
        for name, (label, line) in WRITING.items()
    ]
    context = {
        "texts": texts,
        "ideas": "\n".join(ideas_of(request.user.pk)),
        "themes": {theme: translated(label) for theme, label in THEMES.items()},
        "signature": signature_of(request.user.pk),
        "identity": next((each for each in identities_of(request.user.pk) if each.is_default), None),
        "quotings": Preferences.Quoting.choices,
        "quoting": quoting_of(request.user.pk),
        "time_zone": timezone.get_current_timezone_name(),
        "theme": request.POST.get("theme", request.COOKIES.get("theme", "")),
        "has_keys": request.COOKIES.get("keys") != KEYS_OFF,
        **context,
    }
    return render(request, "settings/you.html", context, status=status)


def _tokens(request: PersonRequest, *, status: int = 200, **context: object) -> HttpResponse:
    context = {
        "tokens": ApiToken.objects.filter(user=request.user).order_by("-created"),
        "endings": _endings(),
        "token_days": str(settings.API_TOKEN_DAYS),
        "scopes": ApiToken.Scope.choices,
        "token_scope": ApiToken.Scope.WRITE,
        **context,
    }
    return render(request, "settings/tokens.html", context, status=status)


def _name_problem(name: str) -> str:
    if not name:
        return gettext("Name the token, so you’ll know it again.")
    more = len(name) - token_operations.LONGEST_NAME
    said = ngettext("That’s %(number)s character too long.", "That’s %(number)s characters too long.", more)
    return translated(said) if more > 0 else ""


def _endings() -> dict[str, str]:
    """Return the choices for a token's lifetime in days. Every token expires: some get forgotten."""
    days = sorted({7, settings.API_TOKEN_DAYS, 365})
    return {str(number): _ending(number) for number in days}


def _ending(days: int) -> str:
    if days == 365:
        return gettext("1 year")
    return translated(ngettext("%(number)s day", "%(number)s days", days))


@signed_in
@require_safe
def usage_page(request: PersonRequest) -> HttpResponse:
    mine = usage.calls_of(request.user.pk)
    chosen, context = in_period(request.GET.get("days", ""), mine)
    context["emails"] = usage.per_email(mine, chosen)
    return render(request, "settings/usage.html", context)
