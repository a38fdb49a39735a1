"""Emails in every state that there is, made through the API of a server."""

import threading
import uuid
from copy import copy

from tests.model_server import Reply, error, questions
from tests.real_server import wait_until
from tests.server.streaming import ASYNC
from tests.server.walking import Walker

# The steps that follow, sooner or later, from what is sent to an endpoint. The model always has a question.
FOLLOWS = {
    "initialize_draft": ["process_input", "determine_clarifications"],
    "clarify_instructions": ["clarify_instructions", "formulate_draft"],
    "process_feedback": ["process_feedback", "formulate_draft"],
    "edit": ["edit_draft"],
    "use": ["use_draft"],
    "regenerate": ["regenerate", "formulate_draft"],
    "reopen": ["reopen"],
    "retry": [],
}
POSTED = {"regenerate", "reopen", "retry"}
REFUSED = error(403, "this model is not for you")
SPENT = error(429, "nothing is left", code="insufficient_quota")


class Email(Walker):
    """An email that takes a way of its own and remembers it."""

    def __init__(self, client, steps=0):
        super().__init__(client)
        self.way = []  # actions that have to be there once, in this order, when it is finished
        self.said = []  # feedback
        self.edits = []  # drafts that are the person's own text
        self.inherited = 0  # drafts from the email that it was forked from
        self.failures = 0  # steps that failed
        for _ in range(steps):
            self.send_next(client)

    def begin(self, client):
        self.answered = client.post("/api/applications/").json()  # the state that the server answered last
        return self.answered["app_id"]

    # --- What is done with it ------------------------------------------------------------------

    def send(self, client, endpoint, *, status=200, is_async=False, **data):
        method = "POST" if endpoint in POSTED else "PUT"
        headers = ASYNC if is_async else {}
        answer = client.request(
            method, f"/api/applications/{self.app_id}/{endpoint}/", json=data, headers=headers
        )
        assert answer.status_code == status, answer.text
        accepts = data.get("feedback") == ""
        self.way += ["process_feedback", "final_result"] if accepts else FOLLOWS[endpoint]
        if data.get("feedback"):
            self.said.append(data["feedback"])
        if endpoint == "edit":
            self.edits.append(data["text"])
        self.answered = answer.json() if status < 300 else self.state(client)
        self.note(self.answered)
        return self

    def send_next(self, client, *, status=200, is_async=False):
        endpoint, data = self.inputs_for(self.answered)
        return self.send(client, endpoint, status=status, is_async=is_async, **data)

    def look(self, client):
        self.answered = super().look(client)
        return self.answered

    def go_on(self, client):
        self.wait_until_it_stands(client)
        while self.answered["status"] != "finished":
            self.take_a_step(client)

    def take_a_step(self, client):
        """Do what the email waited for when the server answered last, if it did."""
        if self.answered["status"] == "failed":
            self.send(client, "retry")
            self.continued += 1
        elif self.answered["status"] == "waiting":
            self.send_next(client)

    def fails(self, client, model, reply, endpoint=""):
        """Send what is due, or that, and let the model fail."""
        model.script(reply)
        status = 503 if reply is not REFUSED else 502
        if endpoint:
            self.send(client, endpoint, status=status)
        else:
            self.send_next(client, status=status)
        self.failures += 1
        assert self.answered["status"] == "failed"
        return self

    def begins(self, client, model, *, words=None):
        """Send what is due; the model answers, or goes on after so many words, when the gate opens."""
        gate, asked = threading.Event(), len(model.received)
        reply = Reply(text=model.next_draft())
        if self.answered["next_step"] == "process_input":
            reply = questions("Until when?")
        if words is None:
            reply.gate = gate
        else:
            reply.gate_after = (words, gate)
        model.script(reply)
        self.send_next(client, status=202, is_async=True)
        wait_until(lambda: len(model.received) > asked)
        return gate

    def stop(self, client):
        answer = client.post(f"/api/applications/{self.app_id}/cancel/")
        assert answer.status_code == 200, answer.text
        assert answer.json()["error"]["code"] == "cancelled"
        self.failures += 1

    def begins_and_is_stopped(self, client, model, **options):
        gate = self.begins(client, model, **options)
        self.stop(client)
        gate.set()
        return self

    def delete(self, client):
        answer = client.delete(f"/api/applications/{self.app_id}/")
        assert answer.status_code == 204, answer.text

    def fork(self, client, *, position="formulate_draft", **point):
        """Return an email that was forked from this one after that step. It will be told other texts."""
        answer = client.post(f"/api/applications/{self.app_id}/fork/", json=point)
        assert answer.status_code == 201, answer.text
        state, mark, fork = answer.json(), uuid.uuid4().hex, copy(self)
        fork.app_id, fork.answered, fork.stored = state["app_id"], state, {}
        fork.failures, fork.edits = 0, []
        fork.inherited, fork.said = len(state["drafts"]), state["feedback_history"]
        assert fork.said == self.said[: len(fork.said)]
        assert state["drafts"] == self.stored["drafts"][: fork.inherited]
        fork.feedback = f"Longer {mark}"
        fork.way = [position]
        if point.get("before"):
            fork.answer = f"Until May. {mark}"
            fork.way = ["determine_clarifications"]
        if point.get("before") == "process_input":
            fork.email, fork.instructions = f"{self.email} {mark}", f"Nothing ships. {mark}"
            fork.way = []
        fork.note(state)
        return fork

    # --- What is there -------------------------------------------------------------------------

    def check(self, server):
        """Nothing typed is missing; no step, no draft and no call of the model is there twice."""
        with server.client() as client:
            state = self.look(client)
        assert state["status"] == "finished"
        assert (state["email_to_respond"], state["response_instructions"]) == (self.email, self.instructions)
        assert state["answers"] == [self.answer]
        assert state["feedback_history"] == self.said
        assert state["final_draft"] == state["drafts"][state["draft_number"] - 1]
        steps = self.steps(server)
        assert [position for position, status, _ in steps if status == "completed"] == self.way
        assert len(steps) == len({number for _, _, number in steps}) == len(self.way) + self.failures
        own = state["drafts"][self.inherited :]
        assert len(set(state["drafts"])) == len(state["drafts"])
        assert [text for text in own if text not in self.edits] == self.replies(server)
        assert [text for text in own if text in self.edits] == self.edits


