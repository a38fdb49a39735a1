"""What a run of the rig leaves behind, for the checker."""

from dataclasses import dataclass, field


@dataclass
class Followed:
    """One client that followed a run: the events it got over all its connections."""

    drafts_before: list[str]  # stored when the run was claimed
    told: list[tuple[str, dict]] = field(default_factory=list)  # (event's name, data)
    has_ended: bool = False


@dataclass
class Sent:
    """One step, sent by one client or by two at once."""

    version: int
    typed: tuple[str, ...]  # texts that must be stored once it was accepted
    is_accepted: bool
    winners: int  # clients whose request was accepted
    seen_before: int  # how many states the client had read


@dataclass
class Flow:
    """One email, from its creation to its end."""

    mark: str
    email: str
    instructions: str
    answers: list[str]
    feedback: list[str]
    states: list[dict] = field(default_factory=list)  # each state that was read, in order
    sent: list[Sent] = field(default_factory=list)
    attempts: int = 0  # requests that may have claimed a run
    followed: list[Followed] = field(default_factory=list)
    path: list[str] = field(default_factory=list)  # the actions on the way to the end
    numbers: list[int] = field(default_factory=list)  # of all its steps
    draft_calls: int = 0  # that the model answered to the end
    question_calls: int = 0
    refused: list[str] = field(default_factory=list)  # answers that no fault explains


@dataclass
class Record:
    flows: list[Flow]
    leases_left: int = 0
    unfinished: list[str] = field(default_factory=list)  # flows that did not come to an end
