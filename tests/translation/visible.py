"""What people see or hear of a page, piece by piece: texts, names, tooltips and placeholders."""

from html.parser import HTMLParser

ATTRIBUTES = ("title", "aria-label", "placeholder", "alt")
BY_SCRIPTS = (  # in attributes data-…
    *("copied", "restore", "begun", "else", "in", "too-large", "has-file", "unanswered"),
    *("about", "choice", "example", "short"),
)
# Code, keys of the keyboard, languages by their own names, and what people typed.
SKIPPED = {"script", "style", "code", "kbd", "pre", "datalist", "textarea"}
# The header of an email, and values of the state.
SKIPPED_IDS, SKIPPED_CLASSES = {"header"}, {"change"}


class Visible(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.pieces = []
        self._skipped, self._depth = "", 0  # the element that is passed over, and how often it is open
        self.feed(html)

    def handle_starttag(self, tag, pairs):
        attributes = {name: value or "" for name, value in pairs}
        if self._skipped:
            self._depth += tag == self._skipped
            return
        names = (*ATTRIBUTES, *(f"data-{name}" for name in BY_SCRIPTS))
        self.pieces += [attributes[name] for name in names if attributes.get(name)]
        if tag == "input" and attributes.get("type") == "submit":
            self.pieces.append(attributes["value"])
        is_ours = tag in SKIPPED or attributes.get("id") in SKIPPED_IDS
        if is_ours or attributes.get("class") in SKIPPED_CLASSES:
            self._skipped, self._depth = tag, 1

    def handle_endtag(self, tag):
        if tag == self._skipped:
            self._depth -= 1
            self._skipped = self._skipped if self._depth else ""

    def handle_data(self, data):
        if not self._skipped and (text := " ".join(data.split())):
            self.pieces.append(text)
