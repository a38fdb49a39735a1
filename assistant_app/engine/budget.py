"""The limits for one owner: runs at once, drafts and tokens a day, drafts of one email.

A claim reserves the budget in its own transaction, before a model is called. The release settles it, that
is, replaces the reservation by the real use. The usage row of the day is updated under a condition. Its
lock serialises an owner's claims, and it is kept when the emails are deleted.
Lock order: the usage row first, then the application.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from typing import Any

from django.utils import timezone

from assistant_app import conf
from assistant_app.contract.workflow import Workflow
from assistant_app.engine import claims
from assistant_app.errors import BudgetSpent, DraftsTooLong, TooManyRounds, TooManyRuns
from assistant_app.llm.base import Call
from assistant_app.models import Application, ApplicationQuerySet, Usage, sql
from assistant_app.models.sql import Condition, Statement
from assistant_app.phrases import Phrase, gettext_noop, ngettext, sentences

OWN_WORDS = 2000  # tokens: prompt overhead plus a typical reply
NO_LIMIT = 2**62
CHARACTERS_A_TOKEN = 4  # estimate, if the model's server does not count tokens
BUSY_SECONDS = 5  # Retry-After for the limit of concurrent runs

# One statement that also covers the first run of a day. The database checks the condition after it has
# locked the row, which keeps parallel claims within the budget.
TAKE = """
INSERT INTO assistant_app_usage AS used (owner_id, day, drafts, tokens) VALUES (%s, %s, 1, %s)
ON CONFLICT (owner_id, day) DO UPDATE
SET drafts = used.drafts + 1, tokens = used.tokens + excluded.tokens
WHERE used.drafts < %s AND used.tokens + excluded.tokens <= %s
"""
SETTLE = """
UPDATE assistant_app_usage SET drafts = drafts + %s, tokens = tokens + %s WHERE owner_id = %s AND day = %s
"""


@dataclass(frozen=True, slots=True)
class Reservation:
    """What a run has reserved of one day's budget: the day on which the run began."""

    owner_id: int
    day: date
    tokens: int  # estimated; 0 without a limit
    round_purposes: frozenset[str]  # of calls that use the draft that was reserved
    calls: tuple[Call, ...] = ()  # model calls stored so far

    def with_calls(self, calls: Iterable[Call]) -> Reservation:
        return replace(self, calls=(*self.calls, *calls))


@dataclass(frozen=True, slots=True)
class Allowance:
    """The limit and the use of one resource; a limit of None means unlimited."""

    limit: int | None
    used: int

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.used)


# --- For the writer, inside its transactions ------------------------------------------------------


def reserve(owner_id: int, workflow: Workflow, state: Mapping[str, Any]) -> Reservation:
    """Reserve the budget for a run that may call the model.

    Raise `TooManyRounds`, `DraftsTooLong` or `BudgetSpent`.
    """
    check_drafts(workflow, state)
    purposes = frozenset(name for name, purpose in workflow.purposes.items() if purpose.is_round)
    wanted = Reservation(owner_id, today(), _estimate(workflow, state), purposes)
    if not _take(wanted):
        raise _why_not(wanted)
    return wanted


def settlement(reservation: Reservation | None, calls: Iterable[Call]) -> Statement | None:
    """Return the statement that replaces the reservation by the real use; None if they are equal.

    It gives back the draft if no model worked on it, and corrects the estimated tokens.
    """
    if reservation is None:
        return None
    made = reservation.with_calls(calls).calls
    unused = 0 if any(call.purpose in reservation.round_purposes and was_paid(call) for call in made) else 1
    more = sum(map(tokens_of, made)) - reservation.tokens if conf.most("MAX_TOKENS_PER_DAY") else 0
    if unused == more == 0:
        return None
    return Statement(SETTLE, (-unused, more, reservation.owner_id, reservation.day))


def settle(reservation: Reservation | None, calls: Iterable[Call]) -> None:
    if wanted := settlement(reservation, calls):
        wanted.execute()


def room(owner_id: int) -> Condition | None:
    """Return the condition that the owner is below the limit of concurrent runs; None without a limit.

    Use it after `reserve`: an owner's claims wait for its lock, so that the count sees all of them.
    """
    most = conf.most("MAX_RUNS_AT_ONCE")
    if most is None:
        return None
    runs = claims.is_under_way() & sql.where(Application, owner=owner_id)
    table = Application._meta.db_table
    return Condition(f"(SELECT COUNT(*) FROM {table} WHERE {runs.sql}) < %s", (*runs.params, most))  # noqa: S608


def no_room() -> TooManyRuns:
    """Return the error for a claim that was over the limit of concurrent runs."""
    most = conf.most("MAX_RUNS_AT_ONCE")
    message = ngettext(
        "%(number)s draft is being written for you, and that is the most at once.",
        "%(number)s drafts are being written for you, and that is the most at once.",
        most or 0,
    )
    advice = gettext_noop("Send it again when one is ready.")
    return TooManyRuns(sentences(message, advice), retry_after=BUSY_SECONDS)


