"""Tells which text of an HTML email a person sees: what styles hide, and what is struck out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from assistant_app.mail.colours import Colour, colour_of, is_clear, shade_in

MOST_RULES = 2_000  # of a style sheet
MOST_CHECKS = 500_000  # of rules that look at outer elements, too
MOST_OUTER = 6  # elements that a selector names
LONGEST_SHEET = 200_000  # characters
LONGEST_STYLE = 5_000  # characters
NEARLY_SAME = 12  # largest difference of a colour's parts, from 0 to 255, that no one sees
FAR_OUTSIDE = -500  # pixels
NARROWEST = 600  # pixels of a window in which an email is read

STRUCK = frozenset({"s", "strike", "del"})
# Attributes that are like styles.
LOOKS = frozenset({"background", "bgcolor", "color", "hidden", "link", "popover", "size", "text"})
# Elements whose text browsers don't show.
NOT_SHOWN = frozenset({"datalist", "dialog", "iframe", "noembed", "noframes"})
Attributes = Mapping[str, str | None]
Style = Mapping[str, str]
Declared = dict[str, tuple[int, str]]  # by property: its place in the sheet, and its value

UNKNOWN: Colour = (-1, -1, -1)  # a picture, a gradient, or a colour by a rule that is not understood
_SHOWS_BEHIND = {"none", "transparent", "inherit", "initial", "unset", "0", "0 0"}
_WHITE: Colour = (255, 255, 255)
_BLACK: Colour = (0, 0, 0)
_BLUE: Colour = (0, 0, 238)  # of links
_WINDOWS = re.compile(r"-\d{3,}(?:\.\d+)?(?:%|v[wh])")  # as far away as a window is wide
_NOTHING_LEFT = re.compile(  # values of clip-path
    r"inset\(\s*(?:[5-9]\d|\d{3,})(?:\.\d+)?%|(?:circle|ellipse)\(\s*0"
    r"|polygon\((?:\s*0(?:px|%)?[ ,)])+$"
)
_NUMBER = re.compile(r"(?:calc\(\s*)?(-?(?:\d+\.?\d*|\.\d+))")
_DECLARATION = re.compile(r"([a-zA-Z-]{1,40})\s*:\s*([^;]{0,500})")
_AT_RULE = re.compile(r"@([^{};@]*)(?:;|\{((?:[^{}]|\{[^{}]*\})*)\})")
_CSS_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|([^\n]))")
_MEDIA = re.compile(
    r"media\s+(?:only\s+)?(?:all|screen)\s*((?:and\s*\(\s*min-width\s*:\s*\d+(?:px)?\s*\)\s*)*)"
)
_COMPOUND = re.compile(r"(\*|[a-z][a-z0-9]*)?((?:[.#][\w-]+|\[\w+(?:[~^*$]?=[\"']?[^\"'\]]*[\"']?)?\])*)")
_PART = re.compile(r"([.#])([\w-]+)|\[(\w+)(?:([~^*$]?=)[\"']?([^\"'\]]*)[\"']?)?\]")
_SIZE = re.compile(
    r"(?:^|\s)(0(?![\d.])|-?\d*\.?\d+(?:[a-z]+|%)|(?:xx?-|xxx-)?(?:small|large)|medium)(?=\s|/|$)"
)
# The properties that decide what is seen.
_USED = frozenset(
    {
        "display",
        "float",
        "visibility",
        "content-visibility",
        "opacity",
        "filter",
        "-ms-filter",
        "overflow",
        "overflow-x",
    }
    | {
        "overflow-y",
        "height",
        "max-height",
        "width",
        "max-width",
        "position",
        "left",
        "top",
        "right",
        "bottom",
    }
    | {
        "clip",
        "clip-path",
        "background-clip",
        "-webkit-background-clip",
        "transform",
        "scale",
        "text-indent",
        "margin",
        "margin-left",
        "margin-top",
        "font-size",
    }
    | {"font", "color", "-webkit-text-fill-color", "background", "background-color", "background-image"}
    | {"text-decoration", "text-decoration-line", "vertical-align", "white-space"}
    | {"list-style", "list-style-type", "border-left", "border-left-style", "border-inline-start"}
)


# Of these, the ones that may cut an element off or move it out of the window.
_MOVES = frozenset(
    {
        *("clip", "clip-path", "margin", "margin-left", "margin-top", "overflow", "overflow-x", "overflow-y"),
        *("position", "text-indent", "transform"),
    }
)


@lru_cache(maxsize=2048)
def declarations(style: str) -> tuple[Style, Style]:
    """Return the properties in a style attribute that are used: the usual and the important ones."""
    style = style[:LONGEST_STYLE]
    if "/*" in style or "\\" in style:
        style = _plain(style)
    usual: dict[str, str] = {}
    important: dict[str, str] = {}
    for name, value in _DECLARATION.findall(style):
        if (name := name.lower()) in _USED:
            value, mark, _ = value.lower().partition("!")
            declared = important if mark else usual
            if name == "font":  # sets the size, too
                name, value = "font-size", _size_in(value) or "inherit"
            elif name == "background":  # sets the colour and the picture
                declared["background-image"], name = value.strip(), "background-color"
            declared[name] = value.strip()
    return usual, important


def _plain(css: str) -> str:
    """Return CSS without comments and escapes, with which words are spelled differently."""
    return _ESCAPE.sub(lambda found: _letter(found[1]) if found[1] else found[2], _CSS_COMMENT.sub(" ", css))


def _letter(digits: str) -> str:
    number = int(digits, 16)
    return chr(number) if number < 0x110000 else " "


@dataclass(slots=True)
class Look:
    """What an element hands on to what is inside it."""

    is_blocked: bool = False  # nothing inside can be seen
    is_invisible: bool = False  # may be undone inside
    is_tiny: bool = False
    is_struck: bool = False
    is_clear: bool = False  # the colour of its letters is transparent
    colour: Colour | None = None
    background: Colour | None = None
    link: Colour | None = _BLUE

    @property
    def hides_pictures(self) -> bool:
        return self.is_blocked or self.is_invisible

    @property
    def hides_text(self) -> bool:
        return self.hides_pictures or self.is_tiny or self.is_clear or self._has_colour_of_background

    @property
    def _has_colour_of_background(self) -> bool:
        if UNKNOWN in (self.colour, self.background):
            return False
        return _are_nearly_same(self.colour or _BLACK, self.background or _WHITE)


@lru_cache(maxsize=256)
def _are_nearly_same(one: Colour, other: Colour) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) <= NEARLY_SAME


@dataclass(slots=True)
class _Rule:
    """The properties of a selector. `outer` are the keys that elements around have, the parent's first."""

    weight: tuple[int, int, int]  # of its selector
    keys: tuple[str, ...]
    tests: tuple[tuple[str, str, str], ...]  # attribute, comparison and value
    parent: tuple[str, ...]
    outer: tuple[str, ...]
    usual: Declared = field(default_factory=dict)
    important: Declared = field(default_factory=dict)

    @property
    def is_simple(self) -> bool:
        return not (self.tests or self.parent or self.outer) and len(self.keys) < 2

    def fits(
        self, keys: tuple[str, ...], attributes: Attributes, parent: tuple[str, ...], outer: Counter[str]
    ) -> bool:
        return (
            all(key in keys for key in self.keys)
            and all(key in parent for key in self.parent)
            and all(outer[key] for key in self.outer)
            and all(_compares(attributes.get(name), how, value) for name, how, value in self.tests)
        )


