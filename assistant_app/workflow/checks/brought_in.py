"""Finds links, addresses and phone numbers in a draft that come from the email alone."""

from __future__ import annotations

import re
from collections.abc import Iterable

from assistant_app.workflow.checks.facts import Fact

MOST = 100  # links and addresses that are looked up


def brought_by(email: str, draft: Iterable[Fact], own: Iterable[str]) -> list[str]:
    """Return the links, addresses and phone numbers of a draft that are in the email but not in `own`.

    `draft` holds the draft's facts, `own` the owner's texts. Each result appears once, as in the draft.
    """
    sought = {
        (str(value[0]), str(value[1])): fact.text
        for fact in draft
        for value in fact.values
        if len(value) == 2 and value[0] in ("text", "phone")
    }
    if not sought:  # true for most drafts; then skip reading the email
        return []
    theirs, ours = _comparable(email), _comparable(" ".join(own))
    found = [
        text
        for (kind, value), text in list(sought.items())[:MOST]
        if value in theirs[kind] and value not in ours[kind]
    ]
    return list(dict.fromkeys(found))


def leads_away(text: str) -> bool:
    """Return whether it is a link that mail programs make clickable, no address and no name of a site."""
    return "://" in text or text.lower().startswith("www.")


def _comparable(text: str) -> dict[str, str]:
    return {"text": text.lower(), "phone": re.sub(r"\D", "", text)}
