"""Links, addresses and telephone numbers that only the email brought into a draft."""

from __future__ import annotations

import re
from collections.abc import Iterable

from assistant_app.workflow.checks.facts import facts


def brought_by(email: str, draft: str, own: Iterable[str]) -> list[str]:
    """Return the links, addresses and telephone numbers of a draft that the email has and the person's own
    texts have not, each once and as the draft writes it."""
    sought = [
        (fact.text, value[0], str(value[1]))
        for fact in facts(draft)
        for value in fact.values
        if len(value) == 2 and value[0] in ("text", "phone")
    ]
    if not sought:  # as in most drafts: then nobody need read the email for it
        return []
    theirs, ours = _comparable(email), _comparable(" ".join(own))
    found = [text for text, kind, value in sought if value in theirs[kind] and value not in ours[kind]]
    return list(dict.fromkeys(found))


def _comparable(text: str) -> dict[object, str]:
    return {"text": text.lower(), "phone": re.sub(r"\D", "", text)}