# --- Their states --------------------------------------------------------------------------------


def waiting(ida):
    """Return emails that wait for their person after each choice, or are finished, once or more often."""
    own = "Dear Marta,\n\nthis is my own text. {}\n\nIda"
    return [
        Email(ida, steps=2).send(ida, "edit", text=own.format(1)),
        Email(ida, steps=3).send(ida, "use", draft=1),
        Email(ida, steps=2).send(ida, "regenerate"),
        Email(ida, steps=4),
        Email(ida, steps=2).send(ida, "edit", text=own.format(2)).send(ida, "process_feedback", feedback=""),
        Email(ida, steps=4).send(ida, "reopen"),
        Email(ida, steps=4).send(ida, "reopen").send_next(ida),
    ]


def forks(ida):
    """Return forks of emails that are there, and of such that are deleted."""
    there, deleted = Email(ida, steps=4), Email(ida, steps=3).send(ida, "use", draft=1)
    between = there.fork(ida, draft=2)
    made = [
        there,
        there.fork(ida, draft=1),
        there.fork(ida, before="clarify_instructions"),
        there.fork(ida, before="process_input"),
        between.send(ida, "process_feedback", feedback="Warmer.").fork(ida, draft=3),
        there.fork(ida, draft=2).send_next(ida),
        deleted.fork(ida, draft=1),
        deleted.fork(ida, position="use_draft"),
        deleted.fork(ida, draft=2).send(ida, "process_feedback", feedback="Warmer."),
        deleted.fork(ida, before="process_input"),
    ]
    between.delete(ida)
    deleted.delete(ida)
    return made


def failed(ida, model):
    """Return emails that the model failed, at each of its calls."""
    in_the_middle = Reply(text=model.next_draft(), drop_after=3)
    fork = Email(ida, steps=3).fork(ida, draft=1)
    return [
        Email(ida).fails(ida, model, REFUSED),
        Email(ida, steps=1).fails(ida, model, SPENT),
        Email(ida, steps=1).fails(ida, model, in_the_middle),
        Email(ida, steps=2).fails(ida, model, REFUSED),
        Email(ida, steps=3).fails(ida, model, SPENT, "regenerate"),
        fork.fails(ida, model, REFUSED),
    ]


def stopped(ida, model):
    """Return emails whose person stopped the run."""
    return [
        Email(ida).begins_and_is_stopped(ida, model),
        Email(ida, steps=1).begins_and_is_stopped(ida, model, words=3),
        Email(ida, steps=2).begins_and_is_stopped(ida, model),
    ]


def running(ida, model):
    """Return emails that are being worked on, and the gates that let the model go on with them."""
    fork = Email(ida, steps=3).fork(ida, draft=1)
    emails = [Email(ida), Email(ida, steps=1), Email(ida, steps=2), fork]
    gates = [
        email.begins(ida, model, words=words) for email, words in zip(emails, (None, 3, None, 3), strict=True)
    ]
    return emails, gates
