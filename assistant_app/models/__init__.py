"""The records: an `Application` row holds the current state; `Step` and `ModelCall` rows are its history.

Runs, operations, erasure and retention write them. Steps and model calls never change. `BurrState` rows are
those of other Burr programs.
"""

from assistant_app.models.application import (
    TYPED_BEFORE,
    Application,
    ApplicationQuerySet,
    ClockTimestamp,
    database_clock,
)
from assistant_app.models.burr_state import BurrState, BurrStateQuerySet
from assistant_app.models.idempotency import IdempotencyKey
from assistant_app.models.model_call import ModelCall
from assistant_app.models.notes import Note, NoteWord
from assistant_app.models.people import ApiToken, Identity, MailReading, Preferences, SignInTries, Usage
from assistant_app.models.server_deviation import ServerDeviation
from assistant_app.models.step import Step, StepQuerySet

__all__ = [
    "TYPED_BEFORE",
    "ApiToken",
    "Application",
    "ApplicationQuerySet",
    "BurrState",
    "BurrStateQuerySet",
    "ClockTimestamp",
    "IdempotencyKey",
    "Identity",
    "MailReading",
    "ModelCall",
    "Note",
    "NoteWord",
    "Preferences",
    "ServerDeviation",
    "SignInTries",
    "Step",
    "StepQuerySet",
    "Usage",
    "database_clock",
]