@dataclass(slots=True)
class StyleSheet:
    """The rules for tags, classes, ids and attributes, also inside others; none for some screens only."""

    has_backgrounds: bool = False  # by rules that are not understood
    has_colours: bool = False  # the same
    _rules: dict[str, _Rule] = field(default_factory=dict)  # by selector
    _by_key: dict[str, list[_Rule]] = field(default_factory=dict)
    _checks: int = 0
    _places: int = 0  # declarations that were read
    _outer: Counter[str] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return bool(self._rules)

    def add(self, css: str, media: str = "") -> None:
        """Read the rules of a sheet, if they apply on a screen."""
        css = css if not media.strip() or media.strip().lower() == "all" else _inside(f"media {media}", css)
        css = css[:LONGEST_SHEET].replace("<!--", "").replace("-->", "")
        css = _AT_RULE.sub(lambda rule: _inside(rule[1], rule[2] or ""), _plain(css))
        for piece in css.split("}"):
            before, _, body = piece.rpartition("{")
            usual, important = declarations(body)
            if not (before and (usual or important)):
                continue
            for selector in before.rpartition("{")[2].split(","):
                rule = self._rule(" ".join(selector.split()))
                if rule is not None:
                    rule.usual |= {name: (self._places, value) for name, value in usual.items()}
                    rule.important |= {name: (self._places, value) for name, value in important.items()}
                else:
                    said = usual.keys() | important.keys()
                    self.has_backgrounds |= "background-color" in said
                    self.has_colours |= "color" in said
            self._places += 1

    def _rule(self, selector: str) -> _Rule | None:
        """Return the rule with this selector; None if it is not understood."""
        if selector in self._rules:
            return self._rules[selector]
        rule = _parsed(selector) if len(self._rules) < MOST_RULES else None
        if rule is not None:
            self._rules[selector] = rule
            rules = self._by_key.setdefault(rule.keys[0] if rule.keys else "*", [])
            rules.insert(0 if rule.is_simple else len(rules), rule)
        return rule

    def of(self, keys: tuple[str, ...], attributes: Attributes, parent: tuple[str, ...] = ()) -> Style:
        """Return the properties that apply to an element, inside those that were entered."""
        own, own_important = declarations(attributes.get("style") or "")
        if not self._rules:
            return {**own, **own_important} if own_important else own
        found = list(self._fitting(keys, attributes, parent))
        usual = _decided((rule.weight, rule.usual) for rule in found)
        important = _decided((rule.weight, rule.important) for rule in found)
        return {**usual, **own, **important, **own_important}

    def _fitting(
        self, keys: tuple[str, ...], attributes: Attributes, parent: tuple[str, ...]
    ) -> Iterator[_Rule]:
        for key in ("*", *keys):
            for rule in self._by_key.get(key, ()):
                if rule.is_simple:
                    yield rule
                    continue
                self._checks += 1
                if self._checks > MOST_CHECKS:
                    break
                if rule.fits(keys, attributes, parent, self._outer):
                    yield rule

    def enter(self, keys: tuple[str, ...]) -> None:
        """Remember an element around those that follow."""
        if self._rules:
            self._outer.update(keys)

    def leave(self, keys: tuple[str, ...]) -> None:
        if self._rules:
            self._outer.subtract(keys)


