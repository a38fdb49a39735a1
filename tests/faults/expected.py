"""What must hold of one email: the simplest program that says what the product should have stored."""

from dataclasses import dataclass, field
from typing import Any

DUE = ("process_input", "clarify_instructions", "process_feedback")
CHOICES = ("edit_draft", "use_draft", "regenerate")  # instead of feedback
HUMAN = (*DUE, *CHOICES, "reopen")
DRAFTS = ("formulate_draft", "edit_draft")


@dataclass(eq=False)
class Email:
    """`path` is what led to the head: each step with what was typed, asked or written in it.

    A fork's begins with one step, in place of what led its parent to that draft, which is `inherited`.
    """

    app_id: Any
    status: str = "waiting"
    next_step: str = "process_input"
    error: str = ""
    version: int = 0
    expired: bool = False  # the lease of its run
    path: list[tuple[str, Any]] = field(default_factory=list)
    typed: list[tuple[str, Any]] = field(default_factory=list)  # all that was ever accepted
    inherited: list[tuple[str, Any]] = field(default_factory=list)
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

    def fork(self, app_id, number):
        """Return the email that goes on from a draft of this one."""
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
        """Return all that led to the head, or to where the path ends."""
        return [*self.inherited, *self.path[1:end]] if self.inherited else self.path[:end]

    @property
    def drafts(self):
        return [text for position, text in self.story() if position in DRAFTS]

    def current(self, end=None):
        """Say which draft is the current one, by its number, and what each was made from."""
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
            **dict.fromkeys(("formulate_draft", "edit_draft", "use_draft", "reopen"), "process_feedback"),
            "regenerate": "formulate_draft",
            "final_result": None,
        }[position]

    # --- What must be refused --------------------------------------------------------------------

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

    # --- What happens ----------------------------------------------------------------------------

    def send(self, step, what):
        """A person's input is stored; after a stop it takes the place of the one sent before."""
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
        """Where the path ends that a step which is sent now goes on from."""
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
        """The step that follows is done."""
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
