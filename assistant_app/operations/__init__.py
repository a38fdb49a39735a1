"""What owners can do with their applications. Every door calls these. `operating` is for operators."""

from assistant_app.operations.answering import (
    create,
    delete,
    fork,
    relative,
    retry,
    submit,
)
from assistant_app.operations.idempotency import Repeat, key_for
from assistant_app.operations.mine import get
from assistant_app.operations.shelves import archive, rename, unarchive
from assistant_app.operations.stopping import Stopping, cancel, when_stopped
from assistant_app.operations.waiting import wait_until_claimed, wait_until_ended, when_claimed, when_ended

__all__ = [
    "Repeat",
    "Stopping",
    "archive",
    "cancel",
    "create",
    "delete",
    "fork",
    "get",
    "key_for",
    "relative",
    "rename",
    "retry",
    "submit",
    "unarchive",
    "wait_until_claimed",
    "wait_until_ended",
    "when_claimed",
    "when_ended",
    "when_stopped",
]
