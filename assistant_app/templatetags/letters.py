"""Filters for mail and drafts, times and icons. Text is returned as plain `str`: templates escape it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from assistant_app.mail.header import pasted
from assistant_app.mail.text import as_read

register = template.Library()

EXCERPT = 180  # characters of a folded row
LONG = 6_000  # characters of an email that stay open
# Pasted headers: lines of a name and a text, up to an empty line.
_HEADERS = re.compile(
    r"\s*(?:(?:From|Reply-To|To|Cc|Date|Sent|Subject|Von|An|Datum|Gesendet|Betreff|De|À|Objet"
    r"|Message-I[Dd]|In-Reply-To|References)[ \t]*:[^\n]*\n(?:[ \t]+\S[^\n]*\n)*)+\s*\n"
)
_EARLIER = re.compile(
    r"^(?:>|-{3,} ?Original|On .{5,200} wrote:$|Am .{5,200} schrieb .{1,200}:$)", re.MULTILINE
)


@register.simple_tag
def icon(name: str) -> SafeString:
    return format_html('<svg class="icon" aria-hidden="true"><use href="#{}"></use></svg>', name)


@register.simple_tag
def branch_id() -> SafeString:
    """The id of the branch that a form makes, so that a double press makes one."""
    return format_html('<input type="hidden" name="app_id" value="{}">', uuid.uuid4())


@register.filter
def megabytes(size: int) -> str:
    return f"{size / 1_000_000:.2g} MB" if size < 1_000_000 else f"{size / 1_000_000:,.0f} MB"


@register.filter
def paragraphs(text: str) -> list[str]:
    """Split at blank lines; joined by them again, it is the same text to the last character."""
    return text.split("\n\n")


@register.filter
def headers(email: str) -> list[tuple[str, str]]:
    """Return the header lines on top that are for people, as names and texts."""
    block = _HEADERS.match(email)
    return pasted(as_read(block[0])) if block else []


@register.filter
def without_headers(email: str) -> str:
    block = _HEADERS.match(email)
    return email[block.end() :] if block else email


@register.filter
def newest_part(email: str) -> str:
    """Return an email up to its quoted history, if it does not begin with that."""
    found = _EARLIER.search(email)
    end = found.start() if found and email[: found.start()].strip() else len(email)
    if end <= LONG:
        return email[:end].rstrip() if end < len(email) else email
    cut = email.rfind("\n", 0, LONG)
    return email[: cut if cut > 0 else LONG]


@register.filter
def earlier_part(email: str) -> str:
    """Return what `newest_part` leaves out."""
    return email[len(newest_part(email)) :].strip("\n")


@register.filter
def excerpt(text: str) -> str:
    """Return the beginning in one line."""
    return " ".join(text[: EXCERPT * 4].split())[:EXCERPT]


@register.filter
def answered(questions: Iterable[tuple[str, str]]) -> str:
    """Say in a line how many questions were answered, and quote the first answer."""
    answers = [answer for _, answer in questions]
    given = [answer for answer in answers if answer]
    parts = [f"{len(given)} answered: “{given[0]}”"] if given else []
    if skipped := len(answers) - len(given):
        parts.append(f"{skipped} skipped")
    return excerpt(", ".join(parts))


@register.filter
def when(moment: datetime | None) -> SafeString:
    """Return a time as people say it, with the exact one beside."""
    if moment is None:
        return SafeString("")
    local = timezone.localtime(moment)
    exact = date_format(local, "l j F Y, H:i T")
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), exact, _spoken(local))


def _spoken(local: datetime) -> str:
    today = timezone.localdate()
    if local.date() == today:
        return date_format(local, "H:i")
    if local.date() == today - timedelta(days=1):
        return "Yesterday"
    return date_format(local, "j M" if local.year == today.year else "j M Y")


@register.filter
def found(text: str, query: str) -> str | SafeString:
    """Mark where a search was found."""
    if not query:
        return text
    parts = re.split(f"({re.escape(query)})", text, flags=re.IGNORECASE)
    pieces = [
        format_html('<mark class="mark-hit">{}</mark>', part) if number % 2 else format_html("{}", part)
        for number, part in enumerate(parts)
    ]
    return format_html_join("", "{}", ((piece,) for piece in pieces))


@register.filter
def seconds(duration: float) -> str:
    return f"{duration:.1f} s" if duration < 60 else f"{duration / 60:.1f} min"