def _decided(rules: Iterable[tuple[tuple[int, int, int], Declared]]) -> Style:
    """Return the values that win: those of the weightiest selector, of equal ones the last."""
    said = [(weight, place, name, value) for weight, each in rules for name, (place, value) in each.items()]
    return {name: value for _, _, name, value in sorted(said)}


def keys_of(tag: str, attributes: Attributes) -> tuple[str, ...]:
    """Return the selectors of one word that fit an element."""
    said, name = attributes.get("class"), attributes.get("id")
    if not said and not name:
        return (tag,)
    classes = (said or "").split()[:20]
    keys = [tag, *(f".{each}" for each in classes), *(f"{tag}.{each}" for each in classes)]
    return (*keys, f"#{name}", f"{tag}#{name}") if name else tuple(keys)


def _inside(at_rule: str, body: str) -> str:
    """Return the rules inside an at-rule if they apply in a window on a screen."""
    if re.match(r"layer\b|supports\s*\(", at_rule.strip().lower()):
        return body
    media = _MEDIA.fullmatch(" ".join(at_rule.lower().split()))
    if media and all(int(width) <= NARROWEST for width in re.findall(r"\d{1,6}", media[1])):
        return body
    return ""


def _parsed(selector: str) -> _Rule | None:
    """Return a rule without properties; None for selectors with siblings, states and the like.

    Of several `>`, only the last is checked.
    """
    words = re.sub(r"\s*([>+~])(?!=)\s*", r" \1 ", selector).split()
    compounds = [_compound(word) for word in words if word != ">"]
    if not compounds or len(compounds) > MOST_OUTER or None in compounds:
        return None
    *outer, (keys, tests) = [each for each in compounds if each]
    if any(tests for _, tests in outer):
        return None
    text = "".join(words)
    tags = sum(word[0].isalpha() for word in words)
    weight = (text.count("#"), text.count(".") + text.count("["), tags)
    parent = outer[-1][0] if outer and words[-2] == ">" else ()
    return _Rule(weight, keys, tests, parent, tuple(key for names, _ in outer for key in names))


def _compound(word: str) -> tuple[tuple[str, ...], tuple[tuple[str, str, str], ...]] | None:
    """Return the keys and tests of "p.a[id=b]"; None if it is not understood."""
    found = _COMPOUND.fullmatch(word)
    if found is None or not word:
        return None
    tag = "" if found[1] in (None, "*") else found[1]
    keys: list[str] = []
    tests: list[tuple[str, str, str]] = []
    for sign, name, attribute, how, value in _PART.findall(found[2]):
        if sign:
            keys.append(f"{tag}{sign}{name}")
        else:
            tests.append((attribute.lower(), how, value))
    return tuple(keys or ([tag] if tag else [])), tuple(tests)


def _compares(said: str | None, how: str, value: str) -> bool:
    if said is None:
        return False
    if how in ("^=", "$=", "*=") and not value:
        return False
    return {
        "": True,
        "=": said == value,
        "~=": value in said.split(),
        "^=": said.startswith(value),
        "$=": said.endswith(value),
        "*=": value in said,
    }[how]