def check_drafts(workflow: Workflow, state: Mapping[str, Any], written: int = 0) -> None:
    """Raise `TooManyRounds` or `DraftsTooLong` if the application may not have another draft.

    `written` is the length of a draft that the owner wrote. How long one of the model's will be is not known
    before.
    """
    most = conf.most("MAX_ROUNDS")
    if most is not None and workflow.rounds is not None and workflow.rounds.of(state) >= most:
        message = ngettext(
            "This %(noun)s has %(number)s %(result)s, and that is the limit.",
            "This %(noun)s has %(number)s %(results)s, and that is the limit.",
            most,
            **_names(workflow),
        )
        raise TooManyRounds(sentences(message, gettext_noop("Accept the last one.")))
    most = conf.most("MAX_DRAFTS_CHARACTERS")
    if most is None:
        return
    length = sum(len(text) for key in workflow.growing for text in state.get(key) or ())
    if length + written > most:
        raise DraftsTooLong(_too_long(workflow, length, written, most))


def _too_long(workflow: Workflow, length: int, written: int, most: int) -> str:
    names = _names(workflow)
    numbers = {"length": length, "written": written, "most": most}
    message = gettext_noop(
        "The %(results)s of this %(noun)s and your feedback have %(length)s characters together; "
        "%(most)s fit.",
        **numbers,
        **names,
    )
    if written:
        message = gettext_noop(
            "The %(results)s of this %(noun)s and your feedback have %(length)s characters together, "
            "and this text has %(written)s; %(most)s fit.",
            **numbers,
            **names,
        )
    advice = gettext_noop("Accept the last %(result)s.", **names)
    if length < most:
        advice = gettext_noop("Shorten it, or accept the last %(result)s.", **names)
    return sentences(message, advice)


def _names(workflow: Workflow) -> dict[str, Phrase]:
    """Return how the workflow's people call what it works on, for the places of a text."""
    return {name: Phrase(getattr(workflow, name)) for name in ("noun", "result", "results")}


# --- For doors that show the budget -----------------------------------------------------------------


def drafts_and_tokens_today(owner_id: int | None) -> tuple[Allowance, Allowance]:
    """Return both allowances with one query. Reservations of runs under way count as used."""
    row = Usage.objects.filter(owner_id=owner_id, day=today()).first() or Usage()
    return (
        Allowance(conf.most("MAX_DRAFTS_PER_DAY"), row.drafts),
        Allowance(conf.most("MAX_TOKENS_PER_DAY"), row.tokens),
    )


def left_today(owner_id: int | None) -> tuple[int | None, int | None]:
    """Return how many drafts and tokens are left; None without a limit. No query if both are unlimited."""
    if conf.most("MAX_DRAFTS_PER_DAY") is conf.most("MAX_TOKENS_PER_DAY") is None:
        return None, None
    drafts, tokens = drafts_and_tokens_today(owner_id)
    return drafts.left, tokens.left


def runs_at_once(owner_id: int) -> Allowance:
    return Allowance(conf.most("MAX_RUNS_AT_ONCE"), _runs_of(owner_id).count())


def today() -> date:
    """Return the calendar day in TIME_ZONE."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


def next_midnight(now: datetime) -> datetime:
    """Return when the next day begins in TIME_ZONE. A day may have 23 or 25 hours."""
    zone = timezone.get_default_timezone()
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time.min, zone)


# --- Parts ------------------------------------------------------------------------------------------


def was_paid(call: Call) -> bool:
    """Return whether the model worked on the call: it answered something, or was stopped meanwhile."""
    return bool(call.reply) or call.error_code in ("", "cancelled")


def tokens_of(call: Call) -> int:
    """Return the tokens as the model's server counts them, or an estimate; 0 for an unpaid call."""
    if not was_paid(call):
        return 0
    asked = sum(len(message["content"]) for message in call.messages)
    tokens_in = asked // CHARACTERS_A_TOKEN if call.tokens_in is None else call.tokens_in
    tokens_out = len(call.reply) // CHARACTERS_A_TOKEN if call.tokens_out is None else call.tokens_out
    return tokens_in + tokens_out


def _take(wanted: Reservation) -> bool:
    drafts, tokens = _budget()
    if wanted.tokens > tokens:  # the INSERT of a day's first row has no condition
        return False
    return Statement(TAKE, (wanted.owner_id, wanted.day, wanted.tokens, drafts, tokens)).execute() == 1


def _budget() -> tuple[int, int]:
    """Return the limits of drafts and tokens a day."""
    return conf.most("MAX_DRAFTS_PER_DAY") or NO_LIMIT, conf.most("MAX_TOKENS_PER_DAY") or NO_LIMIT


def _runs_of(owner_id: int) -> ApplicationQuerySet:
    return Application.objects.filter(owner_id=owner_id).under_way()


def _estimate(workflow: Workflow, state: Mapping[str, Any]) -> int:
    """Return more tokens than most runs need: parallel runs are checked before any is counted."""
    if conf.most("MAX_TOKENS_PER_DAY") is None:
        return 0
    texts = json.dumps(list(workflow.sent_to_model(state).values()), ensure_ascii=False)
    return workflow.calls_per_run * (OWN_WORDS + len(texts) // CHARACTERS_A_TOKEN)


def _why_not(wanted: Reservation) -> BudgetSpent:
    now = timezone.now()
    drafts, tokens = drafts_and_tokens_today(wanted.owner_id)
    if drafts.left == 0:
        said: str = ngettext(
            "You have used today's %(number)s draft.",
            "You have used today's %(number)s drafts.",
            drafts.limit or 0,
        )
    else:
        said = gettext_noop("Too few of today's %(limit)s tokens are left for this.", limit=tokens.limit)
    wait = ceil((next_midnight(now).astimezone(UTC) - now).total_seconds())
    return BudgetSpent(sentences(said, gettext_noop("The next are free at 00:00.")), retry_after=wait)
