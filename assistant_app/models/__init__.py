"""The records: an `Application` row holds the current state; `Step` and `ModelCall` rows are its history.

Runs, operations, erasure and retention write them. Steps and model calls never change.
"""

from assistant_app.models.application import TYPED_BEFORE as TYPED_BEFORE
from assistant_app.models.application import Application as Application
from assistant_app.models.application import ApplicationQuerySet as ApplicationQuerySet
from assistant_app.models.application import ClockTimestamp as ClockTimestamp
from assistant_app.models.application import database_clock as database_clock
from assistant_app.models.model_call import ModelCall as ModelCall
from assistant_app.models.people import ApiToken as ApiToken
from assistant_app.models.people import MailReading as MailReading
from assistant_app.models.people import Preferences as Preferences
from assistant_app.models.people import SignInTries as SignInTries
from assistant_app.models.people import Usage as Usage
from assistant_app.models.step import Step as Step
from assistant_app.models.step import StepQuerySet as StepQuerySet
