"""Runs applications, each from one human step to the next or to the end.

A run belongs to the process, not to the request that started it: all runs share one event loop in a
separate thread, so closing the browser cancels nothing. `start` never raises; the result is an `Outcome`.
No database connection is held while a model works.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import threading
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any, TypeVar

from burr.core import Action, ApplicationBuilder
from burr.core import Application as BurrApplication
from burr.core.graph import Graph, GraphBuilder
from burr.lifecycle import PostRunStepHook, PreRunStepHook
from django.conf import settings
from django.db import Error as DatabaseError

from assistant_app import conf
from assistant_app.contract.actions import HUMAN
from assistant_app.engine import registry
from assistant_app.engine.deviations import DatabaseMemory
from assistant_app.engine.persisters import AsyncDjangoPersister
from assistant_app.engine.poller import POLL_SECONDS, Poller
from assistant_app.engine.runs import MakeListener, Outcome, Run, as_error, read_to_its_end
from assistant_app.engine.threads import DatabasePool, LoopThread
from assistant_app.errors import (
    AlreadyRunning,
    AssistantError,
    Cancelled,
    Interrupted,
    KeyReused,
    ShuttingDown,
    Superseded,
)
from assistant_app.llm.base import Call, ModelClient, ModelOfRun, Replacement
from assistant_app.llm.factory import build_client
from assistant_app.models import Application, IdempotencyKey, database_clock

T = TypeVar("T")
STOP_POLL_SECONDS = 0.45

logger = logging.getLogger(__name__)


class _Follow(PreRunStepHook, PostRunStepHook):
    """Tell the listeners which step starts, and the writer why one failed, which Burr does not."""

    def __init__(self, run: Run, persister: AsyncDjangoPersister) -> None:
        self._run, self._writer = run, persister.writer

    def pre_run_step(self, *, action: Action, **future_kwargs: Any) -> None:
        for listener in self._run.listeners:
            listener.step_started(action.name)

    def post_run_step(self, *, exception: BaseException | None = None, **future_kwargs: Any) -> None:
        if exception is not None and self._writer.error is None:
            self._writer.error = as_error(exception)


class _Built(GraphBuilder):
    """Return a graph as it is. `with_graph` would check it and put it together again in every run."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self._graph = graph

    def build(self) -> Graph:
        return self._graph


