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

from assistant_app.contract.workflow import ActionEntry, Workflow
from assistant_app.engine import registry
from assistant_app.pages.forms import Typed, has_text, typed_in

SESSION_KEY = "typed"
MOST = 10  # pages; every request loads the whole session
PREFIX = "typed-"  # in the sign-in form, beside its own fields


@dataclass(frozen=True, slots=True)
class Carried:
    address: str  # path of the page with the form
    step: ActionEntry
    typed: Typed
    workflow: str = ""  # its name

    @property
    def hidden(self) -> Iterator[tuple[str, str]]:
        """Yield names and values of the hidden inputs."""
        yield f"{PREFIX}step", self.step.action
        yield f"{PREFIX}workflow", self.workflow
        for name, value in self.typed.items():
            for text in value if isinstance(value, list) else [value]:
                yield f"{PREFIX}{name}", text


def workflow_of(request: HttpRequest) -> Workflow:
    """Return the workflow whose form was posted: the default one unless the form or the address names it."""
    match = request.resolver_match
    named = match.kwargs.get("workflow", "") if match else ""
    return registry.find(named or request.POST.get("workflow", "")) or registry.default()


def step_of(request: HttpRequest) -> ActionEntry | None:
    """Return the human step that a request submits; None if it submits none."""
    match = request.resolver_match
    if match is None:
        return None
    workflow = workflow_of(request)
    if match.url_name in ("email_fork", "email_aside"):  # these may carry text written for a step
        named = workflow.human_step(request.POST.get("written_for", ""))
        if named is not None and _is_in(named, request.POST):
            return named
        return next((step for step in workflow.human_steps if _is_in(step, request.POST)), None)
    if match.url_name in ("email_new", "application_new"):
        return workflow.human_step(workflow.entrypoint)
    return workflow.human_step(match.kwargs.get("step", ""))


def _is_in(step: ActionEntry, post: QueryDict) -> bool:
    """Return whether the texts of a step were posted."""
    needed = [item.name for item in step.fields if not item.may_be_missing]
    return step.takes_text and all(name in post for name in needed)


def from_page(request: HttpRequest) -> Carried | None:
    """Return the text of a request that could not be accepted; None if it has none."""
    step = step_of(request)
    if request.method != "POST" or step is None:
        return None
    return _with_text(
        Carried(_address(request), step, typed_in(step, request.POST), workflow_of(request).name)
    )


def from_sign_in(post: QueryDict, address: str) -> Carried | None:
    """Return the text carried by a submitted sign-in form; None if it has none."""
    workflow = post.get(f"{PREFIX}workflow", "")
    step = _step(workflow, post.get(f"{PREFIX}step", ""))
    if step is None:
        return None
    plain = QueryDict(mutable=True)
    for name, texts in post.lists():
        if name.startswith(PREFIX):
            plain.setlist(name.removeprefix(PREFIX), texts)
    return _with_text(Carried(address, step, typed_in(step, plain), workflow))


def keep(request: HttpRequest, carried: Carried) -> None:
    others = {address: each for address, each in _kept(request).items() if address != carried.address}
    newest = list(others.items())[1 - MOST :]
    mine = {"step": carried.step.action, "typed": carried.typed, "workflow": carried.workflow}
    request.session[SESSION_KEY] = {**dict(newest), carried.address: mine}


def kept_for(request: HttpRequest) -> Carried | None:
    """Return the text kept for the requested page; None if there is none."""
    data = _kept(request).get(request.path, {})
    workflow = data.get("workflow", "")
    step = _step(workflow, data.get("step", ""))
    return None if step is None else Carried(request.path, step, data["typed"], workflow)


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


def _step(workflow: str, action: str) -> ActionEntry | None:
    return (registry.find(workflow) or registry.default()).human_step(action)


def _with_text(carried: Carried) -> Carried | None:
    return carried if has_text(carried.typed) else None
