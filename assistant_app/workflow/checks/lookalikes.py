"""Replaces characters that look like one of ASCII: non-breaking hyphens, dashes, spaces, other digits.

Models write order numbers with U+2011, a hyphen that no line breaks at. The text keeps its length, so that
places in it stay right. NFKC would change lengths, and leaves dashes as they are.
"""

from assistant_app.workflow.checks.tables import LOOK_ALIKES


def _table() -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in LOOK_ALIKES.split():
        codes, _, char = entry.partition("=")
        first, last = (int(code, 16) for code in codes.split("-"))
        for code in range(first, last + 1):
            found[chr(code)] = str(int(char) + code - first) if char.isdigit() else char.replace("_", " ")
    return found


_TABLE = _table()


def plain(text: str) -> str:
    """Return the text with look-alike characters replaced, each by one character."""
    if not text.isascii():
        for char in _TABLE.keys() & set(text):
            text = text.replace(char, _TABLE[char])
    return text
