"""A simple model of one email: what the product should have stored."""

from dataclasses import dataclass, field
from typing import Any

DUE = ("process_input", "clarify_instructions", "process_feedback")
CHOICES = ("edit_draft", "use_draft", "regenerate")  # sent instead of feedback
HUMAN = (*DUE, *CHOICES, "reopen")
DRAFTS = ("formulate_draft", "edit_draft")


@dataclass(eq=False)
class Email:
    """`path` holds the steps that lead to the head, each with what was typed, asked or written in it.

    A fork's path starts with one step that stands for its parent's steps up to that draft, which are in
    `inherited`.
    """

    app_id: Any
    status: str = "waiting"
    next_step: str = "process_input"
    error: str = ""
    version: int = 0
    expired: bool = False  # whether the lease of its run has expired
    path: list[tuple[str, Any]] = field(default_factory=list)
    typed: list[tuple[str, Any]] = field(default_factory=list)  # all inputs that were ever accepted
    inherited: list[tuple[str, Any]] = field(default_factory=list)
    owner: Any = None  # the run that holds the lease; None if its process is gone
    shown: dict[int, Any] = field(default_factory=dict)  # the state that each version was seen with

    @property
    def is_running(self):
        return self.status == "running" and not self.expired

    @property
    def has_stopped(self):
        return self.status == "failed" or (self.status == "running" and self.expired)

    @property
    def may_be_sent(self):
        return self.status == "waiting" or self.has_stopped

    def fork(self, app_id, number):
        """Return the email that continues from a draft of this one."""
        drafting = [index for index, (position, _) in enumerate(self.story()) if position in DRAFTS]
        inherited = self.story()[: drafting[number - 1] + 1]
        return Email(
            app_id,
            next_step="process_feedback",
            version=1,
            path=[("formulate_draft", inherited[-1][1])],
            inherited=inherited,
        )

    def story(self, end=None):
        """Return all steps that lead to the head, or to index `end` of the path."""
        return [*self.inherited, *self.path[1:end]] if self.inherited else self.path[:end]

    @property
    def drafts(self):
        return [text for position, text in self.story() if position in DRAFTS]

    def current(self, end=None):
        """Return the number of the current draft, what each was made from, and the owner's own drafts."""
        made_from, own, current = {}, set(), None
        for position, what in self.story(end):
            if position in DRAFTS:
                number = len(made_from) + 1
                made_from[number], current = current, number
                own |= {number} if position == "edit_draft" else set()
            elif position == "use_draft":
                current = what
            elif position == "regenerate":
                current = made_from[current]
        return current, made_from, own

    @property
    def questions(self):
        return next((asked for position, asked in self.story() if position == "determine_clarifications"), ())

    @property
    def next_action(self):
        """The action after the head, as the product is specified."""
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
            **dict.fromkeys(("formulate_draft", "edit_draft", "use_draft", "reopen"), "process_feedback"),
            "regenerate": "formulate_draft",
            "final_result": None,
        }[position]

    # --- Refusals --------------------------------------------------------------------------------

    def refusal(self, step, version=None):
        if self.status == "gone":
            return "not_found"
        if version not in (None, self.version):
            return "stale_version"
        if self.status == "finished":
            return None if step == "reopen" else "finished"
        if self.is_running:
            return "already_running"
        if step != self.next_step and not (step in CHOICES and self.next_step == "process_feedback"):
            return "wrong_step"
        current, _, own = self.current(self._end_before(step))
        return "nothing_to_regenerate" if step == "regenerate" and current in own else None

    def refusal_of_retry(self, version=None):
        if self.status == "gone":
            return "not_found"
        if version not in (None, self.version):
            return "stale_version"
        if self.is_running:
            return "already_running"
        return None if self.has_stopped else "nothing_to_retry"

    # --- Events ----------------------------------------------------------------------------------

    def send(self, step, what):
        """Store an input; after a stop it replaces the one sent before."""
        del self.path[self._end_before(step) :]
        is_new = step != "use_draft" or what != self.current()[0]
        self.typed.append((step, what if is_new else None))
        self.path.append((step, what))
        if self.next_action == "process_feedback":
            self.version += 1
            self.status, self.next_step, self.error, self.expired = "waiting", "process_feedback", "", False
        else:
            self._run("process_feedback" if step == "regenerate" else step)

    def _end_before(self, step):
        """Return the index of the path at which a step that is sent now continues."""
        if not self.has_stopped:
            return len(self.path)
        group = {"process_feedback", *CHOICES} if step in {"process_feedback", *CHOICES} else {step}
        return max(index for index, (position, _) in enumerate(self.path) if position in group)

    def claim(self):
        self._run(self.next_step)

    def _run(self, step):
        self.status, self.next_step, self.error, self.expired = "running", step, "", False
        self.version += 1

    def finish_step(self, what):
        """Complete the next step."""
        self.path.append((self.next_action, what))
        self.version += 1
        self.expired = False
        following = self.next_action
        if following is None:
            self.status, self.next_step, self.owner = "finished", "", None
        elif following in DUE:
            self.status, self.next_step, self.owner = "waiting", following, None

    def fail(self, code):
        self.status, self.error, self.owner, self.expired = "failed", code, None, False
        self.version += 1

    def forget(self):
        self.status, self.owner, self.expired = "gone", None, False
