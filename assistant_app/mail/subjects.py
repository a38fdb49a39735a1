"""Writes the subject of a reply, and recognises the prefixes of replies and forwards."""

from __future__ import annotations

import re

from assistant_app.mail.blocks import pattern

_COUNT = r"\.?(?:\[\d+\]|\(\d+\)|\^\d+|\*\d+)?\s*[:\uff1a]\s*"
_REPLY = re.compile(rf"(?:(?:{pattern('reply')}){_COUNT})*", re.IGNORECASE)
# What mailing lists and filters put before the prefix: "[EXTERNAL] Re: …".
_TAGS = re.compile(r"(?:\[[^\[\]]{1,60}\]\s*)*")
FORWARD = re.compile(rf"(?:\[[^\[\]]{{1,60}}\]\s*){{0,5}}(?:{pattern('forward')}){_COUNT}", re.IGNORECASE)


def of_reply(subject: str) -> str:
    """Return the subject of the reply to an email, with one `Re:` before it; empty without a subject."""
    if not subject:
        return ""
    tags = _TAGS.match(subject)
    tag = tags[0] if tags else ""
    bare = _REPLY.sub("", subject[len(tag) :], count=1)
    return f"Re: {tag}{bare}".rstrip()
