"""Applications with a history, written as records: what the admin shows needs no run."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from assistant_app.contract.changes import changes_between
from assistant_app.models import Application, MailReading, ModelCall, Step
from assistant_app.workflow.graph import DEFAULT_STATE

EMAIL = "From: Marta Kowalczyk <marta@example.org>\nSubject: Late delivery\n\nWhere are my 96 sensors?"
ENDINGS = {
    "waiting": {"next_step": "process_feedback"},
    "failed": {
        "next_step": "process_input",
        "error_code": "model_timeout",
        "error_message": "No answer in time.",
    },
    "interrupted": {"status": "failed", "next_step": "process_input", "error_code": "interrupted"},
    "cancelled": {"status": "failed", "next_step": "process_input", "error_code": "cancelled"},
    "finished": {"next_step": ""},
}


class Story:
    """An application and what happened to it so far."""

    def __init__(self, owner, title="Late delivery", **values):
        self.state = dict(DEFAULT_STATE)
        self.row = Application.objects.create(
            owner=owner, title=title, sender="Marta Kowalczyk", next_step="process_input", **values
        )

    def step(self, position, seconds=1.5, error_code="", error_message="", **state):
        after = {**self.state, **state}
        last = self.row.last_sequence_id
        number = 0 if last is None else last + 1
        now = timezone.now()
        Step.objects.create(
            application=self.row,
            sequence_id=number,
            base=self.row.sequence_id,
            position=position,
            status="failed" if error_code else "completed",
            changes={} if error_code else changes_between(self.state, after),
            error_code=error_code,
            error_message=error_message,
            started_at=now - timedelta(seconds=seconds),
            finished_at=now,
        )
        self.row.last_sequence_id = number
        if not error_code:
            self.row.sequence_id, self.row.position, self.state = number, position, after
        self.row.state = self.state
        self.row.save()
        return self

    def call(self, purpose="draft", **values):
        ModelCall.objects.create(
            application=self.row,
            sequence_id=self.row.last_sequence_id,
            **{
                "purpose": purpose,
                "provider": "models.example",
                "model": "gpt-5-mini",
                "messages": [
                    {"role": "system", "content": "You write email replies."},
                    {"role": "user", "content": "Answer Marta."},
                ],
                "parameters": {"temperature": 0.4},
                "reply": "Dear Marta, 60 ship on Thursday.",
                "tokens_in": 2118,
                "tokens_out": 196,
                "time_to_first_token": 0.61,
                "duration": 6.4,
                **values,
            },
        )
        return self

    def ends(self, how):
        for name, value in {"status": how, **ENDINGS[how]}.items():
            setattr(self.row, name, value)
        self.row.save()
        return self.row

    def runs(self, lease=timedelta(seconds=30)):
        self.row.status, self.row.next_step = "running", "process_input"
        self.row.lease_token, self.row.lease_expires_at = self.row.pk, timezone.now() + lease
        self.row.save()
        return self.row


@pytest.fixture
def tell(owner):
    """Begin a story; its owner is Ida unless told otherwise."""
    return lambda title="Late delivery", user=None, **values: Story(user or owner, title, **values)


def with_one_draft(story):
    """Pasted, no questions, a draft that failed and was written then; feedback is due."""
    story.step("process_input", incoming_email=EMAIL, response_instructions="60 ship on Thursday.")
    story.step("determine_clarifications").call("questions", reply='{"questions": []}')
    story.step("formulate_draft", error_code="model_timeout", error_message="No answer in time.")
    story.call(reply="", error_code="model_timeout", time_to_first_token=None, tokens_out=None)
    draft = "Dear Marta, 60 ship on Thursday."
    story.step("formulate_draft", current_draft=draft, draft_history=[draft]).call()
    story.ends("waiting")
    return story


@pytest.fixture
def one_draft(tell):
    return with_one_draft(tell())


def browser_of(user):
    client = Client()
    client.force_login(user)
    return client


WHY = "He asked why his draft failed: ticket 4711"


def say_why(client, row):
    """Give the reason that is needed before any text is shown."""
    if not MailReading.objects.filter(application_id=row.pk).exists():
        client.post(f"/admin/assistant_app/application/{row.pk}/read/", {"reason": WHY})


@pytest.fixture
def admin_site(operator):
    return browser_of(operator)
