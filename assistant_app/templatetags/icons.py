"""Icons: `templates/icons/NAME.svg`, sent once a page as a sprite and drawn from it by name."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

FOLDER = Path(settings.BASE_DIR) / "templates" / "icons"
# Fill and stroke come from the style sheet: of the outer tag only the viewBox is needed.
SVG = re.compile(r"<svg [^>]*(?P<view_box>viewBox=\"[^\"]*\")[^>]*>(?P<drawing>.*)</svg>", re.DOTALL)


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    return format_html('<svg class="icon" aria-hidden="true"><use href="#{}"></use></svg>', name)


@register.simple_tag
@cache
def sprite() -> SafeString:
    """Return all icons as the symbols of one hidden drawing."""
    symbols = "\n".join(_symbol(path) for path in sorted(FOLDER.glob("*.svg")))
    return SafeString(f'<svg class="sprite" aria-hidden="true"><defs>\n{symbols}\n</defs></svg>')


def _symbol(path: Path) -> str:
    found = SVG.fullmatch(path.read_text().strip())
    if found is None:
        raise ValueError(f"{path} is not one svg element with a viewBox.")
    drawing = "".join(line.strip() for line in found["drawing"].splitlines())
    return f'<symbol id="{path.stem}" {found["view_box"]}>{drawing}</symbol>'
