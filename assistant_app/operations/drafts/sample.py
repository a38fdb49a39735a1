"""The sample email: an ordinary application of the person, brought to its first draft by a recorded run."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from assistant_app.engine.runs import Run
from assistant_app.llm.recorded import RecordedClient
from assistant_app.models import Application
from assistant_app.operations.answering import create, submit_now
from assistant_app.workflow import steps
from assistant_app.workflow.email import EMAIL as WORKFLOW

EMAIL = """\
From: Sarah Whitfield <sarah.whitfield@northgate-labs.example>
Subject: Onboarding call and outstanding invoice

Hi,

Thanks again for the demo last week. The team was impressed, especially by the reporting view.

Two things before we can move on:

1. Could we do the onboarding call on Tuesday at 10:00 or Thursday at 14:00? Marcus from IT needs to be there.
2. Finance still hasn't received invoice 2026-1187 for the pilot (EUR 4,350). Can you resend it to \
accounts@northgate-labs.example?

Also, is there any chance of a discount if we sign for two years instead of one?

Best,
Sarah
"""
INSTRUCTIONS = "Tuesday is fine. Apologise for the invoice and resend it today. 5% off for two years."
QUESTIONS: list[dict[str, Any]] = [
    {
        "question": "Who from your side will join the call?",
        "reason": "Sarah brings Marcus from IT.",
        "choices": ["Just me", "Me and a colleague"],
    },
    {
        "question": "Does the 5% apply to the set-up fee as well?",
        "reason": "You gave a figure, but not what it is taken off.",
        "choices": ["Annual fee only", "Both"],
    },
]
ANSWERS = ["Tom from support joins me.", "Annual fee only"]
DRAFT = """\
Hi Sarah,

Thank you for the kind words. It's good to hear that the reporting view went down well.

Tuesday at 10:00 works for us. Tom from our support team will join me, and I'm glad that Marcus can be there.

I'm sorry that invoice 2026-1187 (EUR 4,350) never reached your finance team. I'll resend it to \
accounts@northgate-labs.example today.

If you sign for two years, we'd be happy to take 5% off the annual fee.

Best regards,
"""


def begin_sample(*, actor: AbstractBaseUser, app_id: uuid.UUID | None = None) -> Application | Run:
    """Return the first run of the actor's sample, or the sample itself if there is one with this id.

    Its two runs are replayed and use none of the day's budget. What the person sends next goes to the model.
    """
    row, _ = create(actor=actor, app_id=app_id, workflow=WORKFLOW.name)
    if row.version:
        return row
    asked = {"email_to_respond": EMAIL, "response_instructions": INSTRUCTIONS}
    return _replay(actor, row, steps.PROCESS_INPUT.action, asked)


def finish_sample(*, actor: AbstractBaseUser, row: Application) -> Run:
    """Return the run that writes the draft of a sample, whose first run has ended."""
    return _replay(actor, row, steps.CLARIFY_INSTRUCTIONS.action, {"answers": ANSWERS})


def _replay(actor: AbstractBaseUser, row: Application, step: str, data: dict[str, Any]) -> Run:
    client = RecordedClient(QUESTIONS, f"{DRAFT}{row.signature or actor.get_username()}")
    return submit_now(actor, row.pk, step, data, None, WORKFLOW.name, None, client)
