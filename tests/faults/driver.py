"""The base of the rules: emails, the runs that wait at their model, and the invariants."""

import itertools
import sys
import time
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from hypothesis.stateful import RuleBasedStateMachine, invariant

from assistant_app import operations
from assistant_app.engine.runs import Run
from assistant_app.errors import AssistantError, ModelTimeout
from assistant_app.models import Application
from tests.faults import history
from tests.faults.expected import Email
from tests.faults.held_model import HeldModel
from tests.faults.servers import Servers

SERVERS = 2


@dataclass(eq=False)
class Ticket:
    """A run that waits at its model."""

    run: Run
    email: Email
    server: int
    call: Any = None

    @property
    def is_owner(self):
        return self.email.owner is self


class Driver(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.model = HeldModel()
        self.servers = Servers(SERVERS, self.model)
        users = get_user_model().objects
        users.all().delete()  # and all data that a failed example left
        self.user, self.stranger = (users.create(username=name) for name in ("ida", "otto"))
        self.operator = users.create_superuser("root")
        self.emails = []
        self.tickets = []
        self.slow = []  # requests that have read and checked, but not claimed yet
        self.numbers = itertools.count(1)

    def teardown(self):
        try:
            if sys.exc_info()[0] is None:  # otherwise the example has failed already
                self.go_to_the_end()
        finally:
            self.servers.close()

    # --- Invariants ------------------------------------------------------------------------------

    @invariant()
    def all_is_as_expected(self):
        for email in self.emails:
            history.check(email)
        held = [ticket.run.lease for ticket in self.tickets if ticket.is_owner]
        assert len(set(held)) == len(held) == len({id(t.email) for t in self.tickets if t.is_owner})

    def go_to_the_end(self):
        """Answer each email that was not deleted to its end, which must always be possible."""
        for email in self._those(lambda email: email.status != "gone"):
            while email.status != "finished":
                self._go_on_with(email)
        while self.tickets:
            self._answer(self.tickets[0], "Too late.")
        self.all_is_as_expected()

    def _go_on_with(self, email):
        if email.is_running and email.owner is None:
            self._expire(email)
        elif email.is_running:
            self._answer(email.owner, self._words(email.owner))
        else:
            with self.servers.at(0):
                if email.has_stopped:
                    return self._begun(self._retry(email), email, 0, None, email.claim)
                step, data, what = self._input(email, email.next_step, accept=True)
                run = self._submit(email, step, data)
                self._begun(run, email, 0, None, lambda: email.send(step, what))

    # --- Helpers ---------------------------------------------------------------------------------

    def _those(self, condition):
        return [email for email in self.emails if condition(email)]

    def _one(self, which, condition):
        those = self._those(condition)
        return those[which % len(those)]

    def _row(self, email):
        return operations.get(actor=self.user, app_id=email.app_id)

    def _submit(self, email, step, data, version=None):
        return operations.submit(
            actor=self.user, app_id=email.app_id, step=step, data=data, expected_version=version
        )

    def _retry(self, email, version=None):
        return operations.retry(actor=self.user, app_id=email.app_id, expected_version=version)

    def _input(self, email, step, accept):
        """Return a step, a valid input with new text, and what will be stored of it."""
        text = f"Typed {next(self.numbers)}"
        if step == "process_input":
            return step, {"email_to_respond": text, "response_instructions": "Yes"}, text
        if step == "clarify_instructions":
            answers = [f"{text} {index}" for index, _ in enumerate(email.questions)]
            return step, {"answers": answers}, answers
        if step == "edit_draft":
            return step, {"text": text}, text
        if step == "use_draft":
            number = 1 + next(self.numbers) % max(1, len(email.drafts))
            return step, {"draft": number}, number
        if step in ("regenerate", "reopen"):
            return step, {}, None
        return step, {"feedback": "" if accept else text}, "" if accept else text

    def _begun(self, run, email, server, fault, stored):
        """Apply the claim or its fault, then wait until the run is at the model or over."""
        ticket = Ticket(run, email, server)
        if fault and fault.endswith("before"):
            assert run.ended.result(30).error is not None
            return
        stored()
        email.owner = None if fault or not email.is_running else ticket
        self._settle(ticket)

    def _answer(self, ticket, answer, fault=None):
        email, is_owner = ticket.email, ticket.is_owner
        with self.servers.at(ticket.server, fault if is_owner else None, email.app_id):
            ticket.call.answer(answer)
            ticket.call = None
            self.tickets.remove(ticket)
            if is_owner:
                self._answered(email, answer, fault or "")
            self._settle(ticket)

    def _fail(self, email):
        """Let the model fail until the run has."""
        while email.owner:
            self._answer(email.owner, ModelTimeout())

    def _answered(self, email, answer, fault):
        if fault == "dies before":
            email.owner = None
        elif isinstance(answer, Exception) and email.next_action != "determine_clarifications":
            email.fail(answer.code)
        elif fault == "database fails before":
            email.fail("database_unavailable")
        else:  # questions are a help, so the draft is written without them
            email.finish_step(() if isinstance(answer, Exception) else answer)
            if fault:
                email.owner = None

    def _settle(self, ticket):
        email, end = ticket.email, time.monotonic() + 30
        while not ticket.run.ended.done():
            assert time.monotonic() < end, "The run neither ended nor asked its model."
            if (call := self.model.take()) is not None:
                assert ticket.is_owner, "It goes on, though it has lost its lease."
                ticket.call = call
                self.tickets.append(ticket)
                break
            time.sleep(0.001)
        if ticket.is_owner and email.next_action == "final_result":
            email.finish_step(None)
        assert ticket.is_owner == (ticket in self.tickets)

    def _forget_what_ended(self):
        for ticket in list(self.tickets):
            if ticket.run.ended.done():
                self.tickets.remove(ticket)

    def _expire(self, email):
        past = timezone.now() - timezone.timedelta(seconds=1)
        Application.objects.filter(pk=email.app_id).update(lease_expires_at=past)
        email.expired = True

    def _words(self, ticket, questions=0):
        number = next(self.numbers)
        if ticket.call.purpose == "questions":
            return tuple(f"Question {number} {index}?" for index in range(questions))
        return f"Draft {number}."


def refused(code, call, *arguments, **named):
    with pytest.raises(AssistantError) as caught:
        call(*arguments, **named)
    assert caught.value.code == code
