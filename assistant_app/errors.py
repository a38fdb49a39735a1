"""Every error that users and API clients can see, each with a stable code and an HTTP status.

Views do not catch these. The API's exception handler and the pages' middleware turn them into responses.
What a class `said` is the default message.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice
from typing import Any

from assistant_app.phrases import gettext_noop, ngettext

MOST_NAMED = 10  # unknown fields of a body


class AssistantError(Exception):
    """An error that doors show: `said` is its message if none is given."""

    said = gettext_noop("Something went wrong.")

    code = "error"
    status = 500

    def __init__(
        self,
        message: str | None = None,
        *,
        fields: dict[str, list[str]] | None = None,
        retry_after: int | None = None,
    ) -> None:
        self.message = message or self.said
        self.fields = fields or {}
        self.retry_after = retry_after  # seconds
        super().__init__(self.message)

    def as_json(self) -> dict[str, Any]:
        """Return the body of a JSON error response."""
        # Clients may send field names with lone surrogates, which cannot be encoded.
        fields = {name.encode(errors="replace").decode(): texts for name, texts in self.fields.items()}
        return {"code": self.code, "message": self.message, "fields": fields}


# --- The request cannot be fulfilled (4xx) --------------------------------------------------------


class InvalidInput(AssistantError):
    said = gettext_noop("Some fields need attention.")

    code = "invalid"
    status = 400


class DoesNotFit(InvalidInput):
    said = gettext_noop("Some fields do not fit this email as it is now.")

    code = "does_not_fit"
    status = 409


def too_long(text: str, most: int) -> str:
    """Return what is wrong with a text that has more characters than fit."""
    return gettext_noop("It has %(length)s characters; %(most)s fit.", length=len(text), most=most)


def unknown_fields(names: Collection[Any]) -> dict[str, list[str]]:
    """Return what is wrong with fields that no one asked for: a few by name, the rest counted."""
    named = sorted(map(str, islice(names, MOST_NAMED)))
    problems = {name[:100]: [gettext_noop("There is no such field.")] for name in named}
    if (others := len(names) - len(named)) > 0:
        problems.setdefault("body", []).append(
            ngettext("%(number)s more field is unknown.", "%(number)s more fields are unknown.", others)
        )
    return problems


class ApplicationNotFound(AssistantError):
    said = gettext_noop("This does not exist, or it is not yours.")

    code = "not_found"
    status = 404


class IdTaken(AssistantError):
    said = gettext_noop("This id is taken. Choose another one, or leave it out.")

    code = "id_taken"
    status = 409


class WrongStep(AssistantError):
    said = gettext_noop("This step is not the next one.")

    code = "wrong_step"
    status = 409


class UnknownStep(AssistantError):
    said = gettext_noop(
        "A newer version of this program is at work here. This one can show it, but not change it."
    )

    code = "unknown_step"
    status = 409


class Finished(AssistantError):
    said = gettext_noop("This email is finished.")

    code = "finished"
    status = 409


class AlreadyRunning(AssistantError):
    said = gettext_noop("A draft is being written already.")

    code = "already_running"
    status = 409


class NothingToRetry(AssistantError):
    said = gettext_noop("Nothing has stopped here, so there is nothing to continue.")

    code = "nothing_to_retry"
    status = 409


class NothingToCancel(AssistantError):
    said = gettext_noop("Nothing is being written here, so there is nothing to stop.")

    code = "nothing_to_cancel"
    status = 409


class NothingToSkip(AssistantError):
    said = gettext_noop("No questions are being looked for or asked here, so there is nothing to skip.")

    code = "nothing_to_skip"
    status = 409


class NothingToRegenerate(AssistantError):
    said = gettext_noop(
        "The model did not write this draft, so there is nothing to try again. Say what should change."
    )

    code = "nothing_to_regenerate"
    status = 409


class Superseded(AssistantError):
    said = gettext_noop("Another run changed this email. Fetch its latest state.")

    code = "superseded"
    status = 409


class Cancelled(AssistantError):
    said = gettext_noop("Stopped. What’s written so far is kept.")

    code = "cancelled"
    status = 409


class StaleVersion(AssistantError):
    said = gettext_noop("This email has changed since the version you sent.")

    code = "stale_version"
    status = 412


class KeyReused(AssistantError):
    said = gettext_noop(
        "This Idempotency-Key was used for another request. Send a new key with each new request."
    )

    code = "idempotency_key_reused"
    status = 422


class OverLimit(AssistantError):
    said = gettext_noop("This is over the limit for one person.")

    code = "over_limit"
    status = 429


class BudgetSpent(OverLimit):
    said = gettext_noop("You have used all that you may use today.")

    code = "budget_spent"


class TooManyRuns(OverLimit):
    said = gettext_noop(
        "No more drafts can be written for you at the same time. Send it again when one is ready."
    )

    code = "too_many_runs"


class TooManyRounds(OverLimit):
    said = gettext_noop("This email cannot have more drafts. Accept the last one.")

    code = "too_many_rounds"
    status = 409


class DraftsTooLong(OverLimit):
    said = gettext_noop(
        "The drafts of this email are too long together for another one. Accept the last one."
    )

    code = "drafts_too_long"
    status = 409


class TooBusy(OverLimit):
    said = gettext_noop(
        "Another long text of yours is being worked on, or one of somebody else. Try again in a moment."
    )

    code = "busy"


class TooManyStreams(OverLimit):
    said = gettext_noop(
        "You follow as many emails at once as one person may. Close a page, or try again later."
    )

    code = "too_many_streams"


class BodyTooLarge(AssistantError):
    said = gettext_noop("The request is larger than the server accepts.")

    code = "too_large"
    status = 413


# --- The run failed (5xx): the state is kept and `retry` works ------------------------------------


class InternalError(AssistantError):
    said = gettext_noop("Something went wrong on our side. What you typed is saved.")

    code = "internal_error"
    status = 500


class ModelError(AssistantError):
    said = gettext_noop("The model’s reply couldn’t be used.")

    code = "model_failed"
    status = 502
    partial = ""  # the part of the answer that had arrived


class ModelFailed(ModelError):
    said = gettext_noop("The model’s reply couldn’t be used.")


class ModelUnavailable(ModelError):
    said = gettext_noop("The model's server could not be reached.")

    code = "model_unavailable"
    status = 503


class ModelTimeout(ModelError):
    said = gettext_noop("The model's server gave no answer in time.")

    code = "model_timeout"
    status = 504


class Interrupted(AssistantError):
    said = gettext_noop("The server was restarted while it wrote. Nothing is lost.")

    code = "interrupted"
    status = 503


class ShuttingDown(AssistantError):
    said = gettext_noop("The server is about to restart. Nothing was changed; send it again in a moment.")

    code = "shutting_down"
    status = 503


class DatabaseUnavailable(AssistantError):
    said = gettext_noop("The database could not be reached.")

    code = "database_unavailable"
    status = 503


def error_of(code: str, message: str) -> AssistantError:
    """Return the error that was stored with this code. An unknown code, of a newer version, is status 500."""
    kinds = [AssistantError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    kind = next((kind for kind in kinds if kind.code == code), InternalError)
    return kind(message)
