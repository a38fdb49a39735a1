"""Burr's own tracker, so that its UI shows the same runs: an aid for developers, off by default.

What the tracker is told on the event loop one thread writes, so a slow disk holds up no run, and a full
one only ends the tracking of it. The files hold people's mail and go with their email.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import shutil
import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burr.common.types import ParentPointer
from burr.core import Action, State
from burr.core.application import PRIOR_STEP
from burr.lifecycle import PostApplicationCreateHook, PostRunStepHook, PreRunStepHook
from burr.lifecycle.base import LifecycleAdapter, PostEndStreamHook, PostStreamItemHook, PreStartStreamHook
from django.conf import settings
from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from assistant_app.engine.runs import RunListener
from assistant_app.errors import Interrupted
from assistant_app.models import Application

if TYPE_CHECKING:
    from assistant_app.engine.runs import Outcome, Run

logger = logging.getLogger(__name__)

PROJECT = "email-assistant"
CLIENT = "burr.tracking.client"  # imported when it is needed: it wants pydantic
MOST_WAITING = 5_000  # events of one process; a disk that is slower than that is not waited for
Event = Callable[[Any], None]  # is given the client


class _Thread:
    """The one thread of this process that writes; made anew in a process that was forked."""

    def __init__(self) -> None:
        self._pid: int | None = None
        self._waiting = threading.BoundedSemaphore(MOST_WAITING)

    def submit(self, work: Callable[[], None]) -> bool:
        """Have something done later, in turn; say no if too much waits already."""
        if self._pid != os.getpid():
            self._executor = ThreadPoolExecutor(1, thread_name_prefix="burr-tracking")
            self._waiting = threading.BoundedSemaphore(MOST_WAITING)
            self._pid = os.getpid()
        if not self._waiting.acquire(blocking=False):
            return False
        self._executor.submit(self._do, self._waiting, work)
        return True

    def _do(self, waiting: threading.BoundedSemaphore, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            waiting.release()

    def close(self) -> None:
        """Wait for what is still to be written."""
        if self._pid == os.getpid():
            self._executor.shutdown()
        self._pid = None


thread = _Thread()


async def aclose() -> None:
    """Wait for what is still to be written of the runs of this process."""
    await asyncio.to_thread(thread.close)


class Tracker(
    RunListener,
    PostApplicationCreateHook,
    PreRunStepHook,
    PostRunStepHook,
    PreStartStreamHook,
    PostStreamItemHook,
    PostEndStreamHook,
):
    """The hooks of one run. They never raise, and write nothing before the run has its claim."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._held: list[Event] | None = []  # until the claim: a run that lost the race never was
        self._items = 0  # of the stream under way
        self._client: Any = None
        self._has_failed = False

    # --- On the event loop ----------------------------------------------------------------------

    def claimed(self) -> None:
        held, self._held = self._held, None
        for event in held or ():
            self._tell(event)

    def hooks(self) -> Sequence[LifecycleAdapter]:
        return (self,)

    def ended(self, outcome: Outcome) -> None:
        if self._held is None and not thread.submit(self._close):
            self._close()

    def post_application_create(self, **told: Any) -> None:
        row = self._run.row
        if row.parent_id is not None:
            told["parent_pointer"] = ParentPointer(
                str(row.parent_id), str(row.owner_id), row.parent_sequence_id
            )
        self._tell(lambda client: client.post_application_create(**told))

    def pre_run_step(self, **told: Any) -> None:
        self._tell(lambda client: client.pre_run_step(**told))

    def post_run_step(
        self, *, action: Action, state: State, exception: BaseException | None = None, **told: Any
    ) -> None:
        if exception is None and state.get(PRIOR_STEP) != action.name:
            exception = self._run.stop_reason or Interrupted()  # Burr takes a cancelled step for a success
        if exception is not None:
            exception = _wordless(exception)
        self._tell(
            lambda client: client.post_run_step(action=action, state=state, exception=exception, **told)
        )

    def pre_start_stream(self, **told: Any) -> None:
        self._items = 0
        self._tell(lambda client: client.pre_start_stream(**told))

    def post_stream_item(self, **told: Any) -> None:
        """The first one is told; of the others the client only keeps the number."""
        self._items += 1
        if self._items == 1:
            self._tell(lambda client: client.post_stream_item(**told))

    def post_end_stream(self, *, action: str, app_id: str, partition_key: str | None, **told: Any) -> None:
        items = self._items

        def end(client: Any) -> None:
            client.stream_state[app_id, action, partition_key].count = items
            client.post_end_stream(action=action, app_id=app_id, partition_key=partition_key, **told)

        self._tell(end)

    def _tell(self, event: Event) -> None:
        if self._held is not None:
            self._held.append(event)
        elif not self._has_failed and not thread.submit(partial(self._write, event)):
            self._give_up("the disk is too slow")

    # --- In the thread --------------------------------------------------------------------------

    def _write(self, event: Event) -> None:
        if self._has_failed:
            return
        try:
            if self._client is None:
                self._client = _make_client()
            event(self._client)
        except Exception as problem:  # noqa: BLE001  (whatever it is, the run goes on)
            self._give_up(type(problem).__name__)

    def _close(self) -> None:
        """Give the file back; what a full disk did not take is lost."""
        client, self._client, self._has_failed = self._client, None, True
        if client is not None and client.f is not None:
            file, client.f = client.f, None
            try:
                file.close()
            except OSError as problem:
                self._give_up(type(problem).__name__)

    def _give_up(self, why: str) -> None:
        self._has_failed = True
        logger.warning("A run is not tracked any further: %s.", why)


def _wordless(exception: BaseException) -> BaseException:
    """Return one of the same name and traceback; what the exception says may be anything."""
    kind = type(exception)
    wordless = type(kind.__name__, (Exception,), {"__module__": kind.__module__})
    return wordless().with_traceback(exception.__traceback__)


def of_run(run: Run) -> Tracker | None:
    """Return the run's tracker, if runs are tracked."""
    return Tracker(run) if settings.BURR_TRACKING else None


def folder_of(app_id: uuid.UUID | None) -> Path:
    return Path(settings.BURR_TRACKING_DIR) / PROJECT / str(app_id)


def what_is_missing() -> str:
    """Return in a sentence why runs cannot be tracked; nothing if they can."""
    try:
        importlib.import_module(CLIENT)
    except ImportError as problem:
        return f"Burr's tracker cannot be imported: {problem.name or 'a part of it'} is missing."
    try:
        folder = _make_folder()
    except OSError:
        return "BURR_TRACKING_DIR cannot be made."
    return "" if os.access(folder, os.W_OK) else "BURR_TRACKING_DIR cannot be written to."


def _make_folder() -> Path:
    folder = Path(settings.BURR_TRACKING_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _make_client() -> Any:
    client = importlib.import_module(CLIENT).LocalTrackingClient
    return client(project=PROJECT, storage_dir=str(_make_folder()))


@receiver(post_delete, sender=Application)
def forget(instance: Application, **_: Any) -> None:
    """Remove what was tracked of an email that is deleted, after what is still to be written of it."""
    if settings.BURR_TRACKING:
        folder = folder_of(instance.pk)
        remove = partial(shutil.rmtree, folder, ignore_errors=True)
        transaction.on_commit(lambda: thread.submit(remove) or remove())
