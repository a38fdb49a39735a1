"""Filters for people: initials and a colour for the round picture beside a name."""

from __future__ import annotations

import unicodedata
from zlib import crc32

from django import template

register = template.Library()

TINTS = 6


@register.filter
def initials(name: str) -> str:
    """Return the first letters of the first and the last word of a name; "?" without any letter."""
    letters = [word[0] for word in (_letters_of(part) for part in name.split()) if word]
    return "".join([letters[0], *letters[1:][-1:]]).upper() if letters else "?"


def _letters_of(word: str) -> str:
    return "".join(sign for sign in word if unicodedata.category(sign)[0] in "LN")


@register.filter
def tint(address: str) -> str:
    """Return the class of a colour that stays the same for an address."""
    return f"c{crc32(address.strip().casefold().encode(errors='replace')) % TINTS + 1}"
