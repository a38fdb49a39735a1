"""What a mail can bring in unseen: characters that nobody sees, and links that end up in the reply.

The model is given what the page shows and nothing more; what a draft took over from the mail alone is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from assistant_app.workflow.checks.facts import facts

# Without a width, or turning the order of reading around; also a second alphabet that only programs read
# (U+E0000). Joiners and marks of direction that Persian, Arabic, Hindi and emoji need are not among them.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u034f\u115f\u1160\u180e\u200b\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


def hidden_in(text: str) -> int:
    """Return how many characters of a text nobody sees."""
    return len(_HIDDEN.findall(text))


def without_hidden(text: str) -> str:
    return _HIDDEN.sub("", text)


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
