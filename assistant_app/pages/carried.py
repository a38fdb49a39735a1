"""Carry submitted text through sign-in when a page could not accept it.

The text travels in hidden fields of the sign-in form. After sign-in the session keeps one text per page, and
the page prefills its form with it until that form is sent. The text is never submitted automatically.
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
MOST = 10  # pages; every request loads the whole session
PREFIX = "typed-"  # in the sign-in form, beside its own fields


@dataclass(frozen=True, slots=True)
class Carried:
    address: str  # path of the page with the form
    step: HumanStep
    typed: Typed

    @property
    def hidden(self) -> Iterator[tuple[str, str]]:
        """Yield names and values of the hidden inputs."""
        yield f"{PREFIX}step", self.step.action
        for name, value in self.typed.items():
            for text in value if isinstance(value, list) else [value]:
                yield f"{PREFIX}{name}", text


def step_of(request: HttpRequest) -> HumanStep | None:
    """Return the human step that a request submits; None if it submits none."""
    match = request.resolver_match
    if match is None:
        return None
    if match.url_name in ("email_fork", "email_aside"):  # these may carry text written for the draft
        texts = {
            "feedback": steps.PROCESS_FEEDBACK,
            "text": steps.EDIT_DRAFT,
            "response_instructions": steps.PROCESS_INPUT,
            "answers": steps.CLARIFY_INSTRUCTIONS,
        }
        return next((step for name, step in texts.items() if name in request.POST), None)
    actions = {"email_new": ENTRYPOINT, "email_edit": steps.EDIT_DRAFT.action}
    return _step(actions.get(match.url_name or "") or match.kwargs.get("step", ""))


def from_page(request: HttpRequest) -> Carried | None:
    """Return the text of a request that could not be accepted; None if it has none."""
    step = step_of(request)
    if request.method != "POST" or step is None:
        return None
    return _with_text(Carried(_address(request), step, typed_in(step, request.POST)))


def from_sign_in(post: QueryDict, address: str) -> Carried | None:
    """Return the text carried by a submitted sign-in form; None if it has none."""
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
    """Return the text kept for the requested page; None if there is none."""
    data = _kept(request).get(request.path, {})
    step = _step(data.get("step", ""))
    return None if step is None else Carried(request.path, step, data["typed"])


def drop_sent(request: HttpRequest) -> None:
    """Forget the text kept for the step that was just submitted. Keep texts for other steps."""
    step = step_of(request)
    if step is not None and _kept(request).get(_address(request), {}).get("step") == step.action:
        drop(request)


def drop(request: HttpRequest) -> None:
    """Forget the text kept for this email, for any step."""
    kept = _kept(request)
    if kept.pop(_address(request), None) is not None:
        request.session[SESSION_KEY] = kept


def _kept(request: HttpRequest) -> dict[str, dict[str, Any]]:
    """Return the kept texts by path, the newest last."""
    kept: dict[str, Any] = request.session.get(SESSION_KEY) or {}
    # Old sessions hold a single text in another shape.
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
