"""Tells which text of an HTML email a person sees: what styles hide, and what is struck out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

MOST_RULES = 2_000  # of a style sheet
LONGEST_SHEET = 200_000  # characters
NEARLY_SAME = 12  # largest difference of a colour's parts, from 0 to 255, that no one sees
FAR_OUTSIDE = -500  # pixels

STRUCK = frozenset({"s", "strike", "del"})
Colour = tuple[int, int, int]
Attributes = Mapping[str, str | None]

_COLOURS: dict[str, Colour] = {
    "white": (255, 255, 255), "black": (0, 0, 0), "red": (255, 0, 0), "lime": (0, 255, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0), "aqua": (0, 255, 255), "cyan": (0, 255, 255), "fuchsia": (255, 0, 255),
    "silver": (192, 192, 192), "gray": (128, 128, 128), "grey": (128, 128, 128), "maroon": (128, 0, 0),
    "olive": (128, 128, 0), "green": (0, 128, 0), "purple": (128, 0, 128), "teal": (0, 128, 128),
    "navy": (0, 0, 128),
    "orange": (255, 165, 0), "snow": (255, 250, 250), "ivory": (255, 255, 240), "whitesmoke": (245, 245, 245),
}  # fmt: skip
UNKNOWN: Colour = (-1, -1, -1)  # a picture, a gradient, or a colour by a rule that is not understood
_WHITE = _COLOURS["white"]
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)")
_DECLARATION = re.compile(r"([a-zA-Z-]{1,40})\s*:\s*([^;]{0,500})")
_AT_RULE = re.compile(r"@[^{};]*(?:;|\{(?:[^{}]|\{[^{}]*\})*\})")
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}]{1,1000})\{([^{}]*)\}")
_SIMPLE = re.compile(r"\*?([a-z][a-z0-9]*)?(?:([.#])([A-Za-z_][\w-]*))?")


@lru_cache(maxsize=2048)
def declarations(style: str) -> dict[str, str]:
    """Return the properties of a style attribute, in lower case."""
    found = _DECLARATION.findall(style[:5_000])
    return {name.lower(): value.lower().replace("!important", "").strip() for name, value in found}


@dataclass(slots=True)
class Look:
    """What an element hands on to what is inside it."""

    is_blocked: bool = False  # nothing inside can be seen
    is_invisible: bool = False  # may be undone inside
    is_tiny: bool = False
    is_struck: bool = False
    colour: Colour | None = None
    background: Colour | None = None

    @property
    def hides_pictures(self) -> bool:
        return self.is_blocked or self.is_invisible

    @property
    def hides_text(self) -> bool:
        return self.hides_pictures or self.is_tiny or self._has_colour_of_background

    @property
    def _has_colour_of_background(self) -> bool:
        if self.colour is None or UNKNOWN in (self.colour, self.background):
            return False
        behind = self.background or _WHITE
        return max(abs(a - b) for a, b in zip(self.colour, behind, strict=True)) <= NEARLY_SAME


@dataclass(slots=True)
class StyleSheet:
    """The rules for a tag, a class or an id, which are enough for emails; none for some screens only."""

    rules: dict[str, dict[str, str]] = field(default_factory=dict)
    has_backgrounds: bool = False  # by rules that are not understood

    def add(self, css: str) -> None:
        css = _AT_RULE.sub(
            "", _CSS_COMMENT.sub("", css[:LONGEST_SHEET].replace("<!--", "").replace("-->", ""))
        )
        for selectors, body in _RULE.findall(css):
            found = declarations(body)
            for selector in selectors.split(","):
                simple = _SIMPLE.fullmatch(selector.strip())
                if simple and selector.strip() and len(self.rules) < MOST_RULES:
                    self.rules.setdefault(selector.strip().lstrip("*"), {}).update(found)
                elif "background" in found or "background-color" in found:
                    self.has_backgrounds = True

    def of(self, tag: str, attributes: Attributes) -> dict[str, str]:
        """Return the properties that apply to an element, those of its own style last."""
        found: dict[str, str] = {}
        if self.rules:
            classes = (attributes.get("class") or "").split()[:20]
            keys = [tag, *(f".{name}" for name in classes), *(f"{tag}.{name}" for name in classes)]
            for key in [*keys, f"#{attributes.get('id')}", f"{tag}#{attributes.get('id')}"]:
                found |= self.rules.get(key, {})
        return found | declarations(attributes.get("style") or "")


def look_of(tag: str, attributes: Attributes, outer: Look, style: Mapping[str, str]) -> Look:
    """Return the look of an element inside another one."""
    look = Look(
        outer.is_blocked, outer.is_invisible, outer.is_tiny, outer.is_struck, outer.colour, outer.background
    )
    look.is_blocked |= "hidden" in attributes or _is_blocked(style)
    if visibility := style.get("visibility"):
        look.is_invisible = visibility in ("hidden", "collapse")
    if size := style.get("font-size"):
        look.is_tiny = _is_tiny(size, outer.is_tiny)
    look.is_struck |= tag in STRUCK or "line-through" in (
        style.get("text-decoration", "") + style.get("text-decoration-line", "")
    )
    colour = _colour(style.get("color") or (attributes.get("color") if tag == "font" else None) or "")
    look.colour = colour or look.colour
    background = style.get("background-color") or style.get("background") or attributes.get("bgcolor") or ""
    if "url(" in style.get("background", "") + style.get("background-image", "") or attributes.get(
        "background"
    ):
        look.background = UNKNOWN
    elif background and background not in ("none", "transparent", "inherit", "initial"):
        look.background = _colour(background) or UNKNOWN
    return look


def _is_blocked(style: Mapping[str, str]) -> bool:
    if style.get("display") == "none":
        return True
    if "opacity" in style and _number(style["opacity"], 1) <= 0.01:
        return True
    is_cut = "hidden" in style.get("overflow", "") + style.get("overflow-y", "")
    if is_cut and any(
        _number(style.get(name, ""), 99) <= 1 for name in ("height", "max-height", "width", "max-width")
    ):
        return True
    is_placed = style.get("position") in ("absolute", "fixed")
    if is_placed and any(_number(style.get(name, ""), 0) <= FAR_OUTSIDE for name in ("left", "top")):
        return True
    if is_placed and re.match(r"rect\(\s*[01](?:px)?[\s,]", style.get("clip", "")):
        return True
    return _number(style.get("text-indent", ""), 0) <= FAR_OUTSIDE or style.get("color") == "transparent"


def _is_tiny(size: str, is_inside_tiny: bool) -> bool:
    if size.endswith(("em", "%")) and not size.endswith("rem"):
        return is_inside_tiny or _number(size, 1) <= (1 if size.endswith("%") else 0.05)
    return _number(size, 99) <= 1


def _number(text: str, otherwise: float) -> float:
    """Return the number that a value begins with."""
    found = _NUMBER.match(text)
    return float(found[0]) if found else otherwise


@lru_cache(maxsize=1024)
def _colour(text: str) -> Colour | None:
    """Return the colour that a value begins with; None if it names none."""
    text = text.strip().lower()
    if found := re.match(r"#?([0-9a-f]{6})\b", text):
        return int(found[1][:2], 16), int(found[1][2:4], 16), int(found[1][4:], 16)
    if found := re.match(r"#([0-9a-f])([0-9a-f])([0-9a-f])\b", text):
        return int(found[1] * 2, 16), int(found[2] * 2, 16), int(found[3] * 2, 16)
    if found := re.match(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})", text):
        return min(255, int(found[1])), min(255, int(found[2])), min(255, int(found[3]))
    return _COLOURS.get(text.split(" ")[0])
