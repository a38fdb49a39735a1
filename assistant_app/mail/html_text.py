"""Converts an email's HTML to the text that a person sees. Runs and fetches nothing.

Lines, lists, quotes, tables, links and struck-out words are kept. Hidden text is left out and counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from assistant_app.mail.html_style import (
    LOOKS,
    NOT_SHOWN,
    STRUCK,
    UNKNOWN,
    Attributes,
    Look,
    Style,
    StyleSheet,
    keys_of,
    look_of,
)

LONGEST = 1_000_000  # characters
MOST_TAGS = 30_000  # with attributes; a quarter of a second of CPU. Outlook writes ten for a line of text
MOST_LOOKS = 1_000  # to remember
DEEPEST_QUOTE = 5
DEEPEST_LIST = 6
DEEPEST_TABLE = 15  # deeper ones are read as lines
LONGEST_LINK = 200  # characters; longer ones are tracking links, of which only the host is shown
LONGEST_ALTERNATIVE = 300  # characters
LONGEST_RAISED = 12  # characters; longer texts are not super- or subscripts
LONGEST_TAG = 10_000  # characters without quoted values; of a longer one the attributes are not read
MOST_SPANNED = 20  # columns or rows that one cell takes
MOST_COVERED = 20_000  # places of all tables that cells of other columns or rows take
MOST_CELL_LINES = 3  # a table with longer cells is there for the layout
LONGEST_CELL_LINE = 120  # characters

_UNSEEN = frozenset({"script", "style", "template", "title"})
_APART = frozenset({"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "ul"})
_LINES = frozenset(
    {
        *(
            "address",
            "article",
            "aside",
            "br",
            "caption",
            "center",
            "dd",
            "details",
            "dir",
            "div",
            "dl",
            "dt",
            "fieldset",
        ),
        *(
            "figure",
            "figcaption",
            "footer",
            "form",
            "header",
            "legend",
            "li",
            "main",
            "menu",
            "nav",
            "section",
            "summary",
            "tr",
        ),
    }
)
_CELLS = frozenset({"td", "th"})
_GROUPS = frozenset({"tbody", "thead", "tfoot"})  # of rows
# Blocks that begin beside the number of an item, not below it.
_BESIDE_NUMBERS = frozenset({"article", "center", "div", "h1", "h2", "h3", "h4", "h5", "h6", "p", "section"})
_AROUND_CELLS = _GROUPS | {"table", "tr"}
_INSIDE_TABLES = _CELLS | _GROUPS | {"caption", "col", "colgroup", "tr"}
_BLOCKS = _APART | _LINES | _CELLS | _GROUPS | {"body", "html"}
_BARRIERS = frozenset({"table", "td", "th"})  # an end tag inside does not close an element outside
_VOID = frozenset(
    {
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    }
)
# Start tags that end an open element of the same kind, as in a browser.
_ENDS = {"li": ["li"], "dt": ["dt", "dd"], "dd": ["dt", "dd"], "option": ["option"], "a": ["a"]}
_SCOPE = ("ul", "ol", "dl", "select")  # unless one of these is between
# Values of `display`.
_COLUMNS = frozenset({"flex", "grid", "inline-flex", "inline-grid"})
_LINES_BY_STYLE = frozenset({"block", "flex", "flow-root", "grid", "list-item", "table", "table-row"})
_BLANK = re.compile(r"[ \t\r\n\f\xa0]+")
_RAISED = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_LOWERED = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
_ORDINAL = re.compile(r"(?:st|nd|rd|th|e|er|re|ère|ème|nde?|o|a|º|ª|os|as|tm|sm|®|™|©|\*+)\.?", re.IGNORECASE)
_QUOTING = re.compile(r"quote|cite", re.IGNORECASE)
_INTRODUCTION = re.compile(r"(?=.*[\d@]).*[:：]\s*$")
# What the style of a list shows before its items: a number of this kind, or nothing.
_KINDS_OF_LISTS: dict[str, str | None] = {
    **{"lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A", "lower-roman": "i"},
    **{"decimal-leading-zero": "01", "lower-greek": "α"},
    **{"upper-roman": "I", "decimal": "1", "disc": "", "circle": "", "square": "", "none": None},
}
_INTEGER = re.compile(r"\s*([+-]?\d{1,6})(?!\d)")
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl")),
    *((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_FILE = re.compile(r"[\w .()-]{1,80}\.(?:png|jpe?g|gif|bmp|svg|webp)", re.IGNORECASE)
_SEEN = re.compile(r"[^\W_]")
# Addresses that lead to another one, with the parameter that has it.
_REDIRECTS = (("safelinks.protection.outlook.com", "url"), ("www.google.com", "q"), ("l.facebook.com", "u"))
_PROOFPOINT = re.compile(r"https://urldefense\.(?:com|us|proofpoint\.com)/v3/__(.+?)__;")
_PROOFPOINT_2 = re.compile(r"https://urldefense\.proofpoint\.com/v2/url\?u=(https?-3A__[\w.~-]{1,2000})")
# Invisible markup for which the standard library's parser is slow or fails.
_SHEET = re.compile(r"<style\b", re.IGNORECASE)
_RULES = re.compile(r"<style\b([^>]*)>(.*?)(?=</style|\Z)", re.IGNORECASE | re.DOTALL)
_MEDIA = re.compile(r"\bmedia\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]*))", re.IGNORECASE)
_PAGE, _BODY = (re.compile(rf"<{tag}(?:\s[^>]{{0,2000}})?>", re.IGNORECASE) for tag in ("html", "body"))
_UNSETTLED = "\ufdd0"  # around the number of an item, if it depends on what follows; no email has it
_ITEM = re.compile(f"{_UNSETTLED}(\\d+){_UNSETTLED}")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_DECLARATION = re.compile(r"<[!?][^>]*>")
_TAG = re.compile(r"<[a-zA-Z][^\s\"'/>]*+(?:[^\"'>]++|\"[^\"]*+\"|'[^']*+')*+")
_NAME, _QUOTED = re.compile(r"<[^\s\"'/>]+"), re.compile(r"\"[^\"]*\"|'[^']*'")
_LONE = re.compile(r"<(?![a-zA-Z/])")  # a `<` that opens no tag


class TooMuch(ValueError):
    """The HTML is larger than any real email."""


def tags_in(html: str) -> int:
    """Return the number of tags and attributes; tags that begin something count twice if most of them do.

    They take longest to read, and programs end nearly all that they begin.
    """
    tags = html.count("<")
    return max(tags, 2 * (tags - html.count("</"))) + html.count("=")


class HtmlText(NamedTuple):
    text: str
    hidden: int  # words that a person would not see


@dataclass(slots=True)
class Allowance:
    """What may still be read of one email, however many parts it has."""

    characters: int = LONGEST
    tags: int = MOST_TAGS

    def take(self, html: str) -> None:
        """Use some of it; raise `TooMuch`, and use none, if the HTML does not fit."""
        characters, tags = self.characters - len(html), self.tags - tags_in(html)
        if characters < 0 or tags < 0:
            raise TooMuch
        self.characters, self.tags = characters, tags


def read(html: str, allowance: Allowance | None = None) -> HtmlText:
    """Return the visible text and the number of hidden words. Raise `TooMuch` if parsing would take long."""
    (allowance or Allowance()).take(html)
    html, closed, rest = _with_whole_sheets(html.replace(_UNSETTLED, "")).rpartition("-->")
    html = _COMMENT.sub("", html + closed) + rest.replace("<!--", "")
    shown, closed, rest = html.rpartition(">")
    shown = _TAG.sub(_bounded, _LONE.sub("&lt;", _DECLARATION.sub("", shown + closed)))
    reader = _Reader()
    reader.read_rules(shown)
    reader.look_like(*map(_attributes_of, (_PAGE.search(shown), _BODY.search(shown))))
    reader.feed(shown + rest.replace("<", "&lt;"))
    reader.close()
    return HtmlText(reader.text, reader.hidden)


def _bounded(tag: re.Match[str]) -> str:
    """Return a tag, or no more than its name if it has more attributes than any real one."""
    is_long = len(tag[0]) > LONGEST_TAG and len(_QUOTED.sub("", tag[0])) > LONGEST_TAG
    return _NAME.match(tag[0])[0] if is_long else tag[0]  # type: ignore[index]


def _with_whole_sheets(html: str) -> str:
    """Return HTML without the signs of comments inside style sheets, whose rules count all the same."""
    first, *others = _SHEET.split(html)
    pieces = [first]
    for piece in others:
        sheet, end, rest = piece.partition("</")
        pieces.append(sheet.replace("<!--", "").replace("-->", "") + end + rest)
    return "<style".join(pieces)


class _Tag(HTMLParser):
    """Reads the attributes of one tag."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Attributes = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found = dict(reversed(attrs))


