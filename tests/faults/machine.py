"""Random interleavings of what users, servers and the database do, checked against `expected.Email`.

After each rule, every run waits at its model or is over, so that the rules are deterministic.
"""

import functools

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from assistant_app import operations
from assistant_app.engine.runs import Run
from assistant_app.errors import ModelTimeout
from assistant_app.operations import operating
from assistant_app.operations.drafts import forking
from tests.conftest import stop
from tests.faults import history
from tests.faults.driver import SERVERS, refused
from tests.faults.expected import HUMAN, Email
from tests.faults.races import Races
from tests.faults.servers import FAULTS

MOST_EMAILS = 2
MOST_WITH_FORKS = 4
server = st.integers(0, SERVERS - 1)
which = st.integers(0, 11)  # an index, modulo the number of candidates
fault = st.sampled_from([None, None, None, *FAULTS])


def may_choose(email):
    return email.may_be_sent and email.next_step == "process_feedback"


class Machine(Races):
    # --- People ----------------------------------------------------------------------------------

    @initialize(has_draft=st.sampled_from([True, True, False]), is_forked=st.booleans())
    def _first(self, has_draft, is_forked):
        """Often start with a draft and a fork, as most rules need them."""
        self.create(0)
        if has_draft:
            [email] = self.emails
            self._send_at(0, None, email, "process_input", is_sure=True)
            for _ in ("no questions", "a draft"):
                self._answer(email.owner, self._words(email.owner))
            if is_forked:
                self._send_at(0, None, email, "edit_draft", is_sure=True)
                self.fork(0)

    @precondition(lambda self: len(self.emails) < MOST_EMAILS)
    @rule(server=server)
    def create(self, server):
        with self.servers.at(server):
            self.emails.append(Email(operations.create(actor=self.user)[0].pk))

    @precondition(lambda self: self._those(lambda email: email.may_be_sent))
    @rule(which=which, server=server, fault=fault, accept=st.booleans(), is_sure=st.booleans())
    def send(self, which, server, fault, accept, is_sure):
        email = self._one(which, lambda email: email.may_be_sent)
        step, data, what = self._input(email, email.next_step, accept)
        with self.servers.at(server, fault, email.app_id):
            run = self._submit(email, step, data, email.version if is_sure else None)
            self._begun(run, email, server, fault, lambda: email.send(step, what))

    @precondition(lambda self: self._those(may_choose))
    @rule(which=which, server=server, fault=fault, is_sure=st.booleans())
    def edit(self, which, server, fault, is_sure):
        self._send_at(server, fault, self._one(which, may_choose), "edit_draft", is_sure)

    @precondition(lambda self: self._those(may_choose))
    @rule(which=which, server=server, fault=fault, is_sure=st.booleans())
    def go_back_to_a_draft(self, which, server, fault, is_sure):
        self._send_at(server, fault, self._one(which, may_choose), "use_draft", is_sure)

    @precondition(lambda self: self._those(may_choose))
    @rule(which=which, server=server, fault=fault, is_sure=st.booleans())
    def try_again(self, which, server, fault, is_sure):
        email = self._one(which, may_choose)
        if not email.refusal("regenerate"):
            self._send_at(server, fault, email, "regenerate", is_sure)

    @precondition(lambda self: self._those(lambda email: email.status == "finished"))
    @rule(which=which, server=server, fault=fault, is_sure=st.booleans())
    def reopen(self, which, server, fault, is_sure):
        email = self._one(which, lambda email: email.status == "finished")
        self._send_at(server, fault, email, "reopen", is_sure)

    def _send_at(self, server, fault, email, step, is_sure):
        step, data, what = self._input(email, step, accept=False)
        with self.servers.at(server, fault, email.app_id):
            run = self._submit(email, step, data, email.version if is_sure else None)
            self._begun(run, email, server, fault, lambda: email.send(step, what))

    @precondition(lambda self: self._those(lambda email: email.status != "gone" and email.drafts))
    @rule(which=which)
    def fork(self, which):
        """Check that the fork is complete and its parent unchanged. If there is room, keep the fork."""
        email = self._one(which, lambda email: email.status != "gone" and email.drafts)
        number = 1 + next(self.numbers) % len(email.drafts)
        row, _ = operations.fork(actor=self.user, app_id=email.app_id, at=forking.at(number))
        history.is_whole_fork(row.pk, email.drafts[:number])
        if len(self.emails) < MOST_WITH_FORKS:
            self.emails.append(email.fork(row.pk, number))
        else:
            operations.delete(actor=self.user, app_id=row.pk)

    @precondition(lambda self: self._those(lambda email: email.has_stopped))
    @rule(which=which, server=server, fault=fault, is_sure=st.booleans())
    def retry(self, which, server, fault, is_sure):
        email = self._one(which, lambda email: email.has_stopped)
        with self.servers.at(server, fault, email.app_id):
            run = self._retry(email, email.version if is_sure else None)
            self._begun(run, email, server, fault, email.claim)

    @precondition(lambda self: self._those(lambda email: email.may_be_sent))
    @rule(which=which, accept=st.booleans(), choice=st.sampled_from([None, "edit_draft", "use_draft"]))
    def send_slowly(self, which, accept, choice):
        """Read and check, but don't claim yet."""
        email = self._one(which, lambda email: email.may_be_sent)
        step = choice if choice and may_choose(email) else email.next_step
        step, data, what = self._input(email, step, accept)
        refusal = functools.partial(email.refusal, step)
        self.slow.append((email, Run(self._row(email), step, data), lambda: email.send(step, what), refusal))

    @precondition(lambda self: self._those(lambda email: email.has_stopped))
    @rule(which=which)
    def retry_slowly(self, which):
        email = self._one(which, lambda email: email.has_stopped)
        self.slow.append((email, Run(self._row(email)), email.claim, lambda: None))

    @precondition(lambda self: self.slow)
    @rule(which=which, server=server, fault=fault)
    def go_on_with_what_was_slow(self, which, server, fault):
        email, run, stored, refusal = self.slow.pop(which % len(self.slow))
        is_gone = email.status == "gone"
        fits = not is_gone and not email.is_running and email.version == run.row.version
        with self.servers.at(server, fault if fits else None, email.app_id):
            self.servers.start(run)
            if fits:
                self._begun(run, email, server, fault, stored)
            else:
                code = "not_found" if is_gone else refusal() or "already_running"
                refused(code, operations.wait_until_ended, run)

    @precondition(lambda self: self._those(lambda email: email.is_running))
    @rule(which=which, server=server)
    def cancel(self, which, server):
        email = self._one(which, lambda email: email.is_running)
        with self.servers.at(server):
            row = stop(actor=self.user, app_id=email.app_id)
        assert (row.status, row.error_code) == ("failed", "cancelled")
        email.fail("cancelled")
        self._forget_what_ended()

    @precondition(lambda self: self._those(lambda email: email.status != "gone"))
    @rule(which=which, is_sure=st.booleans(), now=st.integers(0, 3))
    def delete(self, which, is_sure, now):
        if now == 0:  # rarely, or too few emails would be left
            email = self._one(which, lambda email: email.status != "gone")
            version = email.version if is_sure else None
            operations.delete(actor=self.user, app_id=email.app_id, expected_version=version)
            email.forget()

    @precondition(lambda self: self._those(lambda email: email.status == "running" and email.expired))
    @rule(which=which)
    def an_operator_releases(self, which):
        email = self._one(which, lambda email: email.status == "running" and email.expired)
        operating.release_expired(actor=self.operator, app_id=email.app_id)
        email.fail("interrupted")

    @rule(which=which, server=server)
    def what_must_be_refused_is(self, which, server):
        email = self._one(which, lambda email: True)
        mine = {"actor": self.user, "app_id": email.app_id}
        gone = "not_found" if email.status == "gone" else ""
        with self.servers.at(server):
            for version in (None, email.version, email.version + 1):
                for step in HUMAN:
                    if refusal := email.refusal(step, version):
                        refused(refusal, self._submit, email, *self._input(email, step, False)[:2], version)
                if refusal := email.refusal_of_retry(version):
                    refused(refusal, self._retry, email, version)
            refused(gone or "stale_version", operations.delete, **mine, expected_version=email.version + 1)
            if not email.is_running:
                refused(gone or "nothing_to_cancel", operations.cancel, **mine)
            if email.status != "running" or email.is_running:
                refusal = "already_running" if email.is_running else "nothing_to_cancel"
                named = {"actor": self.operator, "app_id": email.app_id}
                refused(gone or refusal, operating.release_expired, **named)
            self._a_stranger_finds_nothing(email)

    def _a_stranger_finds_nothing(self, email):
        theirs = {"actor": self.stranger, "app_id": email.app_id}
        for call in (operations.get, operations.retry, operations.cancel, operations.delete):
            refused("not_found", call, **theirs)
        step, data, _ = self._input(email, "process_input", accept=False)
        refused("not_found", operations.submit, **theirs, step=step, data=data)

    # --- The model -------------------------------------------------------------------------------

    @precondition(lambda self: self.tickets)
    @rule(which=which, questions=st.integers(0, 2), fault=fault)
    def the_model_answers(self, which, questions, fault):
        ticket = self.tickets[which % len(self.tickets)]
        self._answer(ticket, self._words(ticket, questions), fault)

    @precondition(lambda self: self.tickets)
    @rule(which=which, fault=fault)
    def the_model_fails(self, which, fault):
        self._answer(self.tickets[which % len(self.tickets)], ModelTimeout(), fault)

    # --- Servers ---------------------------------------------------------------------------------

    @precondition(lambda self: self._those(lambda email: email.is_running))
    @rule(which=which)
    def a_lease_expires(self, which):
        self._expire(self._one(which, lambda email: email.is_running))

    @rule(server=server)
    def a_server_renews_its_leases(self, server):
        self.servers.renew(server)
        for ticket in [ticket for ticket in self.tickets if ticket.server == server]:
            if ticket.is_owner:
                ticket.email.expired = False
            else:
                assert ticket.run.ended.result(30).error.code == "superseded"
        self._forget_what_ended()

    @rule(server=server)
    def a_server_dies(self, server):
        self.servers.kill(server)
        self._left(server, lambda email: setattr(email, "owner", None))

    @rule(server=server)
    def a_server_stops(self, server):
        self.servers.restart(server)
        self._left(server, lambda email: email.fail("interrupted"))

    def _left(self, server, owned):
        for ticket in [ticket for ticket in self.tickets if ticket.server == server]:
            if ticket.is_owner:
                owned(ticket.email)
        self._forget_what_ended()
