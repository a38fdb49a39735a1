"""Burr's own tracker, whose files Burr's UI shows: an aid for developers, imported only if it is on.

It writes everybody's mail into plain files, on the event loop that all runs share. So a system check
refuses it unless DEBUG is on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from burr.common.types import ParentPointer
from burr.lifecycle.base import LifecycleAdapter
from burr.tracking.client import LocalTrackingClient
from django.conf import settings

from assistant_app.engine.runs import Run, RunListener

PROJECT = "email-assistant"


class Tracker(RunListener, LocalTrackingClient):
    """Burr's client, and what only the run knows: its parent, and that it was stopped."""

    def __init__(self, run: Run) -> None:
        settings.BURR_TRACKING_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        super().__init__(PROJECT, str(settings.BURR_TRACKING_DIR))
        self._run = run

    def hooks(self) -> Sequence[LifecycleAdapter]:
        return (self,)

    def post_application_create(self, **arguments: Any) -> None:
        row = self._run.row
        if row.parent_id is not None:
            parent = ParentPointer(str(row.parent_id), str(row.owner_id), row.parent_sequence_id)
            arguments["parent_pointer"] = parent
        super().post_application_create(**arguments)

    def post_run_step(self, **arguments: Any) -> None:  # type: ignore[override]  # Burr names each argument
        # Burr takes a cancelled step for a success.
        arguments["exception"] = arguments["exception"] or self._run.stop_reason
        super().post_run_step(**arguments)
