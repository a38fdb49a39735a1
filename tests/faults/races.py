"""Rules with real concurrency, in threads. The order is not known."""

import threading
import time

from django.db import connection
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from assistant_app import operations
from assistant_app.errors import AssistantError
from tests.conftest import stop
from tests.faults.driver import SERVERS, Driver, Ticket

AT_ONCE = 3  # plus the servers' threads: the number of database connections of a process
which = st.integers(0, 11)
server = st.integers(0, SERVERS - 1)


class Races(Driver):
    @precondition(lambda self: self._those(lambda email: email.may_be_sent))
    @rule(which=which, number=st.integers(2, AT_ONCE))
    def many_send_at_once(self, which, number):
        email = self._one(which, lambda email: email.may_be_sent)
        inputs = [self._input(email, email.next_step, accept=False) for _ in range(number)]
        runs = [lambda given=given: self._submit(email, *given[:2]) for given in inputs]
        winner, run = self._one_begins(runs)
        step, _, what = inputs[winner]
        self._begun(run, email, winner % SERVERS, None, lambda: email.send(step, what))
        self._fail(email)  # otherwise the next state depends on the winner

    @precondition(lambda self: self._those(lambda email: email.has_stopped))
    @rule(which=which, number=st.integers(2, AT_ONCE))
    def many_retry_at_once(self, which, number):
        email = self._one(which, lambda email: email.has_stopped)
        if email.next_action == "final_result":
            return  # it ends at once, so the others may be refused for any reason
        winner, run = self._one_begins([lambda: self._retry(email)] * number)
        self._begun(run, email, winner % SERVERS, None, email.claim)
        self._fail(email)

    def _one_begins(self, begin):
        def until_claimed(begin):
            run = begin()
            operations.wait_until_claimed(run)
            return run

        results = self._at_once(*(lambda each=each: until_claimed(each) for each in begin))
        won = [index for index, result in enumerate(results) if not isinstance(result, AssistantError)]
        assert len(won) == 1, results
        assert {result.code for result in results if isinstance(result, AssistantError)} == {
            "already_running"
        }
        return won[0], results[won[0]]

    @precondition(lambda self: self._those(lambda email: email.is_running))
    @rule(which=which, number=st.integers(2, AT_ONCE))
    def many_cancel_at_once(self, which, number):
        email = self._one(which, lambda email: email.is_running)
        results = self._at_once(*[lambda: self._cancel(email)] * number)
        codes = [result.code for result in results if isinstance(result, AssistantError)]
        assert set(codes) <= {"nothing_to_cancel"}
        assert len(codes) < number
        email.fail("cancelled")
        self._drain(email)

    @precondition(lambda self: self.tickets)
    @rule(which=which)
    def an_answer_comes_while_it_is_deleted(self, which):
        ticket = self.tickets[which % len(self.tickets)]
        email = ticket.email
        if email.status != "gone":
            call, words = ticket.call, self._words(ticket)
            named = {"actor": self.user, "app_id": email.app_id}
            self._at_once(lambda: call.answer(words), lambda: operations.delete(**named))
            email.forget()
            self._drain(email)

    @precondition(lambda self: self._those(lambda email: email.owner))
    @rule(which=which, server=server)
    def an_answer_comes_while_it_is_cancelled(self, which, server):
        email = self._one(which, lambda email: email.owner)
        self._race_against_answer(email, server, lambda: self._cancel(email), {"nothing_to_cancel"})

    @precondition(lambda self: self._those(lambda email: email.owner and email.expired))
    @rule(which=which, server=server)
    def a_late_answer_comes_while_it_is_taken_over(self, which, server):
        email = self._one(which, lambda email: email.owner and email.expired)
        allowed = {"already_running", "nothing_to_retry"}

        def take_over():
            self.tickets.append(Ticket(self._retry(email), email, server))

        self._race_against_answer(email, server, take_over, allowed)

    def _race_against_answer(self, email, server, other, allowed):
        call, words = email.owner.call, self._words(email.owner)
        refused = self._at_once(other, lambda: call.answer(words), first_at=server)[0]
        assert not isinstance(refused, AssistantError) or refused.code in allowed
        self._go_on_to_feedback(email)

    def _go_on_to_feedback(self, email):
        """Continue to the next feedback. In either order, each step happens once, with one more draft."""
        self._drain(email)
        while (row := self._row(email)).has_stopped:
            with self.servers.at(0):
                self.tickets.append(Ticket(self._retry(email), email, 0))
            self._drain(email)
        while email.next_action != "process_feedback":
            drafted = email.next_action == "formulate_draft"
            email.finish_step(row.state["draft_history"][-1] if drafted else ())
        email.version = row.version

    def _drain(self, email):
        """Answer all model calls of the email until none of its runs is left."""
        for ticket in [ticket for ticket in self.tickets if ticket.email is email]:
            self.tickets.remove(ticket)
            if ticket.call:
                ticket.call.answer(self._words(ticket))
            end = time.monotonic() + 30
            while not ticket.run.ended.done():
                assert time.monotonic() < end
                if (call := self.model.take()) is not None:
                    call.answer(() if call.purpose == "questions" else f"Draft {next(self.numbers)}.")
                time.sleep(0.001)

    def _cancel(self, email):
        return stop(actor=self.user, app_id=email.app_id)

    def _at_once(self, *functions, first_at=0):
        """Call the functions in threads that start together, at alternating servers."""
        barrier, results = threading.Barrier(len(functions)), [None] * len(functions)

        def work(index):
            barrier.wait()
            try:
                with self.servers.at((first_at + index) % SERVERS):
                    results[index] = functions[index]()
            except Exception as problem:  # noqa: BLE001  (raised in the test's thread)
                results[index] = problem
            finally:
                connection.close()

        threads = [threading.Thread(target=work, args=(index,)) for index in range(len(functions))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, AssistantError):
                raise result
        return results
