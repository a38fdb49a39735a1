"""People who answer emails over the API, come back after every fault, and note what they were told."""

import random
import re
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx

from tests.chaos.records import Flow, Followed, Sent
from tests.server.streaming import ASYNC, Listener

MARK = re.compile(r"Where are my sensors\? ([0-9a-f-]{36})")  # in each email, and so in each prompt
PAUSE = 0.1  # seconds before the state is read again
PATIENCE = 120  # seconds until a follower or an email is given up
REFUSED = {400, 404, 409, 412, 413, 422, 429}  # nothing was claimed
CLAIMED = {"superseded", "cancelled", "interrupted"}  # these 409 come from the run itself
NEVER = {400, 401, 403, 404, 413, 422}  # no fault explains them
TWICE, FOLLOWS, RETRIES = 0.25, 0.6, 0.5  # how often a person does that


class Patience(Exception):
    """The email does not come to its end."""


class Person:
    """Walks one email to its end. All choices come from the seed."""

    def __init__(self, front, seed):
        self._front, self._dice = front, random.Random(seed)
        mark = f"{uuid.UUID(int=self._dice.getrandbits(128), version=4)}"
        self.app_id = mark
        self.flow = Flow(
            mark,
            email=f"From: Marta <m@example.org>\nSubject: Late\n\nWhere are my sensors? {mark}",
            instructions=f"60 ship on Thursday. {mark}",
            answers=[f"On 10 December. {mark}"],
            feedback=[f"Shorter, please. {mark}"],
        )
        self._end = time.monotonic() + PATIENCE

    def walk(self):
        with self._front.client() as self._client:
            self._create()
            while (state := self._look())["status"] != "finished":
                if state["status"] == "running":
                    time.sleep(PAUSE)
                elif state["status"] == "failed" and self._dice.random() < RETRIES:
                    self._send(state, "POST", "retry", None, ())
                else:
                    self._send(state, "PUT", *self._due(state))
            self._read_steps()

    # --- Sending -------------------------------------------------------------------------------

    def _due(self, state):
        """Return endpoint, data, and the texts in it that have to be stored."""
        flow = self.flow
        if state["next_step"] == "process_input":
            data = {"email_to_respond": flow.email, "response_instructions": flow.instructions}
            return "initialize_draft", data, (flow.email, flow.instructions)
        if state["next_step"] == "clarify_instructions":
            return "clarify_instructions", {"answers": flow.answers}, tuple(flow.answers)
        given = flow.feedback[len(state["drafts"]) - 1 :][:1]  # a failed run's feedback is sent again
        return "process_feedback", {"feedback": "".join(given)}, tuple(given)

    def _send(self, state, method, endpoint, data, typed):
        headers = {"If-Match": f'"{state["version"]}"'}
        follows = self._dice.random() < FOLLOWS
        if follows:
            headers |= ASYNC
        clients = 2 if self._dice.random() < TWICE else 1
        seen_before = len(self.flow.states)
        with ThreadPoolExecutor(clients) as pool:
            sent = [pool.submit(self._ask, method, endpoint, data, headers) for _ in range(clients)]
        answers = [each.result() for each in sent]
        winners = [answer for answer in answers if answer is not None and answer.status_code in (200, 202)]
        self.flow.sent.append(Sent(state["version"], typed, bool(winners), len(winners), seen_before))
        if follows and winners:
            self._follow(Followed(state["drafts"]))

    def _ask(self, method, endpoint, data, headers):
        answer = self._request(method, f"{endpoint}/", json=data, headers=headers)
        code = _code(answer)
        if answer is None or answer.status_code not in REFUSED or code in CLAIMED:
            self.flow.attempts += 1
        if answer is not None and (answer.status_code in NEVER or code == "internal_error"):
            self.flow.refused.append(f"{method} {endpoint}: {answer.status_code} {answer.text[:200]}")
        return answer

    def _request(self, method, address, **options):
        """Return the answer; None if the connection broke, so that no one knows what was done."""
        self._check_patience()
        address = f"/api/applications/{self.app_id}/{address}"
        with suppress(httpx.TransportError, httpx.StreamError):
            return self._client.request(method, address, **options)
        time.sleep(PAUSE)
        return None

    def _check_patience(self):
        if time.monotonic() > self._end:
            raise Patience

    # --- Reading -------------------------------------------------------------------------------

    def _create(self):
        while True:
            self._check_patience()
            with suppress(httpx.TransportError, httpx.StreamError):
                answer = self._client.post("/api/applications/", json={"app_id": self.app_id})
                if answer.status_code in (200, 201):
                    return
            time.sleep(PAUSE)

    def _get(self, address):
        while True:
            answer = self._request("GET", address)
            if answer is not None and answer.status_code == 200:
                return answer.json()
            time.sleep(PAUSE)

    def _look(self):
        state = self._get("state/")
        self.flow.states.append(state)
        return state

    def _read_steps(self):
        steps = self._get("steps/?page_size=100")["results"]
        self.flow.numbers = [step["number"] for step in steps]
        self.flow.path = [step["position"] for step in steps if step["on_the_way"]]

    # --- Following -----------------------------------------------------------------------------

    def _follow(self, followed):
        """Follow a run to its end, with a new connection whenever one breaks."""
        self.flow.followed.append(followed)
        last, end = None, time.monotonic() + PATIENCE
        while not followed.has_ended and time.monotonic() < end:
            with suppress(httpx.TransportError, httpx.StreamError):
                listener = Listener(self._front, self.app_id, last)
                listener.closed.wait(end - time.monotonic())
                listener.close()
                if listener.response.status_code == 200:
                    followed.told += [(event.name, event.data) for event in listener.told]
                    last = next((event.id for event in reversed(listener.told) if event.id), last)
                    followed.has_ended = listener.has_ended
            if not followed.has_ended:
                time.sleep(PAUSE)


def _code(answer):
    if answer is None or not answer.headers.get("Content-Type", "").startswith("application/json"):
        return ""
    return answer.json().get("code", "")


class Crowd:
    """Several people at once; each begins a new email until `over` is set, and ends the one at hand."""

    def __init__(self, front, seed, people):
        self._front = front
        self._seeds = random.Random(seed)
        self._lock = threading.Lock()
        self.over = threading.Event()
        self.people = []
        self.unfinished = []
        self._pool = ThreadPoolExecutor(people)
        self._walks = [self._pool.submit(self._walk) for _ in range(people)]

    def _walk(self):
        while not self.over.is_set():
            with self._lock:
                person = Person(self._front, self._seeds.getrandbits(64))
                self.people.append(person)
            try:
                person.walk()
            except Patience:
                self.unfinished.append(person.flow.mark)

    def finish(self):
        """Let everybody end the email at hand; return the flows that came to their end."""
        self.over.set()
        for walk in self._walks:
            walk.result()
        self._pool.shutdown()
        return [person.flow for person in self.people if person.flow.path]
