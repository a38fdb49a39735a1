"""Filters for mail, drafts and times. They return plain `str`, so that templates escape it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from assistant_app.contract.wording import excerpt
from assistant_app.mail import shown
from assistant_app.mail.hidden import hidden_in
from assistant_app.workflow.diffs import Segment

register = template.Library()

LOOK_END = "</a>"
PARAGRAPH_BREAK = "</p>\n<p>"
PARTS = {
    "new": "{}",
    "quoted": '<blockquote class="quote">{}</blockquote>',
    "answer": '<div class="between">{}</div>',
}
CHANGES = {"equal": "{}", "insert": "<ins>{}</ins>", "delete": "<del>{}</del>"}

for function in (excerpt, shown.header, shown.without_header, shown.pieces):
    register.filter(function)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a draft. `number` is the row of what to check about it: 0 for none, -1 if it has no row."""

    text: str
    number: int = 0
    is_first: bool = False  # of its row


@register.simple_tag
def branch_id() -> SafeString:
    """Return a hidden field with a new id for a fork, so that a double click makes only one."""
    return format_html('<input type="hidden" name="app_id" value="{}">', uuid.uuid4())


@register.filter
def megabytes(size: int) -> str:
    return f"{size / 1_000_000:.2g} MB" if size < 1_000_000 else f"{size / 1_000_000:,.0f} MB"


@register.filter
def paragraphs(text: str) -> SafeString:
    """Return a text as paragraphs, split at blank lines. It is quick for a hundred thousand of them."""
    return mark_safe(f"<p>{_split(text, PARAGRAPH_BREAK)}</p>")  # noqa: S308  (escaped)


@register.filter
def with_quotes(text: str) -> SafeString:
    """Return a text as paragraphs. Quotes recede, and answers between them stand out."""
    written = [PARTS[kind].format(paragraphs(part)) for part, kind in shown.parts(text)]
    return mark_safe("\n".join(written))  # noqa: S308  (escaped)


@register.filter
def marked(pieces: Iterable[Piece]) -> SafeString:
    """Join the pieces of a draft as paragraphs. A piece to check is a link to its row below the text."""
    written = []
    for piece in pieces:
        if not piece.number:
            written.append(_split(piece.text, PARAGRAPH_BREAK))
            continue
        number = max(piece.number, 1)  # what is not listed leads to the list
        again = f'<a class="look" href="#check-{number}">'
        first = (
            again.replace("<a ", f'<a id="look-{number}" ') if piece.is_first and piece.number > 0 else again
        )
        written.append(f"{first}{_split(piece.text, LOOK_END + PARAGRAPH_BREAK + again)}{LOOK_END}")
    return mark_safe(f"<p>{''.join(written)}</p>")  # noqa: S308  (escaped)


def _split(text: str, at_blank_lines: str) -> str:
    return escape(text).replace("\n\n", at_blank_lines)


@register.filter
def with_changes(segments: Iterable[Segment]) -> SafeString:
    """Join the segments of a paragraph and mark insertions and deletions."""
    return _joined(format_html(CHANGES[segment.op], segment.text) for segment in segments)


def _joined(pieces: Iterable[str]) -> SafeString:
    return format_html_join("", "{}", ((piece,) for piece in pieces))


@register.filter
def answered(questions: Iterable[tuple[str, str]]) -> str:
    """Return one line that says how many questions were answered and quotes the first answer."""
    answers = [answer for _, answer in questions]
    given = [answer for answer in answers if answer]
    values = {"number": len(given), "skipped": len(answers) - len(given), "first": given[0] if given else ""}
    if not given:
        said = gettext("%(skipped)s skipped") if answers else ""
    elif values["skipped"]:
        said = gettext("%(number)s answered: “%(first)s”, %(skipped)s skipped")
    else:
        said = gettext("%(number)s answered: “%(first)s”")
    return excerpt(said % values)


@register.filter
def when(moment: datetime | None) -> SafeString:
    """Format a time in a short form, with the exact time as the tooltip."""
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
        return gettext("Yesterday, %(time)s") % {"time": date_format(local, "H:i")}
    if today - timedelta(days=6) <= local.date() < today:
        return date_format(local, "D, H:i")
    return date_format(local, "j M" if local.year == today.year else "j M Y")


@register.filter
def found(text: str, query: str) -> str | SafeString:
    """Mark the matches of a search."""
    if not query:
        return text
    parts = re.split(f"({re.escape(query)})", text, flags=re.IGNORECASE)
    pieces = [
        format_html('<mark class="mark-hit">{}</mark>', part) if number % 2 else format_html("{}", part)
        for number, part in enumerate(parts)
    ]
    return _joined(pieces)


@register.filter
def seconds(duration: float) -> str:
    if duration < 60:
        return gettext("%(number)s s") % {"number": f"{duration:.1f}"}
    return gettext("%(number)s min") % {"number": f"{duration / 60:.1f}"}


register.filter("hidden_in", hidden_in)


@register.filter
def quoted(text: str, number: int) -> SafeString:
    """Quote what is to be checked. With a number, the words lead to their place in the draft."""
    words = format_html("“<bdi>{}</bdi>”", excerpt(text))
    return format_html('<a href="#look-{}">{}</a>', number, words) if number else words
