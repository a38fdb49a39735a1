"""What templates of any workflow say of an application: its title, and where the API has it."""

from __future__ import annotations

from django import template
from django.urls import reverse
from django.utils.translation import gettext

from assistant_app.engine import registry
from assistant_app.models import Application
from assistant_app.translation import translated

register = template.Library()


@register.filter
def is_email(row: Application) -> bool:
    return row.workflow == registry.EMAIL


@register.filter
def titled(row: Application) -> str:
    """Return the title, or what stands for it before there is one."""
    workflow = registry.find(row.workflow)
    if row.title or workflow is None or is_email(row):
        return row.title or gettext("No subject")
    return translated(workflow.title)


@register.simple_tag
def api_address(row: Application, name: str, *parts: object) -> str:
    """Return where the API of the row's workflow has something; the default one's has what is unknown."""
    is_plain = registry.serves(registry.default().name, row)
    view = f"application-{name}" if is_plain else f"application-{row.workflow}-{name}"
    return reverse(view, args=[row.pk, *parts])
