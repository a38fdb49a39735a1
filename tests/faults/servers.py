"""Simulated web processes: each has its own runner, and each can die at any commit."""

import asyncio
import threading
from contextlib import contextmanager
from unittest import mock

from django.db import OperationalError

from assistant_app.engine.runner import Runner
from assistant_app.engine.writer import Writer
from assistant_app.errors import Superseded
from assistant_app.operations import answering

FAULTS = ("dies before", "dies after", "database fails before", "database fails after")


class Servers:
    """Several servers; `operations` uses the one that is set for the calling thread."""

    def __init__(self, number, model):
        self._model = model
        self._here = threading.local()
        self._faults = {}
        self._runners = [self._new() for _ in range(number)]
        self._patches = [
            mock.patch.object(answering, "runner", self),
            mock.patch.object(Writer, "_commit", self._committing(Writer._commit)),
        ]
        for patch in self._patches:
            patch.start()

    def __getattr__(self, name):
        return getattr(self._runners[self._here.server], name)

    def close(self):
        for runner in self._runners:
            runner.shutdown()
        for patch in self._patches:
            patch.stop()

    def _new(self):
        runner = Runner()
        runner.client = self._model
        return runner

    @contextmanager
    def at(self, server, fault=None, app_id=None):
        """Run the block as a request at that server. The fault hits the next commit of the application."""
        self._here.server = server
        if fault:
            self._faults[app_id] = fault
        try:
            yield
        finally:
            self._faults.pop(app_id, None)

    # --- Faults ----------------------------------------------------------------------------------

    def renew(self, server):
        runner = self._runners[server]
        if runner._pid is not None:
            asyncio.run_coroutine_threadsafe(runner._renew(), runner._thread.loop).result(30)

    def restart(self, server):
        """Shut the server down, without a grace period, and start it again."""
        self._runners[server].shutdown()
        self._runners[server] = self._new()

    def kill(self, server):
        """Stop all its writes, like a power cut, and start it again."""
        for run in self._runners[server].runs:
            _die(run.writer)
        self.restart(server)

    def _committing(self, commit):
        def faulty(writer, values, step, stop_key=None):
            fault = self._faults.pop(writer.row.pk, "")
            known = (dict(writer.row.__dict__), writer._token, writer._reserved, list(writer.calls))
            if not fault.endswith("before"):
                commit(writer, values, step, stop_key)
            if fault.startswith("dies"):
                _die(writer)
                raise Superseded
            if fault:  # if the reply to COMMIT is lost, the writer cannot know that it succeeded
                row, writer._token, writer._reserved, writer.calls[:] = known
                writer.row.__dict__.update(row)
                raise OperationalError("server closed the connection unexpectedly")

        return faulty


def _die(writer):
    def gone(*_):
        raise Superseded

    writer._commit = gone
