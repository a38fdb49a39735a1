"""What must hold of one email: the simplest program that says what the product should have stored."""

from dataclasses import dataclass, field
from typing import Any

HUMAN = ("process_input", "clarify_instructions", "process_feedback")


@dataclass(eq=False)
class Email:
    """`path` is what led to the head: each step with what was typed, asked or written in it."""

    app_id: Any
    status: str = "waiting"
    next_step: str = "process_input"
    error: str = ""
    version: int = 0
    expired: bool = False  # the lease of its run
    path: list[tuple[str, Any]] = field(default_factory=list)
    typed: list[tuple[str, Any]] = field(default_factory=list)  # all that was ever accepted
    owner: Any = None  # the run that holds the lease, unless its process is gone
    shown: dict[int, Any] = field(default_factory=dict)  # what each version was seen to be

    @property
    def is_running(self):
        return self.status == "running" and not self.expired

    @property
    def has_stopped(self):
        return self.status == "failed" or (self.status == "running" and self.expired)

    @property
    def may_be_sent(self):
        return self.status == "waiting" or self.has_stopped

    @property
    def drafts(self):
        return [text for position, text in self.path if position == "formulate_draft"]

    @property
    def questions(self):
        return next((asked for position, asked in self.path if position == "determine_clarifications"), ())

    @property
    def next_action(self):
        """What follows the head, by the product's description."""
        if not self.path:
            return "process_input"
        position, what = self.path[-1]
        if position == "process_feedback":
            return "formulate_draft" if what else "final_result"
        if position == "determine_clarifications":
            return "clarify_instructions" if what else "formulate_draft"
        return {
            "process_input": "determine_clarifications",
            "clarify_instructions": "formulate_draft",
            "formulate_draft": "process_feedback",
            "final_result": None,
        }[position]

    # --- What must be refused --------------------------------------------------------------------

    def refusal(self, step, version=None):
        if self.status == "gone":
            return "not_found"
        if version not in (None, self.version):
            return "stale_version"
        if self.status == "finished":
            return "finished"
        if self.is_running:
            return "already_running"
        return None if step == self.next_step else "wrong_step"

    def refusal_of_retry(self, version=None):
        if self.status == "gone":
            return "not_found"
        if version not in (None, self.version):
            return "stale_version"
        if self.is_running:
            return "already_running"
        return None if self.has_stopped else "nothing_to_retry"

    # --- What happens ----------------------------------------------------------------------------

    def send(self, step, what):
        """A person's input is stored; after a stop it takes the place of the one sent before."""
        if self.has_stopped:
            before = max(index for index, (position, _) in enumerate(self.path) if position == step)
            del self.path[before:]
        self.typed.append((step, what))
        self.path.append((step, what))
        self._run(step)

    def claim(self):
        self._run(self.next_step)

    def _run(self, step):
        self.status, self.next_step, self.error, self.expired = "running", step, "", False
        self.version += 1

    def finish_step(self, what):
        """The step that follows is done."""
        self.path.append((self.next_action, what))
        self.version += 1
        self.expired = False
        following = self.next_action
        if following is None:
            self.status, self.next_step, self.owner = "finished", "", None
        elif following in HUMAN:
            self.status, self.next_step, self.owner = "waiting", following, None

    def fail(self, code):
        self.status, self.error, self.owner, self.expired = "failed", code, None, False
        self.version += 1

    def forget(self):
        self.status, self.owner, self.expired = "gone", None, False