def _attributes_of(tag: re.Match[str] | None) -> Attributes:
    reader = _Tag()
    reader.feed(tag[0] if tag else "")
    return reader.found


def to_text(html: str) -> str:
    """Return the visible text. Raise `TooMuch` if parsing would take long."""
    return read(html).text


@dataclass(slots=True)
class _Sheet:
    """Lines of text, of the whole email or of one cell of a table."""

    quotes: int = 0  # around it
    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    before: str = " "  # the last character of the line
    is_begun: bool = False  # the line has text
    is_blank: bool = False  # the line has a space that a person sees, as an empty line
    is_item: bool = False  # the line has nothing but the number of an item
    is_covered: bool = False  # a place in a row that a cell of another column or row takes

    def add(self, text: str) -> None:
        if text:
            self.line.append(text)
            self.before = text[-1]
            self.is_begun = self.is_begun or not text.isspace()
            self.is_item = self.is_item and text.isspace()

    def end_line(self, quotes: int) -> None:
        text = "".join(self.line).rstrip()
        if quotes != self.quotes:
            text = f"{self._marks(quotes)}{text}".rstrip()
        self.lines.append(text)
        self._begin_line()

    def add_lines(self, lines: list[str], quotes: int) -> None:
        """Add whole lines, instead of the one that was begun."""
        if lines:
            marks = self._marks(quotes)
            self.lines += [f"{marks}{line}".rstrip() for line in lines] if marks else lines
            self._begin_line()

    def _marks(self, quotes: int) -> str:
        return "> " * (min(quotes, DEEPEST_QUOTE) - min(self.quotes, DEEPEST_QUOTE))

    def _begin_line(self) -> None:
        self.line, self.before = [], " "
        self.is_begun = self.is_blank = self.is_item = False


