"""What was typed on a page that could not take it, on its way through sign-in.

It goes along in the sign-in form, is kept in the session afterwards, one for each page, and is shown
again in its own form until that is sent. It is never sent by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from assistant_app.pages.forms import Typed, has_text, typed_in
from assistant_app.workflow import steps
from assistant_app.workflow.graph import ENTRYPOINT
from assistant_app.workflow.steps import HumanStep

SESSION_KEY = "typed"
MOST = 10  # pages: with each request all of it is read
PREFIX = "typed-"  # in the sign-in form, beside its own fields


@dataclass(frozen=True, slots=True)
class Carried:
    address: str  # of the page whose form it was typed into
    step: HumanStep
    typed: Typed

    @property
    def hidden(self) -> Iterator[tuple[str, str]]:
        """Names and texts of the hidden inputs."""
        yield f"{PREFIX}step", self.step.action
        for name, value in self.typed.items():
            for text in value if isinstance(value, list) else [value]:
                yield f"{PREFIX}{name}", text


def step_of(request: HttpRequest) -> HumanStep | None:
    """Return the human step that a request was meant for, if it was for one."""
    match = request.resolver_match
    if match is None:
        return None
    if match.url_name in ("email_fork", "email_aside"):  # with what was typed for the draft, if anything was
        texts = {"feedback": steps.PROCESS_FEEDBACK, "text": steps.EDIT_DRAFT}
        return next((step for name, step in texts.items() if name in request.POST), None)
    actions = {"email_new": ENTRYPOINT, "email_edit": steps.EDIT_DRAFT.action}
    return _step(actions.get(match.url_name or "") or match.kwargs.get("step", ""))


def from_page(request: HttpRequest) -> Carried | None:
    """Return what was sent to a page of ours that was not able to take it."""
    step = step_of(request)
    if request.method != "POST" or step is None:
        return None
    return _with_text(Carried(_address(request), step, typed_in(step, request.POST)))


def from_sign_in(post: QueryDict, address: str) -> Carried | None:
    """Return what the sign-in form carries along."""
    step = _step(post.get(f"{PREFIX}step", ""))
    if step is None:
        return None
    plain = QueryDict(mutable=True)
    for name, texts in post.lists():
        if name.startswith(PREFIX):
            plain.setlist(name.removeprefix(PREFIX), texts)
    return _with_text(Carried(address, step, typed_in(step, plain)))


def keep(request: HttpRequest, carried: Carried) -> None:
    others = {address: each for address, each in _kept(request).items() if address != carried.address}
    newest = list(others.items())[1 - MOST :]
    mine = {"step": carried.step.action, "typed": carried.typed}
    request.session[SESSION_KEY] = {**dict(newest), carried.address: mine}


def kept_for(request: HttpRequest) -> Carried | None:
    """Return what is kept for the page that is asked for."""
    data = _kept(request).get(request.path, {})
    step = _step(data.get("step", ""))
    return None if step is None else Carried(request.path, step, data["typed"])


def was_sent(request: HttpRequest) -> None:
    """Forget what was kept for the step of the email that was sent just now, and nothing else."""
    step = step_of(request)
    if step is not None and _kept(request).get(_address(request), {}).get("step") == step.action:
        drop(request)


def drop(request: HttpRequest) -> None:
    """Forget what is kept for this email, in whichever step."""
    kept = _kept(request)
    if kept.pop(_address(request), None) is not None:
        request.session[SESSION_KEY] = kept


def _kept(request: HttpRequest) -> dict[str, dict[str, Any]]:
    """Return what is kept for each address, the newest last."""
    kept: dict[str, Any] = request.session.get(SESSION_KEY) or {}
    # Before it could be several, it was the one.
    return {kept["address"]: kept} if "address" in kept else dict(kept)


def _address(request: HttpRequest) -> str:
    match = request.resolver_match
    if match is not None and "app_id" in match.kwargs:
        return reverse("email", args=[match.kwargs["app_id"]])
    return request.path


def _step(action: str) -> HumanStep | None:
    return next((step for step in steps.STEPS if step.action == action), None)


def _with_text(carried: Carried) -> Carried | None:
    return carried if has_text(carried.typed) else None
