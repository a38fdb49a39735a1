"""What is kept of a call to a model: its row, and what it cost."""

from __future__ import annotations

import uuid
from typing import Any

from assistant_app.llm.base import Call
from assistant_app.models import ModelCall

CHARACTERS_A_TOKEN = 4  # where the model's server does not count


def as_row(application_id: uuid.UUID, sequence_id: int, call: Call) -> ModelCall:
    return ModelCall(
        application_id=application_id,
        sequence_id=sequence_id,
        **{name: storable(getattr(call, name)) for name in Call.__dataclass_fields__},
    )


def storable(value: Any) -> Any:
    """PostgreSQL takes neither NUL nor half a character, and a model may write both."""
    if not isinstance(value, str):
        return value
    return value.replace("\x00", "").encode(errors="replace").decode()


def was_paid(call: Call) -> bool:
    """Whether the model worked on it: it answered something, or was stopped while it was at it."""
    return bool(call.reply) or call.error_code in ("", "cancelled")


def tokens_of(call: Call) -> int:
    """As the model's server counts them, or else by the characters; none for what was not answered."""
    if not was_paid(call):
        return 0
    asked = sum(len(message["content"]) for message in call.messages)
    tokens_in = asked // CHARACTERS_A_TOKEN if call.tokens_in is None else call.tokens_in
    tokens_out = len(call.reply) // CHARACTERS_A_TOKEN if call.tokens_out is None else call.tokens_out
    return tokens_in + tokens_out
