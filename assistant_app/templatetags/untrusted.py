"""Tags that warn of hidden content in an email, and of links that a draft took from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from assistant_app.mail.hidden import hidden_in
from assistant_app.workflow.checks.brought_in import brought_by

register = template.Library()
register.filter("hidden_in", hidden_in)


@register.simple_tag
def brought_in(draft: str, state: Mapping[str, Any]) -> list[str]:
    """Return the links and addresses in a draft that come only from the email, not from its owner."""
    answers = state.get("clarification_answers") or []
    own = [state.get("response_instructions", ""), *answers, *state.get("feedback_history", [])]
    return brought_by(state.get("incoming_email", ""), draft, own)