@dataclass(slots=True)
class _Table:
    rows: list[list[_Sheet]] = field(default_factory=list)
    cell: _Sheet | None = None
    reaching: dict[int, int] = field(default_factory=dict)  # by column: number of the last row a cell takes
    foot: set[int] = field(default_factory=set)  # numbers of the rows that are shown last

    def add(self, cell: _Sheet, columns: int, rows: int) -> None:
        """Add a cell to the last row, behind the places that cells above take."""
        row = self.rows[-1]
        while self.reaching.get(len(row), 0) >= len(self.rows):
            row.append(_Sheet(is_covered=True))
        for column in range(columns):
            if rows > 1:
                self.reaching[len(row)] = len(self.rows) + rows - 1
            row.append(_Sheet(is_covered=True) if column else cell)


@dataclass(slots=True)
class _List:
    kind: str | None  # of its numbers: "1", "a" and so on; "" for dots, None for nothing
    number: int = 1  # of the next item
    step: int = 1
    unsettled: list[tuple[int, int | None]] = field(default_factory=list)  # items, with what they say


@dataclass(slots=True)
class _Element:
    tag: str
    look: Look
    keys: tuple[str, ...]
    is_quote: bool = False
    is_list: bool = False
    is_plain: bool = False
    is_unseen: bool = False
    raised: str = ""  # "sup" or "sub"
    is_block: bool = False
    is_line: bool = False  # by its style
    is_apart: bool = False  # from what is beside it in the line
    has_columns: bool = False  # what is inside is side by side
    link: str = ""
    link_text: list[str] = field(default_factory=list)
    has_picture: bool = False  # inside the link


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.hidden = 0
        self._style = StyleSheet()
        self._page = Look()
        self._looks: dict[tuple[object, ...], tuple[Look, Look]] = {}  # the outer one, and the one inside it
        self._sheet = _Sheet()  # the innermost open one
        self._outer_sheets: list[_Sheet] = []
        self._covered = 0  # places of tables, by cells that take several
        self._tables: list[_Table] = []
        self._open: list[_Element] = []
        self._places: dict[str, list[int]] = {}  # where in `_open` each tag is
        self._block_places: list[int] = []
        self._barrier_places: list[int] = []
        self._lists: list[_List] = []
        self._numbers: list[str] = []  # of items, once they are settled
        self._links: list[_Element] = []
        self._quotes = self._unseen = self._plain = 0
        self._raised: list[str] = []

    # --- What was read -----------------------------------------------------------------------------

    @property
    def text(self) -> str:
        self._close(0)
        while self._tables:
            self._end_table()
        self._sheet.end_line(self._quotes)
        text = "\n".join(_collapsed(self._sheet.lines)).strip("\n").replace("~~~~", "").replace("~~ ~~", " ")
        return _ITEM.sub(lambda item: self._numbers[int(item[1])], text)

    def read_rules(self, html: str) -> None:
        """Read the style sheets, which also count for what is above them."""
        for attributes, css in _RULES.findall(html):
            media = _MEDIA.search(attributes)
            self._style.add(css, next(filter(None, media.groups()), "") if media else "")

    def look_like(self, *pages: Attributes) -> None:
        """Take the look of the page and its body, which also counts for what is outside their tags."""
        parent: tuple[str, ...] = ()
        for tag, attributes in zip(("html", "body"), pages, strict=True):
            keys = keys_of(tag, attributes)
            self._page = look_of(tag, attributes, self._page, self._style.of(keys, attributes, parent))
            parent = keys

    @property
    def _look(self) -> Look:
        return self._open[-1].look if self._open else self._page

    def _look_inside(self, outer: Look, tag: str, attributes: Attributes, style: Style) -> Look:
        """Return the look of an element. It is worked out once for equal ones inside the same look."""
        named = LOOKS & attributes.keys()
        looks = tuple((name, attributes[name]) for name in named) if named else ()
        said = tuple(style.items()) if style else ()
        key = (id(outer), tag, "href" in attributes, "open" in attributes, looks, said)
        found = self._looks.get(key)
        if found is None:
            look = look_of(tag, attributes, outer, style)
            if len(self._looks) >= MOST_LOOKS:
                self._looks.clear()
            # The outer one is kept with it, so that nothing else gets its id.
            found = self._looks[key] = outer, outer if look == outer else look
        return found[1]

    def _look_around(self, tag: str = "") -> Look:
        """Return the look of what is around a text or tag. Text between cells is shown above the table."""
        if self._open and self._open[-1].tag in _AROUND_CELLS and tag not in _INSIDE_TABLES:
            table = self._place_of("table")
            return self._open[table - 1].look if table > 0 else self._page
        return self._look

    # --- Tags --------------------------------------------------------------------------------------

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(reversed(attrs))  # the first of a name counts
        if tag in _ENDS:
            for ended in _ENDS[tag]:
                self._close_inside(ended, _SCOPE)
        if tag in _BLOCKS and tag != "br":
            self._close_inside("p")
        if tag == "tr" or tag in _CELLS or tag in _GROUPS:
            self._close_cell()
        if tag in _GROUPS:
            for group in _GROUPS:
                self._close_inside(group)
        parent = self._open[-1].keys if self._open else ()
        keys = keys_of(tag, attributes)
        style = self._style.of(keys, attributes, parent) if attributes or self._style else {}
        look = self._look_around(tag)
        if style or tag in STRUCK or tag in NOT_SHOWN or tag == "a" or LOOKS & attributes.keys():
            look = self._look_inside(look, tag, attributes, style)
        if look.background is None and self._style.has_backgrounds and look.colour is not None:
            look = replace(look, background=UNKNOWN)
        if look.colour is None and self._style.has_colours and look.background is not None:
            look = replace(look, colour=UNKNOWN)
        if tag in _VOID:
            if not look.hides_pictures and not self._unseen:
                self._void(tag, attributes)
            return
        element = _Element(tag, look, keys, is_unseen=tag in _UNSEEN, is_block=tag in _BLOCKS)
        if not look.hides_pictures and not self._unseen:
            self._begin(tag, attributes, style, element)
        elif tag == "table" or tag == "tr" or tag in _CELLS:
            self._begin_table_part(tag, attributes, is_hidden=look.is_blocked or self._unseen > 0)
        elif tag in _LINES and not look.is_blocked and not self._unseen:
            self._break()  # it has its place, and what is inside may be visible
        self._push(element)

    def _begin(self, tag: str, attributes: dict[str, str | None], style: Style, element: _Element) -> None:
        is_beside_number = self._sheet.is_item and tag in _BESIDE_NUMBERS
        if (tag in _APART or tag in _LINES) and not is_beside_number:
            self._break()
            if tag in _APART and not (tag in ("ol", "ul") and self._lists):
                self._sheet.end_line(self._quotes)
        if tag == "blockquote":
            self._begin_quote(attributes, style, element)
        elif tag in ("ol", "ul", "menu", "dir"):
            self._begin_list(tag, attributes, style)
            element.is_list = True
        elif tag == "li" and not element.look.hides_text:
            self._begin_item(attributes, style)
        elif tag == "a":
            element.link = (attributes.get("href") or "").strip()
        elif tag in ("sup", "sub"):
            element.raised = tag
        elif tag == "table" or tag == "tr" or tag in _CELLS:
            self._begin_table_part(tag, attributes)
        elif tag == "q":
            self._add("“")
        elif tag == "option":
            self._add(" ")
        element.is_plain = tag == "pre" or style.get("white-space", "").startswith("pre")
        if style or tag == "button" or (self._open and self._open[-1].has_columns):
            self._begin_box(tag, style, element)
        if style.get("vertical-align") in ("super", "sub") and not element.raised:
            element.raised = "sup" if style["vertical-align"] == "super" else "sub"

    def _begin_box(self, tag: str, style: Style, element: _Element) -> None:
        """Tell an element apart from what is before it if its style or that of its parent does."""
        display = style.get("display", "")
        element.has_columns = display in _COLUMNS
        if tag in _BLOCKS:
            return
        if display in _LINES_BY_STYLE:
            element.is_line = True
            if not self._sheet.is_item:
                self._break()
        elif (
            tag == "button"
            or display == "table-cell"
            or style.get("float") in ("left", "right")
            or (self._open and self._open[-1].has_columns)
        ):
            element.is_apart = True
            self._add(" ")

    def _void(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "br":
            self._sheet.end_line(self._quotes)
        elif tag == "hr":
            self._break()
            self._sheet.end_line(self._quotes)
        elif tag == "img":
            self._picture(attributes)
        elif tag == "area":
            self._area(attributes)
        elif tag == "input":
            self._input(attributes)

    def _picture(self, attributes: dict[str, str | None]) -> None:
        """Add a picture's alternative text, unless it is a pixel that reports the opening of the email."""
        for element in self._links[-1:]:
            element.has_picture = True
        alt = " ".join((attributes.get("alt") or "").split())[:LONGEST_ALTERNATIVE]
        sizes = (attributes.get("width") or "", attributes.get("height") or "")
        if alt and not _FILE.fullmatch(alt) and not any(size.strip() in ("0", "1") for size in sizes):
            self._add(f"[{alt}]" if _SEEN.search(alt) else alt)

    def _area(self, attributes: dict[str, str | None]) -> None:
        """Add a place in a picture that leads somewhere."""
        alt, address = (attributes.get("alt") or "").strip(), _address((attributes.get("href") or "").strip())
        if alt and address:
            self._add(f"[{' '.join(alt.split())[:LONGEST_ALTERNATIVE]}] <{address}> ")

    def _input(self, attributes: dict[str, str | None]) -> None:
        """Add what a field of a form shows."""
        kind = (attributes.get("type") or "text").lower()
        if kind in ("checkbox", "radio"):
            self._add("[x] " if "checked" in attributes else "[ ] ")
        elif kind != "hidden" and kind != "password":
            text = (attributes.get("alt") if kind == "image" else "") or attributes.get("value") or ""
            if text := " ".join(text.split())[:LONGEST_ALTERNATIVE]:
                self._add(f"[{text}]")

    def handle_endtag(self, tag: str) -> None:
        places = self._places.get(tag)
        if not places:
            return
        if tag not in _BLOCKS and self._block_places and self._block_places[-1] > places[-1]:
            if tag != "a":  # a link around a block is closed from inside by some programs
                return
            if self._barrier_places and self._barrier_places[-1] > places[-1]:
                return
        if tag in _CELLS or tag == "tr":  # of the innermost open table
            if self._place_of("table") > places[-1]:
                return
        elif tag != "table" and self._barrier_places and self._barrier_places[-1] > places[-1]:
            return
        self._close(places[-1])

    def _close_inside(self, tag: str, scope: Iterable[str] = ()) -> None:
        """Close an open element with this tag, unless an element of the scope or a table is inside it."""
        place = self._place_of(tag)
        if place < 0 or (self._barrier_places and self._barrier_places[-1] > place):
            return
        if all(self._place_of(name) < place for name in scope):
            self._close(place)

    def _place_of(self, tag: str) -> int:
        """Return where the innermost open element with this tag is; -1 if there is none."""
        places = self._places.get(tag)
        return places[-1] if places else -1

    def _push(self, element: _Element) -> None:
        place = len(self._open)
        self._open.append(element)
        self._style.enter(element.keys)
        self._places.setdefault(element.tag, []).append(place)
        if element.is_block:
            self._block_places.append(place)
        if element.tag in _BARRIERS:
            self._barrier_places.append(place)
        self._unseen += element.is_unseen
        self._plain += element.is_plain
        if element.raised:
            self._raised.append(element.raised)
        if element.link:
            self._links.append(element)

    def _close(self, place: int) -> None:
        """Close all elements from this place on."""
        while len(self._open) > place:
            element = self._open.pop()
            self._style.leave(element.keys)
            places = self._places[element.tag]
            places.pop()
            if not places:
                del self._places[element.tag]
            if element.is_block:
                self._block_places.pop()
            if element.tag in _BARRIERS:
                self._barrier_places.pop()
            self._unseen -= element.is_unseen
            self._end(element)

    def _end(self, element: _Element) -> None:
        tag = element.tag
        if element.link:
            self._links.pop()
            self._end_link(element)
        if element.raised:
            self._raised.pop()
        if tag in _CELLS:
            self._end_cell()
        elif tag == "table":
            self._end_table()
        elif tag in _APART or tag in _LINES:
            if element.look.hides_pictures or self._unseen:
                return
            self._break()
        elif element.is_line:
            self._break()
        elif element.is_apart:
            self._add(" ")
        elif tag == "q" and not element.look.hides_pictures and not self._unseen:
            self._add("”")
        self._quotes -= element.is_quote
        self._plain -= element.is_plain
        if element.is_list:
            self._settle(self._lists.pop())
        if tag in _APART and not (element.is_list and self._lists):
            self._sheet.end_line(self._quotes)

    # --- Text --------------------------------------------------------------------------------------

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        look = self._look_around()
        if look.hides_text:
            self.hidden += len(re.findall(r"\w+", data))
            if not look.is_blocked:  # it takes room between what is seen
                self._add(" ")
            return
        if self._plain:
            first, *others = data.split("\n")
            self._sheet.add(first)
            for line in others:
                self._sheet.end_line(self._quotes)
                self._sheet.add(line)
            return
        self._sheet.is_blank = self._sheet.is_blank or "\xa0" in data
        words = _BLANK.sub(" ", data)
        if self._raised:
            words = self._raise(words)
        if look.is_struck and words.strip():
            inner = words.strip()
            words = words.replace(inner, f"~~{inner}~~", 1)
        self._add(words)

    def _add(self, text: str) -> None:
        sheet = self._sheet
        sheet.add(
            text.lstrip(" ") if sheet.before == " " and not (sheet.is_begun and text[:1] != " ") else text
        )
        for element in self._links[-1:]:
            element.link_text.append(text)

    def _raise(self, text: str) -> str:
        inner = text.strip()
        if not inner or len(inner) > LONGEST_RAISED:
            return text
        digits = _RAISED if self._raised[-1] == "sup" else _LOWERED
        written = inner.translate(digits)
        if all(letter not in inner for letter in written):
            return text.replace(inner, written, 1)
        if _ORDINAL.fullmatch(inner):
            return text
        mark = "^" if self._raised[-1] == "sup" else "_"
        return text.replace(inner, f"{mark}{inner}" if inner.isalnum() else f"{mark}({inner})", 1)

    def _break(self) -> None:
        if self._sheet.is_begun or self._sheet.is_blank:
            self._sheet.end_line(self._quotes)

    # --- Quotes, lists and links -------------------------------------------------------------------

    def _begin_quote(self, attributes: dict[str, str | None], style: Style, element: _Element) -> None:
        """Count a quote of an email; a `blockquote` that only moves text to the right is none."""
        says = f"{attributes.get('type')} {attributes.get('class')} {attributes.get('id')}"
        border = style.get(
            "border-left", style.get("border-left-style", style.get("border-inline-start", ""))
        )
        is_lined = bool(border) and "none" not in border and not border.startswith("0")
        introduction = next((line for line in reversed(self._sheet.lines[-6:]) if line.strip("> ")), "")
        if (
            attributes.get("cite")
            or _QUOTING.search(says)
            or is_lined
            or _INTRODUCTION.match(introduction[-500:])
        ):
            element.is_quote = True
            self._quotes += 1

    def _begin_list(self, tag: str, attributes: dict[str, str | None], style: Style) -> None:
        usual = (attributes.get("type") or "1") if tag == "ol" else ""
        kind = _KINDS_OF_LISTS.get(_list_style(style), usual)
        start = _integer(attributes.get("start"))
        if tag == "ol" and "reversed" in attributes:
            self._lists.append(_List(kind, start or 0, step=-1 if start is not None else 0))
        else:
            self._lists.append(_List(kind, 1 if start is None else start))

    def _begin_item(self, attributes: dict[str, str | None], style: Style) -> None:
        indent = "  " * (min(len(self._lists), DEEPEST_LIST) - 1)
        owner = self._lists[-1] if self._lists else _List("")
        kind = _KINDS_OF_LISTS.get(_list_style(style), owner.kind)
        if not kind or not owner.kind:
            self._sheet.add(f"{indent}- " if kind is not None else indent)
        elif owner.step:
            value = _integer(attributes.get("value"))
            number = owner.number if value is None else value
            owner.number = number + owner.step
            self._sheet.add(f"{indent}{_numeral(kind, number)}. ")
        else:  # it counts down to 1
            owner.unsettled.append((len(self._numbers), _integer(attributes.get("value"))))
            self._sheet.add(f"{indent}{_UNSETTLED}{len(self._numbers)}{_UNSETTLED}. ")
            self._numbers.append("")
        self._sheet.is_item = True

    def _settle(self, owner: _List) -> None:
        """Number the items of a list that counts down."""
        number = len(owner.unsettled)
        for item, value in owner.unsettled:
            number = number if value is None else value
            self._numbers[item] = _numeral(owner.kind or "1", number)
            number -= 1

    def _end_link(self, element: _Element) -> None:
        text = "".join(element.link_text)
        if self._unseen or (element.look.hides_text and not element.has_picture):
            return
        address = _address(element.link)
        if not address or _is_said(address, text):
            return
        sheet = self._sheet
        if sheet.is_begun or not sheet.lines:
            sheet.line = ["".join(sheet.line).rstrip(" ")] if sheet.before == " " else sheet.line
            sheet.add(f" <{address}>" if sheet.is_begun else f"<{address}>")
            return
        number = next(
            (n for n in range(len(sheet.lines) - 1, max(-1, len(sheet.lines) - 4), -1) if sheet.lines[n]), -1
        )
        if number >= 0 and text.strip():
            sheet.lines[number] += f" <{address}>"
        else:
            sheet.add(f"<{address}>")

    # --- Tables ------------------------------------------------------------------------------------

    def _begin_table_part(self, tag: str, attributes: Attributes, is_hidden: bool = False) -> None:
        if tag == "table":
            self._tables.append(_Table())
            return
        if not self._tables:
            if tag in _CELLS and not is_hidden:
                self._sheet.add(" " if self._sheet.is_begun else "")
            return
        table = self._tables[-1]
        if tag == "tr":
            if self._place_of("tfoot") > self._place_of("table"):
                table.foot.add(len(table.rows))
            table.rows.append([])
        elif len(self._tables) > DEEPEST_TABLE:
            self._break()
        else:
            if not table.rows:
                table.rows.append([])
            self._outer_sheets.append(self._sheet)
            table.cell = self._sheet = _Sheet(quotes=self._quotes)
            if not is_hidden:
                columns, rows = _count(attributes.get("colspan")), _count(attributes.get("rowspan"))
                self._covered += columns * rows - 1
                table.add(table.cell, *((columns, rows) if self._covered <= MOST_COVERED else (1, 1)))

    def _close_cell(self) -> None:
        """Close the open cell of the innermost open table, with all that is open in it."""
        place = max(self._place_of("td"), self._place_of("th"))
        if place > self._place_of("table"):
            self._close(place)

    def _end_cell(self) -> None:
        table = self._tables[-1] if self._tables else None
        if table is not None and table.cell is not None:
            table.cell.end_line(self._quotes)
            self._sheet = self._outer_sheets.pop()
            table.cell = None

    def _end_table(self) -> None:
        self._end_cell()
        table = self._tables.pop()
        self._break()
        self._sheet.add_lines(list(_table_lines(table)), self._quotes)


def _collapsed(lines: list[str]) -> list[str]:
    """Join blank lines; of those in a row, keep the one that is least quoted."""
    kept: list[str] = []
    for line in lines:
        if kept and not (line.strip("> ") or kept[-1].strip("> ")):
            line = min(line, kept.pop(), key=len)
        kept.append(line)
    return kept


def _table_lines(table: _Table) -> Iterator[str]:
    """Yield one line a row, with "|" between cells; cell below cell if the table is there for the layout."""
    order = sorted(range(len(table.rows)), key=lambda number: number in table.foot)
    said_rows = [table.rows[number] for number in order]
    rows = [[_trimmed(cell.lines) for cell in row] for row in said_rows]
    cells = [cell for row in rows for cell in row]
    is_data = all(
        len(cell) <= MOST_CELL_LINES and all(len(line) <= LONGEST_CELL_LINE for line in cell)
        for cell in cells
    )
    is_data = is_data and any(sum(map(bool, row)) > 1 for row in rows)
    for row, said in zip(rows, said_rows, strict=True):
        filled = [cell for cell in row if cell]
        if not filled:
            continue
        is_one = len(row) > 1 and all(
            cell.is_covered for cell in said[1:]
        )  # such as a heading over all columns
        if len(row) > 1 and is_data and not is_one:
            yield " | ".join(" / ".join(line for line in cell if line) for cell in row).strip()
        elif len(filled) > 1 and all(len(cell) == 1 and len(cell[0]) <= LONGEST_CELL_LINE for cell in filled):
            yield " | ".join(cell[0] for cell in filled)
        else:
            for cell in filled:
                yield from cell


def _count(said: str | None) -> int:
    """Return how many columns or rows a cell takes."""
    said = (said or "1").strip()
    return min(int(said), MOST_SPANNED) or 1 if said.isascii() and said.isdigit() and len(said) < 7 else 1


def _trimmed(lines: list[str]) -> list[str]:
    """Return the lines of a cell without blank ones around, and with those between joined."""
    kept = _collapsed(lines)
    while kept and not kept[0].strip():
        del kept[0]
    while kept and not kept[-1].strip():
        del kept[-1]
    return kept if len([line for line in kept if line]) > MOST_CELL_LINES else [line for line in kept if line]


def _list_style(style: Style) -> str:
    said = style.get("list-style-type") or style.get("list-style")
    return next((word for word in said.split()[:5] if word in _KINDS_OF_LISTS), "") if said else ""


def _integer(text: str | None) -> int | None:
    """Return the integer that an attribute begins with, as browsers do; None if it begins with none."""
    found = _INTEGER.match(text or "")
    return int(found[1]) if found else None


def _numeral(kind: str, number: int) -> str:
    if kind in "aAα" and number > 0:
        letters, text = ("αβγδεζηθικλμνξοπρστυφχψω" if kind == "α" else "abcdefghijklmnopqrstuvwxyz"), ""
        while number > 0:
            number, place = divmod(number - 1, len(letters))
            text = letters[place] + text
        return text.upper() if kind == "A" else text
    if kind in "iI" and 0 < number < 4000:
        text = ""
        for value, sign in _ROMAN:
            text += sign * (number // value)
            number %= value
        return text.upper() if kind == "I" else text
    return f"{number:02}" if kind == "01" else str(number)


def _address(href: str) -> str:
    """Return what a link leads to, for people; an empty text for addresses inside the email."""
    scheme, _, rest = "".join(href.split()).partition(":")
    scheme = scheme.lower()
    if scheme == "mailto":
        address, _, fields = rest.partition("?")
        if not address and (found := re.search(r"(?:^|&)to=([^&]{1,500})", fields, re.IGNORECASE)):
            address = found[1]
        return unquote(address)[:LONGEST_LINK]
    if scheme in ("tel", "sms", "callto"):
        return unquote(rest)[:LONGEST_LINK]
    if scheme not in ("http", "https"):
        return ""
    address = "".join(_without_redirect(f"{scheme}:{rest}").split())
    if len(address) <= LONGEST_LINK:
        return address.replace("<", "%3C").replace(">", "%3E")
    host = re.match(r"https?://[^/?#<>]{1,100}", address)
    return f"{host[0]}/…" if host else ""


def _without_redirect(address: str) -> str:
    if found := _PROOFPOINT.match(address):
        return found[1]
    if found := _PROOFPOINT_2.match(address):
        return unquote(found[1].replace("-", "%").replace("_", "/"))
    if not any(known in address.lower() for known, _ in _REDIRECTS):
        return address
    try:
        parts = urlsplit(address)
        host, query = parts.hostname or "", parts.query
    except ValueError:
        return address
    for known, name in _REDIRECTS:
        if host == known or host.endswith(f".{known}"):
            try:
                target = parse_qs(query, max_num_fields=50).get(name, [""])[0]
            except ValueError:
                return address
            if target.startswith(("http://", "https://")):
                return "".join(target.split())
    return address


def _is_said(address: str, text: str) -> bool:
    """Return whether the text of a link says already where it leads."""
    bare, said = (
        re.sub(r"^https?://(?:www\.)?|^www\.", "", each).rstrip("/") for each in (address, text.strip())
    )
    digits = re.sub(r"\D", "", address)
    is_number = len(digits) > 4 and digits[-7:] in re.sub(r"\D", "", text) and not address.startswith("http")
    return address in text.split() or bare == said or is_number
