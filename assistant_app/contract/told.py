"""What the engine tells an action about a run, besides its input: one optional input named `told`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TOLD = "told"  # the parameter's name; no field of a human step


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """About the owner and the moment. Empty values are unknown."""

    name: str = ""  # the name that drafts end with
    addresses: tuple[str, ...] = ()  # the owner's own email addresses
    about: Mapping[str, Any] = field(default_factory=dict)  # plain data that the workflow understands
    today: str = ""  # ISO date in the owner's time zone
    time_zone: str = ""
    fence: str = ""  # a keyed hash of the email's text: the same for one email, and unknown to its writer
    prompt_tokens: int = 0  # that the model's window has for a prompt; 0 if unknown
    partial: str = ""  # what the run that stopped before had written
    skipped: asyncio.Event | None = None  # set when the owner does not want to wait for questions


NOTHING = Told()
