"""Filters for numbers, money and exact times."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

register = template.Library()

FINEST = Decimal("0.0001")


@register.filter
def number(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"


@register.filter
def money(cost: Decimal | None) -> str:
    """Format a cost with its currency; an empty string if the cost is unknown."""
    if cost is None:
        return ""
    currency = settings.MODEL_PRICES_CURRENCY
    currency += "\N{NO-BREAK SPACE}" if currency[-1:].isalpha() else ""
    if not cost:
        return f"{currency}0"
    if cost < FINEST:
        return gettext("under %(amount)s") % {"amount": f"{currency}{FINEST}"}
    places = Decimal("0.01") if cost >= 1 else FINEST
    return f"{currency}{cost.quantize(places, ROUND_HALF_UP):,}"


@register.filter
def moment(at: datetime) -> SafeString:
    """Format a time to the second, with the date unless it is today."""
    local = timezone.localtime(at)
    shown = "H:i:s" if local.date() == timezone.localdate() else "j M Y, H:i:s"
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), date_format(local, shown))
