"""One writer of one application: claim, fenced saves, release. The database side of the persisters.

The first save claims the application and stores the step, all or nothing. So input is stored before a
model is called, and only the run that wins the claim calls one. The lease fences all later saves; the save
before a human step, or the last one, releases it. A run that loses the claim or the lease gets an error
and writes nothing.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Container, Mapping
from typing import Any, Literal

from burr.core import State
from burr.core.application import PRIOR_STEP
from burr.core.graph import Graph
from burr.core.persistence import PersistedStateData
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils import timezone

from assistant_app import conf
from assistant_app.contract.actions import is_human
from assistant_app.contract.changes import Changes, changes_between, fold
from assistant_app.contract.workflow import Workflow
from assistant_app.engine import budget, claims, history, registry
from assistant_app.engine.budget import Reservation
from assistant_app.errors import (
    AlreadyRunning,
    ApplicationNotFound,
    AssistantError,
    InternalError,
    Interrupted,
    KeyReused,
    Superseded,
)
from assistant_app.llm.base import Call
from assistant_app.models import TYPED_BEFORE, Application, IdempotencyKey, ModelCall, Step, sql
from assistant_app.models.failure import error_columns, storable
from assistant_app.models.sql import Condition, Statement
from assistant_app.phrases import gettext_noop

logger = logging.getLogger(__name__)

SaveStatus = Literal["completed", "failed"]
Status = Application.Status
# An older version leaves `stop_requested_at`; a claim clears it, too.
RELEASED: dict[str, Any] = {"lease_token": None, "lease_expires_at": None, "stop_requested_at": None}


class Writer:
    """Reads and writes one application while it holds the lease. Not thread-safe."""

    def __init__(
        self,
        row: Application | None = None,
        *,
        workflow: Workflow | None = None,
        graph: Graph | None = None,
    ) -> None:
        """Raise `UnknownStep` if a newer version of the workflow made the row.

        Without a row, the writer is for the workflow, by default the one with the plain addresses. `graph` is
        the workflow's with a model bound to it.
        """
        self.row = row
        if workflow is None:
            workflow = registry.default() if row is None else registry.known_to_run(row)
        self.workflow = workflow
        self.graph = graph or self.workflow.graph
        self.entrypoint = self.workflow.entrypoint
        self.default_state = dict(self.workflow.default_state)
        self.calls: list[Call] = []  # model calls since the last save; saved with their step
        self.let_out: list[str] = []  # text that the current step let out; kept if it fails
        self.error: AssistantError | None = None  # set if the current step failed
        self.sent: str | None = None  # the human step that was sent; None to continue from the stored state
        self.key: IdempotencyKey | None = None  # of the request; saved with the claim
        # Of a request to stop the run; saved with the failed step.
        self.stop_key: IdempotencyKey | None = None
        self.is_free = False  # it uses nothing of the owner's budget
        self._token: uuid.UUID | None = None
        self._reserved: Reservation | None = None  # of the owner's budget, for this run
        self._head: int | None = None
        self._position = ""  # of the head
        self._state: dict[str, Any] = self.default_state
        self._carried: dict[
            str, Any
        ] = {}  # what steps behind the head wrote that stays when they are dropped
        self._started_at = timezone.now()
        if row is not None:
            self._start_from_head(row)

    @classmethod
    def under_lease_of(cls, row: Application) -> Writer:
        """Return a writer with the lease of another process, to end that lease."""
        writer = cls(row)
        writer._token = row.lease_token
        return writer

    @property
    def token(self) -> uuid.UUID | None:
        """The token of the lease that this writer holds, or None."""
        return self._token

    # --- Reading -------------------------------------------------------------------------------

    def load(
        self, partition_key: str | None, app_id: str | None, sequence_id: int | None = None
    ) -> PersistedStateData | None:
        """Return the state at the head, or at `sequence_id`; None before the first step.

        Burr numbers the next step after the returned `sequence_id`. At the head, return the highest number
        used, also by failed steps. Raise `ApplicationNotFound` for an unknown id: None would make Burr
        start a new application.
        """
        row = self.row
        if row is None or not claims.match_keys(row, partition_key, app_id):
            row = self.row = claims.find_by_keys(partition_key, app_id)
            if row.workflow != self.workflow.name:
                raise ApplicationNotFound
            self._start_from_head(row)
        if sequence_id is not None:
            return self._load_step(row, sequence_id)
        if row.last_sequence_id is None:
            return None
        if self.sent is not None:  # maybe not the due step; Burr starts at a failed step
            return self._data(row, row.last_sequence_id, self.sent, "failed")
        if self._head is None:  # no step was completed yet
            return self._data(row, row.last_sequence_id, self.entrypoint, "failed")
        return self._data(row, row.last_sequence_id, self._position, "completed")

    def _load_step(self, row: Application, sequence_id: int) -> PersistedStateData:
        path = self._path_to(row, sequence_id)
        self._head = sequence_id if path[-1].status == Step.Status.COMPLETED else path[-1].base
        self._state = self._fold(path)
        status: SaveStatus = "completed" if path[-1].status == Step.Status.COMPLETED else "failed"
        return self._data(row, sequence_id, path[-1].position, status)

    def _data(
        self, row: Application, sequence_id: int, position: str, status: SaveStatus
    ) -> PersistedStateData:
        return {
            "partition_key": str(row.owner_id),
            "app_id": str(row.pk),
            "sequence_id": sequence_id,
            "position": position,
            # Not `State.deserialize`, which imports any module that the data names.
            "state": State({**self._state, **self._carried}),
            "created_at": row.updated_at.isoformat(),
            "status": status,
        }

    def list_app_ids(self, partition_key: str | None) -> list[str]:
        """Return the ids of the owner's applications, newest change first."""
        rows = Application.objects.filter(owner_id=claims.owner_of_partition(partition_key)).newest_first()
        return [str(pk) for pk in rows.values_list("pk", flat=True)]

    def _start_from_head(self, row: Application) -> None:
        self._head = row.sequence_id
        self._state = {**self.default_state, **row.state}
        self._state.pop(TYPED_BEFORE, None)
        self._position = row.position

    def _path_to(self, row: Application, sequence_id: int | None) -> list[Step]:
        try:
            return history.path_to(row, sequence_id)
        except KeyError:  # or the application was deleted since it was read
            raise ApplicationNotFound(
                gettext_noop("There is no step %(number)s.", number=sequence_id)
            ) from None

    def _fold(self, path: list[Step]) -> dict[str, Any]:
        return fold(self.default_state, (step.changes for step in path))

    @property
    def state(self) -> Mapping[str, Any]:
        """The state that the next step starts from."""
        return {**self._state, **self._carried}

    def go_back_before(self, steps: Container[str]) -> None:
        """Move back to before the newest of `steps` on the path to the head, because one is sent again.

        If one of them is due at the head, none was stored yet, and the head is the right place.
        """
        following = self.graph.get_next_node(self._position or None, State(self._state), self.entrypoint)
        if following is not None and following.name in steps:
            return
        path = self._path_to(self._known_row(), self._head)
        written: set[str] = set()
        while path and (step := path.pop()).position not in steps:
            if self.workflow.entry(step.position).at_any_time:
                written.update(self.graph.get_action(step.position).writes)  # type: ignore[union-attr]
        self._head = path[-1].sequence_id if path else None
        # A new first input, such as another email, begins again.
        self._carried = {key: self._state[key] for key in written} if path else {}
        self._state = self._fold(path)
        self._position = path[-1].position if path else ""

    # --- Writing -------------------------------------------------------------------------------

    def save(
        self,
        partition_key: str | None,
        app_id: str,
        sequence_id: int,
        position: str,
        state: State,
        status: SaveStatus,
    ) -> None:
        """Store one executed step. The first save of a run takes the lease, the last one releases it.

        Raise `AlreadyRunning` if the claim is refused, `Superseded` if the lease is lost, and `TypeError` if
        the step wrote a value that JSON does not have.
        """
        if self.row is None:
            self.load(partition_key, app_id)
        if not claims.match_keys(self._known_row(), partition_key, app_id):
            raise ApplicationNotFound
        if status == "failed":
            return self._save_failure(sequence_id, position, self.error or InternalError())
        # Burr reports a cancelled step as completed, but with the state before it.
        if state.get(PRIOR_STEP) != position:
            return self._save_failure(sequence_id, position, self.error or Interrupted())
        after = {key: value for key, value in state.get_all().items() if not key.startswith("__")}
        changes = changes_between(self._state, after)
        stays_at = self._stopped_at(position)
        follows = self._stopped() if stays_at else self._what_follows(position, state)
        values: dict[str, Any] = {
            "state": after,
            "sequence_id": sequence_id,
            "position": stays_at or position,
            **follows,
            **self._headline(changes),
        }
        self._guard_lasting_keys(changes, position)
        try:
            self._commit(values, self._step(sequence_id, position, changes=changes))
        except TypeError as problem:
            raise _name_what_is_no_json(after, position) or problem from None
        self._state, self._head, self._position = after, sequence_id, stays_at or position
        self._carried = {}

    def _stopped_at(self, position: str) -> str:
        """Return the position at which a run is stopped and stays so after this step; "" if there is none."""
        if self._token is not None or not self._known_row().has_stopped:
            return ""
        if not self.workflow.entry(position).at_any_time:
            return ""
        kept = self.workflow.position_after(position, self._position, self._state)
        return kept if kept != position else ""

    def _stopped(self) -> dict[str, Any]:
        """Return the values of an application whose last run stopped and stays so."""
        row = self._known_row()
        reason = error_columns(*row.error_now)
        return {"status": Status.FAILED, "next_step": row.next_step, **RELEASED, **reason}

    def _guard_lasting_keys(self, changes: Changes, position: str) -> None:
        """Log an error if a step changes a lasting key other than by appending: forks would lose texts."""
        written = {*changes.get("set", {}), *changes.get("last", {})}
        for key in written.intersection(self.workflow.lasting):
            before, after = self._state.get(key), changes.get("set", {}).get(key)
            if before and not (isinstance(before, str) and str(after).startswith(before)):
                logger.error("The step %s changed the lasting key %s.", position, key)

    def wait_for_person(self) -> bool:
        """End a stopped application's pause at a human step, or at the end, without a run.

        Return whether that is where its head is. A step may have been inserted there since it stopped.
        """
        following = self.workflow.following(self._position, self._state)
        if following and not is_human(self.graph, following):
            return False
        self._commit(self._released(following), None)
        return True

    def claim_without_step(self) -> None:
        """Take the lease without a step, to continue from the stored state."""
        row = self._known_row()
        self._commit(self._lease(row.next_step or self.entrypoint), None)

    def fail(self, error: AssistantError) -> None:
        """Save the unfinished step as failed, which releases the lease."""
        row = self._known_row()
        following = self.graph.get_next_node(self._position or None, State(self._state), self.entrypoint)
        sequence_id = 0 if row.last_sequence_id is None else row.last_sequence_id + 1
        self._save_failure(sequence_id, following.name if following else row.position, error)

    def _save_failure(self, sequence_id: int, position: str, error: AssistantError) -> None:
        reason = error_columns(error.code, error.message)
        values = {"status": Status.FAILED, **RELEASED, **reason}
        if self._may_be_due(position):
            values["next_step"] = position
        partial = storable("".join(self.let_out)) or None
        step = self._step(sequence_id, position, status=Step.Status.FAILED, partial=partial, **reason)
        try:
            self._commit(values, step, self.stop_key)
        except KeyReused:  # another request took the key meanwhile; stop all the same
            self._commit(values, step)

    def _what_follows(self, position: str, state: State) -> dict[str, Any]:
        """Return status, next step and lease of the application after a step."""
        following = self.graph.get_next_node(position, state, self.entrypoint)
        if following is None or is_human(self.graph, following.name):
            return self._released(following.name if following else "")
        return self._lease(position if self._may_be_due(position) else self._known_row().next_step)

    def _may_be_due(self, action: str) -> bool:
        step = self.workflow.human_step(action)
        return step is not None and not step.is_choice

    def _headline(self, changes: Changes) -> dict[str, str]:
        """Return title and sender that changes bring; keep a title that the owner wrote."""
        found = self.workflow.short_headline(changes)
        if self._known_row().title_by_hand:
            found.pop("title", None)
        return found

    def _released(self, due: str) -> dict[str, Any]:
        """Return the values of an application that waits for a person, or has ended if nothing is due."""
        return {
            "status": Status.WAITING if due else Status.FINISHED,
            "next_step": due,
            **RELEASED,
            **error_columns(),
        }

    def _lease(self, started_by: str) -> dict[str, Any]:
        claimed = {} if self._token else {"stop_requested_at": None}
        return {
            "status": Status.RUNNING,
            **claimed,
            "next_step": started_by,
            "lease_token": self._token or uuid.uuid4(),
            "lease_expires_at": sql.clock(ahead=conf.lease()),
            **error_columns(),
        }

    def _step(self, sequence_id: int, position: str, **values: Any) -> Step:
        return Step(
            sequence_id=sequence_id,
            base=self._head,
            position=position,
            started_at=self._started_at,
            **{"status": Step.Status.COMPLETED, **values},
        )

    def _commit(
        self, values: dict[str, Any], step: Step | None, stop_key: IdempotencyKey | None = None
    ) -> None:
        """Write the row and the step if the row is still ours. If not, settle the budget and raise."""
        row, key = self._known_row(), stop_key or self.key
        values |= {"version": row.version + 1, "updated_at": timezone.now()}
        if self._token is None:
            values["archived_at"] = None  # an email that continues leaves the archive
        if step is not None:
            values["last_sequence_id"] = step.sequence_id
            step.application_id, step.finished_at = row.pk, values["updated_at"]
        if key is not None:
            key.describe(row.pk, values["version"], step.sequence_id if step else row.last_sequence_id)
        try:
            reserved = self._write(row, values, step, key)
        except IntegrityError:
            if key is None:
                raise
            raise KeyReused from None  # a request with the same key was stored since this one looked it up
        except Superseded:
            budget.settle(self._reserved, self.calls)
            self._reserved = None
            raise
        if key is not None:
            key.is_stored = True
            self.key = None
        self._mirror_saved(row, values, reserved)

    def _write(
        self, row: Application, values: dict[str, Any], step: Step | None, key: IdempotencyKey | None
    ) -> Reservation | None:
        """Claim, save or release, all or nothing. Return the run's reservation.

        Lock order, the same everywhere: usage row, application, step, key. Only a claim that may call the
        model needs a transaction; every other write is one `sql.change`, which is atomic.
        """
        if self._token is None and self._may_call_model(values):
            with transaction.atomic():
                state = values.get("state", self._state)
                reserved = budget.reserve(row.owner_id, self.workflow, state)
                if not self._change(row, values, step, key, room=budget.room(row.owner_id)):
                    ours = Application.objects.filter(pk=row.pk, version=row.version, owner=row.owner_id)
                    raise budget.no_room() if ours.claimable().exists() else AlreadyRunning
            return reserved
        ends = values["lease_token"] is None
        settlement = budget.settlement(self._reserved, self.calls) if ends else None
        if self._change(row, values, step, key, before=settlement):
            return None if ends else self._reserved and self._reserved.with_calls(self.calls)
        if ends:
            self._reserved = None  # the settlement was written in any case
        raise Superseded if self._token else AlreadyRunning

    def _may_call_model(self, values: dict[str, Any]) -> bool:
        """Return whether the run that these values claim may call the model, at somebody's cost."""
        if self.is_free or values["lease_token"] is None:
            return False
        position, state = values.get("position", self._position), values.get("state", self._state)
        following = self.graph.get_next_node(position or None, State(state), self.entrypoint)
        return following is not None and following.name in self.workflow.asking

    def _change(
        self,
        row: Application,
        values: dict[str, Any],
        step: Step | None,
        key: IdempotencyKey | None,
        *,
        room: Condition | None = None,
        before: Statement | None = None,
    ) -> bool:
        """Update the row, insert the step, its calls and the key; return whether the row was still ours."""
        ours = claims.is_ours(row, self._token)
        happened: list[Model] = []
        if step is not None:
            happened = [step, *(ModelCall.of(row.pk, step.sequence_id, call) for call in self.calls)]
        if key is not None:
            happened.append(key)
        changed = sql.update(Application, values, ours & room if room else ours)
        expired = key.dropping() if key else None
        return sql.change(changed, [sql.insert(made) for made in happened], before, expired)

    def _mirror_saved(self, row: Application, values: dict[str, Any], reserved: Reservation | None) -> None:
        """Mirror the saved values on the instance to avoid re-reading."""
        now = values["updated_at"]
        for name, value in values.items():
            setattr(row, name, value)
        if row.lease_token is not None:
            row.lease_expires_at = now + conf.lease()  # an estimate; the database used its own clock
        row.read_at = now
        self._reserved = reserved
        self._token = row.lease_token
        self._started_at = now
        self.calls.clear()
        self.let_out.clear()

    def _known_row(self) -> Application:
        if self.row is None:
            raise ApplicationNotFound
        return self.row


def _name_what_is_no_json(state: Mapping[str, Any], position: str) -> TypeError | None:
    """Return an error that names the first key whose value JSON does not have; None if there is none."""
    for key, value in state.items():
        try:
            json.dumps(value)
        except TypeError:
            return TypeError(
                f"The step {position} wrote a value to the state key {key!r} that JSON does not have, such "
                "as a pydantic model. Write plain values, for example `model.model_dump(mode='json')`, or "
                "use DjangoStatePersister(allow=[Model]) from assistant_app.engine.state_persisters."
            )
    return None
