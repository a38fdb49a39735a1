"""What owners can do with their applications. Every door calls these. `operating` is for operators."""

from assistant_app.operations.answering import (
    cancel,
    create,
    delete,
    finished,
    fork,
    get,
    relative,
    reply_message,
    retry,
    submit,
    wait_until_claimed,
    wait_until_ended,
)

__all__ = [
    "cancel",
    "create",
    "delete",
    "finished",
    "fork",
    "get",
    "relative",
    "reply_message",
    "retry",
    "submit",
    "wait_until_claimed",
    "wait_until_ended",
]
