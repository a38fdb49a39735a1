"""The account pages: first account, sign-in and sign-out, sign-up, and change of password."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from assistant_app import conf
from assistant_app.errors import InvalidInput
from assistant_app.pages import carried, local_time
from assistant_app.pages.access import PersonRequest, next_address, sign_in_page, signed_in
from assistant_app.pages.account.forms import NewAccountForm, NewPasswordForm, SignUpForm
from assistant_app.people import accounts, hashing
from assistant_app.people.sign_in import SignInForm
from assistant_app.phrases import gettext_noop
from assistant_app.translation import localized, translated

CHANGED = gettext_noop("Password changed. You’ve been signed out everywhere else; API tokens still work.")


@sensitive_post_parameters()
def welcome(request: HttpRequest) -> HttpResponse:
    """Create the first account. Redirect once there is one."""
    if accounts.exist():
        if request.method == "POST":
            messages.warning(request, translated(accounts.NotTheFirst.said))
        return redirect("email_list" if request.user.is_authenticated else "sign_in")
    form = NewAccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        login(request, accounts.create_first(form.save(commit=False)))
        return redirect("about_you")
    context = {"form": form, "has_demonstration": conf.model_config().embedded}
    return render(request, "account/welcome.html", context, status=400 if form.is_bound else 200)


@signed_in
def about_you(request: PersonRequest) -> HttpResponse:
    """Ask a new user once for name and time zone. Both can be left as they are, and changed later."""
    typed = {"name": "", "time_zone": timezone.get_current_timezone_name()}
    if request.method != "POST":
        return render(request, "account/about_you.html", typed)
    typed = {key: request.POST.get(key, "").strip() for key in typed}
    try:
        if typed["time_zone"]:
            accounts.live_in(actor=request.user, time_zone=typed["time_zone"])
            local_time.keep(request, typed["time_zone"])
        if typed["name"]:
            accounts.sign_with(actor=request.user, name=typed["name"])
    except InvalidInput as problem:
        context = {**typed, "problems": localized(problem).fields}
        return render(request, "account/about_you.html", context, status=400)
    return redirect("email_list")


@sensitive_post_parameters()
def sign_in(request: HttpRequest) -> HttpResponse:
    if not accounts.exist():
        return redirect("welcome")
    address = next_address(request)
    if request.user.is_authenticated:
        return redirect(address)
    typed = carried.from_sign_in(request.POST, address)
    form = SignInForm(request, request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return sign_in_page(request, form, address, typed)
    if not form.is_valid():
        is_refused = form.is_throttled or form.is_refused_for_now
        return sign_in_page(request, form, address, typed, status=429 if is_refused else 400)
    login(request, form.get_user())
    if typed is not None:
        carried.keep(request, typed)
    return redirect(address)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("sign_in")


@sensitive_post_parameters()
def sign_up(request: HttpRequest) -> HttpResponse:
    """Create an account, if OPEN_SIGN_UP is on."""
    if not settings.OPEN_SIGN_UP:
        raise Http404
    if not accounts.exist():
        return redirect("welcome")
    form = SignUpForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid() and (user := form.create()):
        login(request, user)
        return redirect("about_you")
    response = render(request, "account/sign_up.html", {"form": form}, status=400 if form.is_bound else 200)
    if form.is_refused_for_now:
        response.status_code = hashing.TooManySignIns.status
        response["Retry-After"] = str(hashing.RETRY_SECONDS)
    return response


@sensitive_post_parameters()
@signed_in
def password(request: PersonRequest) -> HttpResponse:
    form = NewPasswordForm(request.user, request, request.POST or None)
    if request.method == "POST":
        with hashing.turn():  # one turn for both hashes: the old password's and the new one's
            if form.is_valid():
                update_session_auth_hash(request, form.save())
                messages.success(request, translated(CHANGED))
                return redirect(reverse("settings"))
    is_throttled = form.has_error("old_password", "throttled")
    status = 429 if is_throttled else 400 if form.is_bound else 200
    return render(request, "account/password.html", {"form": form}, status=status)
