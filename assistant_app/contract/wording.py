"""Short pieces of the texts in which workflows and doors speak of an application."""

from __future__ import annotations

EXCERPT = 180  # characters of a folded row


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def excerpt(text: str) -> str:
    """Return the beginning of a text on one line."""
    return " ".join(text[: EXCERPT * 4].split())[:EXCERPT]


def quoted(text: str) -> str:
    return f"“{excerpt(text)}”"


def in_words(name: str) -> str:
    """`process_input` is "Process input"."""
    return name.replace("_", " ").capitalize()