def look_of(tag: str, attributes: Attributes, outer: Look, style: Style) -> Look:
    """Return the look of an element inside another one."""
    look = replace(outer)
    look.is_blocked |= "hidden" in attributes or "popover" in attributes or bool(style and _is_blocked(style))
    look.is_blocked |= tag in NOT_SHOWN and not (tag == "dialog" and "open" in attributes)
    if tag == "body":
        look.colour = colour_of(attributes.get("text") or "") or look.colour
        look.link = colour_of(attributes.get("link") or "") or look.link
    if tag == "a" and "href" in attributes:  # it has a colour of its own
        look.colour, look.is_clear = look.link, False
    if visibility := style.get("visibility"):
        look.is_invisible = visibility in ("hidden", "collapse")
    size = style.get("font-size")
    if size or (tag == "font" and attributes.get("size")):
        look.is_tiny = _is_tiny(size, outer.is_tiny) if size else False
    look.is_struck |= tag in STRUCK or "line-through" in (
        style.get("text-decoration", "") + style.get("text-decoration-line", "")
    )
    colour = style.get("-webkit-text-fill-color") or style.get("color")
    colour = colour or (attributes.get("color") if tag == "font" else None) or ""
    if is_clear(colour):
        look.is_clear = True
    elif found := colour_of(colour):
        look.is_clear, look.colour = False, found
    background = style.get("background-color") or attributes.get("bgcolor") or ""
    if _has_picture(style) or attributes.get("background"):
        look.background = UNKNOWN
    elif background and background not in _SHOWS_BEHIND and not is_clear(background):
        look.background = shade_in(background) or UNKNOWN
    if "text" in (style.get("-webkit-background-clip"), style.get("background-clip")):
        look.is_clear, look.colour = False, UNKNOWN  # the letters show the background
    return look


def _has_picture(style: Style) -> bool:
    background = style.get("background-image", "")
    return "url(" in background or "gradient(" in background


def _is_blocked(style: Style) -> bool:
    if style.get("display") == "none" or style.get("content-visibility") == "hidden":
        return True
    if "opacity" in style and _number(style["opacity"], 1) <= 0.01:
        return True
    filters = style.get("filter", "") + style.get("-ms-filter", "")
    if filters and re.search(r"opacity\s*[=(]\s*(?:0+\.?0*|\.0+)%?\s*[,)]", filters):
        return True
    if style.get("scale", "1").split()[:1] in (["0"], ["0%"]):
        return True
    if "transform" in style and re.search(
        r"(?:scale[xy]?|scale3d)\(\s*0*\.?0+\s*[,)]|matrix\(\s*0*\.?0+\s*,\s*0*\.?0+\s*,", style["transform"]
    ):
        return True
    return not style.keys().isdisjoint(_MOVES) and (_is_cut(style) or _is_outside(style))


def _is_cut(style: Style) -> bool:
    overflow = style.get("overflow", "") + style.get("overflow-x", "") + style.get("overflow-y", "")
    if "hidden" in overflow or "clip" in overflow:
        sizes = (style.get(name, "") for name in ("height", "max-height", "width", "max-width"))
        if any(_number(size, 99) <= 1 for size in sizes):
            return True
        indent = style.get("text-indent", "")
        if _number(indent, 0) >= (100 if indent.endswith("%") else -FAR_OUTSIDE):
            return True
    return _NOTHING_LEFT.match(style.get("clip-path", "")) is not None


def _is_outside(style: Style) -> bool:
    position = style.get("position")
    if position in ("absolute", "fixed", "relative"):
        places = [style.get(name, "") for name in ("left", "top", "right", "bottom")]
        if any(_number(place, 0) <= FAR_OUTSIDE for place in places):
            return True
        if position != "relative" and any(_WINDOWS.match(place) for place in places):
            return True
    if position in ("absolute", "fixed") and re.match(r"rect\(\s*[01](?:px)?[\s,]", style.get("clip", "")):
        return True
    if "translate" in style.get("transform", "") and re.search(r"-(?:\d{4,}|\d{3}v[wh])", style["transform"]):
        return True
    moved = [style.get(name, "") for name in ("text-indent", "margin-left", "margin-top")]
    return any(_number(each, 0) <= FAR_OUTSIDE for each in [*moved, *style.get("margin", "").split()[:4]])


def _size_in(font: str) -> str:
    """Return the size in the shorthand "italic bold 12px/1.5 Arial"; empty if it says none."""
    found = _SIZE.search(font)
    return found[1] if found else ""


def _is_tiny(size: str, is_inside_tiny: bool) -> bool:
    if size in ("inherit", "unset", "smaller"):
        return is_inside_tiny
    if size.endswith(("em", "%")) and not size.endswith("rem"):
        return is_inside_tiny or _number(size, 1) <= (1 if size.endswith("%") else 0.05)
    return _number(size, 99) <= (0.05 if size.endswith("rem") else 1)


def _number(text: str, otherwise: float) -> float:
    """Return the number that a value begins with."""
    found = _NUMBER.match(text)
    return float(found[1]) if found else otherwise
