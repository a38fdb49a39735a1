"""Continue interrupted runs after a crash or restart, by retrying each one as its owner."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from django.db import connection

from assistant_app import operations
from assistant_app.engine import registry
from assistant_app.engine.runner import runner
from assistant_app.engine.runs import Run
from assistant_app.errors import AssistantError, OverLimit
from assistant_app.models import Application
from assistant_app.operations.answering import retry_row

AT_ONCE = 50  # runs to start together
LONGEST_PAUSE = 86_400  # seconds
ATTEMPTS = 3  # give up on an email that crashes the server every time


class Command(BaseCommand):
    help = "Continues all emails whose run was interrupted, for example by a crash."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--watch", type=float, metavar="SECONDS", help="repeat at this interval until stopped"
        )

    def handle(self, *args: Any, watch: float | None = None, **options: Any) -> None:
        """Exit with 1 if a run could not be continued. With `--watch`, exit with 0 when stopped."""
        if watch is not None and not 0 < watch <= LONGEST_PAUSE:
            raise CommandError(f"--watch needs a number of seconds greater than 0 and up to {LONGEST_PAUSE}.")
        self.is_watching = watch is not None
        self.tried: Counter[Any] = Counter()
        self.stopping = threading.Event()
        with _set_by_signals(self.stopping):
            try:
                left = self._look(watch)
            finally:
                runner.shutdown()
        if left and watch is None:
            raise CommandError(f"{left} could not be continued.")

    def _look(self, watch: float | None) -> int:
        """Continue interrupted runs, once or at each interval; return how many failed in the last round."""
        while True:
            try:
                failed = self._resume_all()
            except DatabaseError as problem:
                if watch is None:
                    raise
                failed = 0
                self.stderr.write(f"The database could not be read: {type(problem).__name__}.")
            connection.close()  # hold no connection during the pause
            if watch is None or self.stopping.wait(watch):
                return failed

    def _resume_all(self) -> int:
        ended = Counter[bool]()
        self.over_limit: dict[Any, str] = {}  # app_id -> message; skipped until other runs have ended
        while not self.stopping.is_set() and (found := self._find()):
            ended.update(self._resume(found))
        for app_id, refusal in self.over_limit.items():
            self.stderr.write(f"{app_id}: {refusal}")
        ended[False] += len(self.over_limit)
        if ended.total() or not self.is_watching:
            self.stdout.write(f"Continued {ended[True]}, failed {ended[False]}.")
        return ended[False]

    def _find(self) -> list[tuple[Any, Any]]:
        """Return ids and owners of some interrupted applications; skip those given up or over a limit."""
        given_up = [app_id for app_id, attempts in self.tried.items() if attempts >= ATTEMPTS]
        skipped = [*given_up, *self.over_limit]
        interrupted = registry.only_known(Application.objects.interrupted())  # a newer version has the others
        rows = interrupted.exclude(pk__in=skipped).order_by("updated_at")
        return [(row.pk, row.owner) for row in rows.defer("state").select_related("owner")[:AT_ONCE]]

    def _resume(self, found: list[tuple[Any, Any]]) -> Iterator[bool]:
        """Start these runs together and wait for all; yield, for each, whether it succeeded."""
        runs: list[Run] = []
        for app_id, owner in found:
            self.tried[app_id] += 1
            try:
                runs.append(retry_row(operations.get(actor=owner, app_id=app_id)))
            except AssistantError as refused:  # not a failure: someone else continued or deleted it
                self.stdout.write(f"{app_id}: {refused.message}")
        connection.close()  # hold no connection while waiting
        self._wait(runs)
        for run in runs:
            error = run.ended.result().error
            if isinstance(error, OverLimit):
                self.over_limit[run.row.pk] = error.message
                self.tried[run.row.pk] -= 1
                continue
            if error is None:
                del self.tried[run.row.pk]
            else:
                self.stderr.write(f"{run.row.pk}: {error.message}")
            yield error is None
        if any(run.ended.result().error is None for run in runs):
            self.over_limit.clear()  # try them again: a run ended

    def _wait(self, runs: list[Run]) -> None:
        """Wait until the runs end. After a signal they get the grace period and are then interrupted."""
        under_way = {run.ended for run in runs}
        while under_way:
            under_way = wait(under_way, timeout=0.2).not_done
            if self.stopping.is_set():
                runner.begin_shutdown()


@contextmanager
def _set_by_signals(event: threading.Event) -> Iterator[None]:
    """Set the event on SIGTERM and SIGINT. The handlers do nothing else: they may interrupt a lock holder."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, lambda *_: event.set()) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
