"""A client that answers an email over the API, continues after every crash, and checks the result."""

import uuid
from collections import Counter

from django.conf import settings

from tests.model_server import ModelServer, Reply, questions
from tests.real_server import wait_until
from tests.server.conftest import EMAIL, new_email, state_of
from tests.server.streaming import ASYNC

STEPS = [
    "process_input",
    "determine_clarifications",
    "clarify_instructions",
    "formulate_draft",
    "process_feedback",
    "formulate_draft",
    "process_feedback",
    "final_result",
]


class NumberedModel(ModelServer):
    """Asks one question; writes a different text each time, so that duplicate drafts are detected."""

    def __init__(self, **options):
        super().__init__(**options)
        self.standing_questions = questions("Until when?")
        self.written = 0

    def next_draft(self):
        self.written += 1
        return f"Dear Marta,\n\nthis is the letter of the number {self.written} to you.\n\nIda"

    @property
    def standing(self):
        return Reply(text=self.next_draft())

    @standing.setter
    def standing(self, reply):
        """Ignore it: every reply is different."""


class Walker:
    """One email. Its texts are unique, so that texts of other emails are detected."""

    def __init__(self, client):
        self.app_id = self.begin(client)
        mark = uuid.uuid4().hex
        self.email = f"{EMAIL} {mark}"
        self.instructions = f"60 ship on Thursday. {mark}"
        self.answer = f'On 10 December,\n "at" <noon>. {mark}'
        self.feedback = f"Shorter 🚚 {mark}"
        self.continued = 0  # runs that were retried after a crash
        self.stored = {}  # what the server said that it stored

    def begin(self, client):
        return new_email(client)

    def inputs_for(self, state):
        """Return the endpoint and the input that are due."""
        if state["next_step"] == "process_input":
            data = {"email_to_respond": self.email, "response_instructions": self.instructions}
            return "initialize_draft", data
        if state["next_step"] == "clarify_instructions":
            return "clarify_instructions", {"answers": [self.answer]}
        return "process_feedback", {"feedback": "" if state["feedback_history"] else self.feedback}

    def send_next(self, client, *, is_async, another_may_be_first=False):
        state = state_of(client, self.app_id)
        endpoint, data = self.inputs_for(state)
        headers = dict(ASYNC) if is_async else {}
        if another_may_be_first:  # don't repeat what the other request sent
            headers["If-Match"] = f'"{state["version"]}"'
        answer = client.put(f"/api/applications/{self.app_id}/{endpoint}/", json=data, headers=headers)
        if another_may_be_first and answer.status_code in (409, 412):
            return  # an earlier request has arrived by now
        assert answer.status_code in (200, 202), answer.text
        self.note(answer.json())

    def state(self, client):
        return state_of(client, self.app_id)

    def note(self, state):
        """Remember what the server says it stored; it must never be lost."""
        for name in ("email_to_respond", "response_instructions", "answers"):
            if state[name] is not None:
                self.stored[name] = state[name]
        self.stored["feedback_history"] = state["feedback_history"]
        self.stored["drafts"] = state["drafts"]

    def look(self, client):
        """Return the state, and check that it has everything stored before."""
        state = self.state(client)
        for name, known in self.stored.items():
            assert state[name][: len(known)] == known, name
        return state

    def go_on(self, client, *, is_async=lambda: False, another_may_be_first=False, was_stopped=False):
        """Send the due steps until the email is finished."""
        while True:
            state = self.wait_until_it_stands(client)
            if state["status"] == "finished":
                return self
            if state["status"] == "failed":
                assert state["error"]["code"] == ("cancelled" if was_stopped else "interrupted")
                self.retry(client)
            else:
                self.send_next(client, is_async=is_async(), another_may_be_first=another_may_be_first)

    def wait_until_it_stands(self, client):
        """Wait until nothing runs; return the state."""
        seen = []

        def stands():
            seen.append(self.look(client))
            return seen[-1]["status"] != "running"

        wait_until(stands)
        return seen[-1]

    def retry(self, client):
        answer = client.post(f"/api/applications/{self.app_id}/retry/", headers=ASYNC)
        if answer.status_code == 202:
            self.continued += 1
        else:  # its server was only suspended for the length of a lease, and continues by itself
            assert answer.json()["code"] in ("already_running", "nothing_to_retry"), answer.text

    def check(self, server, *, failures=0):
        """Check that no input is missing and no step, draft or model call is duplicated."""
        with server.client() as client:
            state = self.look(client)
        assert state["status"] == "finished"
        assert (state["email_to_respond"], state["response_instructions"]) == (self.email, self.instructions)
        assert state["answers"] == [self.answer]
        assert state["feedback_history"] == [self.feedback]
        steps = self.steps(server)
        assert [position for position, status, _ in steps if status == "completed"] == STEPS
        assert len(steps) == len({number for _, _, number in steps}) == len(STEPS) + failures
        assert state["drafts"] == self.replies(server)
        assert max(Counter(state["drafts"]).values()) == 1
        assert len(state["drafts"]) == 2
        assert state["final_draft"] == state["drafts"][-1]

    def steps(self, server):
        """Return position, status and number of each step in the database."""
        columns = "position, status, sequence_id"
        return server.rows(
            f"SELECT {columns} FROM assistant_app_step WHERE {self._is_it} ORDER BY sequence_id"
        )

    def replies(self, server):
        """Return the letters of the model's calls for drafts that succeeded."""
        calls = server.rows(
            f"SELECT reply FROM assistant_app_modelcall WHERE {self._is_it} AND purpose = 'draft'"
            " AND error_code = '' ORDER BY id"
        )
        return [reply.removeprefix("<reply>").removesuffix("</reply>") for (reply,) in calls]

    @property
    def _is_it(self):
        return f"application_id = '{self.app_id.replace('-', '') if settings.IS_SQLITE else self.app_id}'"
