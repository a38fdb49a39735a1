"""Reads the addresses in a header line, and writes them for people. Pure functions; the text is untrusted.

A line that ends with `<address>` has that address, whatever is before it. The standard library's parser is
stricter: it takes parts of a name with `@`, `[` or `,` for the address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from email.errors import MessageError
from email.headerregistry import Address
from html import unescape

from assistant_app.mail.charsets import decode_words, has_encoded_words
from assistant_app.mail.hidden import one_line

LONGEST_LINE = 50_000  # characters that are looked at
MOST_ADDRESSES = 200  # of one line
LONGEST_ADDRESS = 320  # characters: RFC 5321, section 4.5.3.1
LONGEST_SENDER = 5_000  # characters
MOST_TOKENS = 100  # of a name with unquoted commas

_LOCAL = r"""(?:"(?:[^"\\\r\n]|\\.){1,64}"|[^\s"(),:;<>@\[\\\]]{1,64})"""
_ADDRESS = re.compile(rf"({_LOCAL})@(\[[0-9A-Fa-f.:IPv]{{3,60}}\]|[^\s\"(),:;<>@\[\\\]]{{1,255}})")
_ASCII = re.compile(r"[!-~]+")  # servers without SMTPUTF8 reject the rest
_DOMAIN = re.compile(r"[A-Za-z0-9._-]+|\[.+\]")
# Python's email package encodes the comma of a list where it folds the line, which makes a word of its own.
_TOKEN = re.compile(
    r"""(?P<end>[,;]|=\?[^?\s]{1,80}\?[qQ]\?=2[cC]\?=(?!\S))
    |(?P<word>=\?[^?\s]{1,80}\?[bBqQ]\?[^?\n]*\?=)
    |(?P<quoted>(?<![^\s,;:>(])"(?:[^"\\]|\\.)*")
    |(?P<angle><[^<>]*>)
    |(?P<comment>\((?:[^()\\]|\\.)*\))
    |(?P<group>:)
    |(?P<text>[^\s"(<,;:=]+|.)""",
    re.VERBOSE | re.DOTALL,
)
# How mail programs write the link of an address: Anna <a@b.org<mailto:a@b.org>>, Anna [mailto:a@b.org]
_LINKED = re.compile(r"\[mailto:\s*([^\[\]<>\s]{1,320})\s*\]|<mailto:\s*([^<>\s]{1,320})\s*>", re.IGNORECASE)
_LINE_BREAK = re.compile("[\r\n]")  # in an encoded name: an attempt to begin another header line
# What East Asian input methods type for `@`, `<` and `>`, and invisible characters of copied addresses.
_WIDE = str.maketrans("\uff20\uff1c\uff1e\u060c", "@<>,", "\u200b\u200c\u200d\u2060\ufeff\xad")
# An address without its brackets: mailto:a@b.org?subject=x, [a@b.org], 'a@b.org'
_OTHERWISE_ENCLOSED = re.compile(
    r"(?<!\S)(?:mailto:([^\s<>\[\]@,;?]{1,64}@[^\s<>\[\],;?]{1,255})(?:\?[^\s,;<>]{0,300})?"
    r"|\[([^\s<>\[\]@]{1,64}@[^\s<>\[\]]{1,255})\]|'([^\s<>'@]{1,64}@[^\s<>']{1,255})')(?=[\s,;]|$)",
    re.IGNORECASE,
)
_UNCLOSED = re.compile(r"<([^<>\s]{3,320})\s*$")
_TWICE = re.compile(r"(?<![^<>\s])<?([^<>\s]{3,320})>?\s*<\1>>?")


def addresses_in(line: str, *, is_sender: bool = False) -> list[Address]:
    """Return the addresses in a header line, without duplicates; an empty list if none is valid.

    A sender's line has one address if it ends with `<address>`; what comes before it is the name.
    """
    line = line[: LONGEST_SENDER if is_sender else LONGEST_LINE]
    line = _LINKED.sub(lambda link: f"<{link[1] or link[2]}>", line)
    line = _TWICE.sub(r"<\1>", line)
    found = _addresses(_entries(line, is_sender)) or _addresses(_entries(_repaired(line), is_sender))
    if not found and not is_sender and line.count("@") > 1:  # nothing known is between the addresses
        found = _addresses(("", spec[0]) for spec in _ADDRESS.finditer(_repaired(line)))
    return list({address.addr_spec.lower(): address for address in reversed(found)}.values())[::-1]


def _repaired(line: str) -> str:
    """Return a line without what hides its address: full-width characters, other brackets, no `>`."""
    line = unescape(line).translate(_WIDE).strip()
    line = _OTHERWISE_ENCLOSED.sub(lambda spec: f"<{spec[1] or spec[2] or spec[3]}>", line)
    if len(line) > 2 and line[0] == line[-1] == '"' and "@" in line:
        line = line[1:-1]
    return _UNCLOSED.sub(r"<\1>", line)


def written(addresses: Iterable[Address]) -> str:
    """Return addresses as a header line for people, which `addresses_in` reads back."""
    return ", ".join(map(str, addresses))


def _addresses(entries: Iterable[tuple[str, str]]) -> list[Address]:
    found: list[Address] = []
    for name, spec in entries:
        if spec:
            found += filter(None, [_address(name, spec)])
        elif has_encoded_words(name):  # some programs encode the address, too
            found += _addresses(_entries(_without_words(decode_words(name)), False))
        if len(found) >= MOST_ADDRESSES:
            break
    return found[:MOST_ADDRESSES]


def _without_words(text: str) -> str:
    """Make sure that decoded text is not decoded again."""
    return text.replace("=?", "= ?")


def _entries(line: str, is_sender: bool) -> Iterator[tuple[str, str]]:
    """Yield name and address of each entry; an empty address if the entry has none."""
    tokens = [(token.lastgroup or "text", token[0]) for token in _TOKEN.finditer(line.strip())]
    if is_sender and (last := _last_angle(tokens)):
        yield "".join(text for _, text in tokens[: last - 1]), _inside(tokens[last - 1][1])
        return
    has_groups = any(kind == "end" and text == ";" for kind, text in tokens)
    name: list[tuple[str, str]] = []
    may_end = False  # at the next comma, which else belongs to the name
    for kind, text in [*tokens, ("end", ",")]:
        if kind == "angle" and (spec := _inside(text)):
            yield "".join(text for _, text in name), spec
            name, may_end = [], False
        elif kind == "group" and has_groups and not any("@" in text for _, text in name):
            name = []  # the name of a group
        elif kind != "end":
            name.append((kind, text))
            may_end = may_end or "@" in text or "?" in text  # as an address or an encoded word has
        elif text == ";" or (may_end and _is_entry(name)):
            yield _without_angle(name)
            name, may_end = [], False
        elif len(name) > MOST_TOKENS:
            name = []
        elif name:
            name.append((kind, text))  # an unquoted comma in a name
            may_end = False


def _is_entry(tokens: list[tuple[str, str]]) -> bool:
    """Return whether tokens have an address, or encoded words in which one may be."""
    name, spec = _without_angle(tokens)
    return bool(spec) or has_encoded_words(name)


def _last_angle(tokens: list[tuple[str, str]]) -> int:
    """Return the number of tokens up to an `<address>` that only comments follow; 0 if there is none."""
    for number in range(len(tokens), 0, -1):
        kind, text = tokens[number - 1]
        if kind == "angle":
            is_alone = not any(kind == "angle" and _inside(text) for kind, text in tokens[: number - 1])
            is_list = any(kind == "end" for kind, _ in tokens[: number - 1]) and not is_alone
            return number if _inside(text) and not is_list else 0
        if kind != "comment" and text.strip():
            return 0
    return 0


def _inside(angle: str) -> str:
    """Return the address in `<…>`; an empty text if there is none."""
    inside = angle[1:-1]
    if has_encoded_words(inside):
        inside = decode_words(inside)
    if not inside.lstrip().startswith('"'):
        inside = "".join(inside.split())
    inside = inside.strip().rpartition("@")[0].rpartition(":")[2] + "@" + inside.strip().rpartition("@")[2]
    return inside if _ADDRESS.fullmatch(inside) else ""


def _without_angle(tokens: list[tuple[str, str]]) -> tuple[str, str]:
    """Return name and address of an entry without `<…>`: an address with a comment, or after a name."""
    plain = "".join(text for kind, text in tokens if kind != "comment").strip()
    comments = [text[1:-1].strip() for kind, text in tokens if kind == "comment"]
    if _ADDRESS.fullmatch(plain):
        return " ".join(comments), plain
    if comments and _ADDRESS.fullmatch(comments[-1]):
        return plain, comments[-1]
    name, _, last = plain.rpartition(" ")
    if _ADDRESS.fullmatch(last) and "@" not in name:
        return name, last
    return plain, ""


def _address(name: str, spec: str) -> Address | None:
    """Return an address as servers know it, its name without control characters; None if it is invalid."""
    local, _, domain = spec.rpartition("@")
    if len(spec) > LONGEST_ADDRESS:
        return None
    if local.startswith('"'):
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    try:
        domain = domain.rstrip(".").encode("idna").decode()
        address = Address(_readable(name), local, domain)
        spec = address.addr_spec
    except (ValueError, IndexError, MessageError):
        return None
    if not _DOMAIN.fullmatch(domain) or not _ASCII.fullmatch(spec.replace(" ", "")):
        return None
    is_repeated = address.display_name.lower() == spec.lower()
    return Address("", address.username, address.domain) if is_repeated else address


def _readable(name: str) -> str:
    """Return a name decoded, and without the quotation marks around it."""
    name = name.strip().rstrip(",;<").strip()
    if len(name) > 1 and name[0] == name[-1] == '"' and not re.search(r'(?<!\\)"', name[1:-1]):
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    name = one_line(_LINE_BREAK.split(decode_words(name), maxsplit=1)[0])
    for pair in ('""', "''"):
        if len(name) > 1 and name[0] + name[-1] == pair:
            name = name[1:-1].strip()
    return name.replace('"', "") if '"' in name else name
