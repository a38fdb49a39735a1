"""Access control for pages. Visitors are asked to sign in, and the text they submitted is kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from assistant_app.pages import carried, local_time
from assistant_app.pages.carried import Carried
from assistant_app.people import accounts, hashing, tries
from assistant_app.people.sign_in import SignInForm

View = Callable[..., HttpResponseBase]


class PersonRequest(HttpRequest):
    """The request of a signed-in user, as `signed_in` views get it."""

    user: User


def signed_in(view: View) -> View:
    """Require sign-in for a view, and keep its responses out of all caches."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return ask_to_sign_in(request)
        with local_time.of(request):
            response = view(request, *args, **kwargs)
        add_never_cache_headers(response)
        return response

    return guarded


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    if not accounts.exist():
        return redirect("welcome")
    if request.method in ("GET", "HEAD"):
        return redirect(f"{reverse('sign_in')}?{urlencode({'next': request.get_full_path()})}")
    typed = carried.from_page(request)
    address = typed.address if typed else reverse("email_list")
    return sign_in_page(request, SignInForm(request), address, typed, status=401)


def sign_in_page(
    request: HttpRequest, form: SignInForm, address: str, typed: Carried | None, status: int = 200
) -> HttpResponse:
    context = {"form": form, "next": address, "carried": typed, "open_sign_up": settings.OPEN_SIGN_UP}
    response = render(request, "account/sign_in.html", context, status=status)
    if form.is_throttled:
        response["Retry-After"] = str(tries.PAUSE)
    elif form.is_refused_for_now:
        response["Retry-After"] = str(hashing.RETRY_SECONDS)
    add_never_cache_headers(response)
    return response


def next_address(request: HttpRequest) -> str:
    """Return the path to open after sign-in, never a URL of another site.

    Only values with a leading slash are accepted: `redirect` would take others for names of views.
    """
    address = request.POST.get("next") or request.GET.get("next") or ""
    if address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        return address
    return reverse("email_list")