class Runner:
    """The runs of this process."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # reentrant: the shutdown signal may arrive while it is held
        self._pid: int | None = None
        self.is_stopping = False
        self.drained = threading.Event()
        self.runs: set[Run] = set()
        self.client: ModelClient | None = None
        self.listening: list[MakeListener] = []
        self.at_drain: list[Callable[[], Awaitable[None]]] = []  # called when no run is left
        self._model = ModelOfRun()  # bound into the shared graph; each run has its own session

    # --- Starting ------------------------------------------------------------------------------

    def start(self, run: Run) -> Run:
        """Start a run from a row that was just read and checked. Return at once."""
        with self._lock:
            if self.is_stopping:
                run.finish(Outcome(run.row, ShuttingDown(retry_after=5)))
                return run
            self._ensure_started()
            self.runs.add(run)
            self._thread.loop.call_soon_threadsafe(self._spawn, run)
        return run

    def _spawn_here(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the event loop of the runs."""
        with self._lock:
            self._ensure_started()
            return asyncio.run_coroutine_threadsafe(work, self._thread.loop)

    @property
    def database(self) -> DatabasePool:
        """Return the pool for database work; coroutines on any event loop of this process may use it."""
        with self._lock:
            self._ensure_started()
            return self._pool

    def _ensure_started(self) -> None:
        """Create the threads in this process: those of a parent do not survive `os.fork`."""
        if self._pid == os.getpid():
            return
        self.runs = set()
        self._pool = DatabasePool(settings.RUNNER_DB_THREADS)
        self._thread = LoopThread()
        self._poller = Poller(self._pool)
        self._renewing: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._pid = os.getpid()

    def _spawn(self, run: Run) -> None:
        if self._renewing is None or self._renewing.done():
            empty = contextvars.Context()  # without the log context of the request that came first
            self._renewing = self._thread.loop.create_task(self._renew_for_ever(), context=empty)
            self._watching = self._thread.loop.create_task(self._watch_for_stops(), context=empty)
        run.task = asyncio.ensure_future(self._run(run))

    def model_client(self) -> ModelClient:
        if self.client is None:
            self.client = build_client(conf.model_config(), DatabaseMemory(self._pool))
        return self.client

    # --- Running -------------------------------------------------------------------------------

    async def _run(self, run: Run) -> None:
        try:
            run.listeners = [listener for make in self.listening if (listener := make(run))]
            outcome = await self._outcome(run)
        except BaseException as problem:  # noqa: BLE001  (waiting threads need an outcome in every case)
            outcome = Outcome(run.row, as_error(problem))
        self.runs.discard(run)
        for listener in run.listeners:
            try:
                listener.ended(outcome)
            except Exception as problem:  # noqa: BLE001  (a listener must not break a run)
                as_error(problem)  # logs it
        run.finish(outcome)

    async def _outcome(self, run: Run) -> Outcome:
        persister = self._persister(run)
        run.writer = persister.writer
        try:
            await self._step_through(run, persister)
        except (AlreadyRunning, KeyReused) as refused:
            return Outcome(None, refused)
        except Superseded as lost:
            return Outcome(None, lost)
        except (Exception, asyncio.CancelledError) as problem:  # noqa: BLE001  (it becomes the outcome)
            error = run.stop_reason or persister.writer.error or as_error(problem)
            await self._release(persister, error)
            if run.claimed.done() and not _failed(persister.writer.row):
                return Outcome(persister.writer.row)  # it ended before it could be stopped
            return Outcome(persister.writer.row, error)
        return Outcome(persister.writer.row)

    def _persister(self, run: Run) -> AsyncDjangoPersister:
        """Return the run's persister, and give the run's task a model session that reports to it."""

        def committed(row: Application) -> None:
            for listener in run.listeners:
                listener.committed(row)
            run.has_claimed(row)

        client = run.client or self.model_client()
        workflow = registry.known_to_run(run.row)
        version = workflow.prompt_version(client.is_demonstration)

        def called(call: Call) -> None:
            call = replace(call, prompt_version=version)
            persister.writer.calls.append(call)
            for listener in run.listeners:
                listener.call_made(call)

        graph = workflow.build_graph(self._model)
        persister = AsyncDjangoPersister(self._pool, run.row, on_commit=committed, graph=graph)
        persister.writer.is_free = run.client is not None
        self._model.enter(client.session(called))
        return persister

    async def _step_through(self, run: Run, persister: AsyncDjangoPersister) -> None:
        persister.writer.sent, persister.writer.key = run.step, run.key
        if run.step is None:
            await persister.claim_without_step()
        elif run.row.has_stopped and not persister.writer.workflow.entry(run.step).goes_on_from_stop:
            await persister.go_back_before(persister.writer.workflow.group(run.step))
        application = await self._build(run, persister)
        inputs = {**(run.inputs or {}), **run.extra}  # each action gets those it names
        executed = application.astream_iterate(halt_before=[f"@tag:{HUMAN}"], inputs=inputs)
        async with aclosing(executed):
            async for _action, pieces in executed:
                async with read_to_its_end(pieces):
                    async for piece in pieces:
                        token = piece.get("token")
                        if not isinstance(token, str | Replacement):
                            continue  # it is for other programs than ours
                        if isinstance(token, Replacement):
                            persister.writer.let_out.clear()
                        persister.writer.let_out.append(token)
                        for listener in run.listeners:
                            listener.token(token)

    async def _build(self, run: Run, persister: AsyncDjangoPersister) -> BurrApplication:
        hooks = [hook for listener in run.listeners for hook in listener.hooks()]
        builder: Any = ApplicationBuilder()
        builder.graph_builder = _Built(persister.writer.graph)
        builder = (
            builder.with_identifiers(app_id=str(run.row.pk), partition_key=str(run.row.owner_id))
            .with_hooks(_Follow(run, persister), *hooks)
            .with_state_persister(persister)
            .initialize_from(
                persister,
                resume_at_next_action=True,
                default_state=persister.writer.default_state,
                default_entrypoint=persister.writer.entrypoint,
            )
        )
        return await builder.abuild()

    async def _release(self, persister: AsyncDjangoPersister, error: AssistantError) -> None:
        """Release the lease if saving the failed step has not done so."""
        if persister.writer.token is None:
            return
        try:
            await persister.fail(error)
        except (AssistantError, DatabaseError):
            # Taken over or deleted. Or the database is away; then the lease expires by itself.
            logger.warning("The lease could not be released.")

    # --- Stopping ------------------------------------------------------------------------------

    def stop(
        self, lease: uuid.UUID | None, reason: AssistantError, key: IdempotencyKey | None = None
    ) -> Run | None:
        """Cancel the run under that lease and return it; None if it is not a run of this process."""
        run = self.run_under(lease)
        if run is not None:
            self._thread.loop.call_soon_threadsafe(run.stop, reason, key)
        return run

    def run_under(self, lease: uuid.UUID | None) -> Run | None:
        """Return the run under that lease; None if it is not a run of this process."""
        return next((run for run in list(self.runs) if lease and run.lease == lease), None)

    def skip_questions(self, lease: uuid.UUID | None) -> Run | None:
        """Let the run under that lease go on without questions; None if it is not a run of this process."""
        run = self.run_under(lease)
        if run is not None:
            self._thread.loop.call_soon_threadsafe(run.skipped.set)
        return run

    # --- Runs of any process -------------------------------------------------------------------

    def until_ended(self, row: Application, patience: float | None = None) -> Future[Any]:
        """Return a future that is done when the run of a running row has ended, or this server stops.

        It is also done after `patience` seconds, if they are given. No thread waits for it. If the run is
        another process's, the row is polled.
        """
        run = self.run_under(row.lease_token)
        if run is not None and patience is None:
            return run.ended
        return self._spawn_here(self._poll_for(row, patience))

    async def _poll_for(self, row: Application, seconds: float | None) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._poll_until_ended(row), seconds)

    async def _poll_until_ended(self, row: Application) -> None:
        with self._poller.watch(row.pk) as rows:
            while not self.is_stopping:
                try:
                    latest = await asyncio.wait_for(rows.get(), POLL_SECONDS)
                except TimeoutError:
                    continue
                if latest is None or not latest.is_running or latest.lease_token != row.lease_token:
                    return

    # --- Leases --------------------------------------------------------------------------------

    async def _renew_for_ever(self) -> None:
        while True:
            await asyncio.sleep(settings.RUN_LEASE_SECONDS / 3)
            try:
                await self._renew()
            except Exception as problem:  # noqa: BLE001  (every run of this process needs the next renewal)
                logger.warning("Leases could not be renewed: %s", type(problem).__name__)

    async def _renew(self) -> None:
        """Renew all leases of this process with one statement; stop the runs whose lease is gone."""
        held = {run.lease: run for run in list(self.runs) if run.lease}  # a copy, as other threads add to it
        if not held:
            return
        kept = await self._pool.run(lambda: _renew(list(held)))
        for token, run in held.items():
            if token not in kept and run.lease == token:
                run.stop(Superseded())

    # --- Requests to stop ----------------------------------------------------------------------

    async def _watch_for_stops(self) -> None:
        """Stop the runs of this process that another process asks to stop.

        Two looks take less than a second. Runs that began since the last look are not asked for, so that
        short ones cost no query.
        """
        known: set[uuid.UUID] = set()
        while True:
            await asyncio.sleep(STOP_POLL_SECONDS)
            held = {run.lease: run for run in list(self.runs) if run.lease}
            try:
                asked = await self._pool.run(_asked_to_stop) if known & held.keys() else ()
            except Exception as problem:  # noqa: BLE001  (every run of this process needs the next look)
                logger.warning("Requests to stop could not be read: %s", type(problem).__name__)
                continue
            for token in asked:
                if token in held and held[token].lease == token:
                    held[token].stop(Cancelled())
            known = set(held)

    # --- Ending --------------------------------------------------------------------------------

    def begin_shutdown(self) -> None:
        """Refuse new runs, give the others the grace period, then interrupt them. Return at once."""
        with self._lock:
            if self.is_stopping:
                return
            self.is_stopping = True
            if self._pid != os.getpid():
                self.drained.set()
                return
            asyncio.run_coroutine_threadsafe(self._drain(), self._thread.loop)

    async def _drain(self) -> None:
        await self._wait_for_runs(settings.SHUTDOWN_GRACE_SECONDS)
        for run in list(self.runs):
            run.stop(Interrupted())
        await self._wait_for_runs(5)
        for task in (self._renewing, self._watching):
            if task is not None:
                task.cancel()
        try:
            for close in self.at_drain:
                await close()
            if self.client is not None:
                await self.client.aclose()
        finally:
            self.drained.set()

    async def _wait_for_runs(self, seconds: float) -> None:
        tasks = [run.task for run in list(self.runs) if run.task]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)

    def shutdown(self) -> None:
        """Drain, end the threads and close every connection. A later `start` creates new threads."""
        if self._pid != os.getpid():
            return
        self.begin_shutdown()
        self.drained.wait()
        self._pool.close()
        self._thread.stop()
        self._pid, self.client, self.is_stopping = None, None, False
        self.drained = threading.Event()


def _failed(row: Application | None) -> bool:
    """Return whether the run was stopped before its end. One cancelled after its last save was not."""
    return row is None or row.status in (Application.Status.FAILED, Application.Status.RUNNING)


def _asked_to_stop() -> list[uuid.UUID]:
    asked = Application.with_deleted.filter(stop_requested_at__isnull=False, lease_token__isnull=False)
    return list(asked.values_list("lease_token", flat=True))


def _renew(tokens: list[uuid.UUID]) -> set[uuid.UUID]:
    mine = Application.with_deleted.filter(lease_token__in=tokens)  # a deleted one is stopped, and saved
    if mine.update(lease_expires_at=database_clock() + conf.lease()) == len(tokens):
        return set(tokens)
    return set(mine.values_list("lease_token", flat=True))


runner = Runner()
