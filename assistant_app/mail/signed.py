"""Takes the message out of S/MIME (RFC 8551) and PGP signatures. Signatures are not verified."""

from __future__ import annotations

import re

DEEPEST = 12  # levels of BER that are opened
MOST_PIECES = 100_000  # of a message in pieces

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")  # 1.2.840.113549.1.7.2
_ENVELOPED_DATA = (
    bytes.fromhex("2a864886f70d010703"),  # 1.2.840.113549.1.7.3
    bytes.fromhex("2a864886f70d0109100117"),  # 1.2.840.113549.1.9.16.1.23, authenticated
)
_OCTETS, _OID = 0x04, 0x06

_PGP_ENCRYPTED = re.compile(
    r"^([> \t]{0,40})-----BEGIN PGP MESSAGE-----.*?(?:^[> \t]{0,40}-----END PGP MESSAGE-----[ \t]*$|\Z)",
    re.DOTALL | re.MULTILINE,
)
_PGP_SIGNED = re.compile(
    r"^-----BEGIN PGP SIGNED MESSAGE-----[ \t]*\n(?:[A-Za-z-]+:[^\n]*\n)*\n?", re.MULTILINE
)
_PGP_SIGNATURE = re.compile(
    r"^-----BEGIN PGP (SIGNATURE|PUBLIC KEY BLOCK)-----.*?(?:^-----END PGP \1-----[ \t]*$|\Z)",
    re.DOTALL | re.MULTILINE,
)
UNREADABLE_BLOCK = "[A block that is encrypted with PGP stood here. It cannot be read.]"


class NotReadable(ValueError):
    """The data is damaged or not signed data."""


class Encrypted(ValueError):
    """The data is encrypted, not only signed."""


def signed_message(data: bytes) -> bytes:
    """Return the message inside opaque-signed S/MIME. Raise `Encrypted`, or `NotReadable` for other data.

    Only the way to `SignedData.encapContentInfo.eContent` (RFC 5652, section 5) is read, in DER or BER.
    """
    start, _ = _content(data, 0)
    if data[start : start + 1] == bytes([_OID]):
        begin, end = _content(data, start)
        oid = data[begin:end]
        if oid in _ENVELOPED_DATA:
            raise Encrypted
        if oid == _SIGNED_DATA:
            position, _ = _content(data, end)  # [0] content
            position, _ = _content(data, position)  # SignedData
            position = _behind(data, _behind(data, position))  # version, digestAlgorithms
            position, _ = _content(data, position)  # encapContentInfo
            position = _behind(data, position)  # eContentType
            position, _ = _content(data, position)  # [0] eContent
            return b"".join(_octets(data, position))
    raise NotReadable


def _header(data: bytes, position: int) -> tuple[int, int, int]:
    """Return tag, start and length of the value there; length -1 if it is indefinite."""
    if position + 2 > len(data) or position < 0:
        raise NotReadable
    tag, length = data[position], data[position + 1]
    position += 2
    if tag & 0x1F == 0x1F:
        raise NotReadable
    if length == 0x80:
        return tag, position, -1
    if length > 0x80:
        number = length & 0x7F
        length = int.from_bytes(data[position : position + number], "big")
        position += number
    if number_is_wrong(position, length, data):
        raise NotReadable
    return tag, position, length


def number_is_wrong(position: int, length: int, data: bytes) -> bool:
    return position > len(data) or length > len(data) - position


def _content(data: bytes, position: int) -> tuple[int, int]:
    _, start, length = _header(data, position)
    return start, start + length if length >= 0 else len(data)


def _behind(data: bytes, position: int, depth: int = 0) -> int:
    """Return where the value at a position ends."""
    _, start, length = _header(data, position)
    if length >= 0:
        return start + length
    if depth > DEEPEST:
        raise NotReadable
    for _ in range(MOST_PIECES):
        if data[start : start + 2] == b"\0\0":
            return start + 2
        start = _behind(data, start, depth + 1)
    raise NotReadable


def _octets(data: bytes, position: int, depth: int = 0) -> list[bytes]:
    """Return the pieces of an OCTET STRING, which may be one or many."""
    tag, start, length = _header(data, position)
    if tag & ~0x20 not in (_OCTETS, 0x80) or depth > DEEPEST:
        raise NotReadable
    if not tag & 0x20:
        return [data[start : start + length]]
    pieces: list[bytes] = []
    end = start + length if length >= 0 else len(data)
    while start < end and data[start : start + 2] != b"\0\0":
        pieces += _octets(data, start, depth + 1)
        start = _behind(data, start)
        if len(pieces) > MOST_PIECES:
            raise NotReadable
    return pieces


def has_pgp_block(text: str) -> bool:
    return "-----BEGIN PGP MESSAGE-----" in text


def without_pgp(text: str) -> str:
    """Return a text without PGP's signatures and keys, and with a sentence in place of encrypted blocks."""
    if "-----BEGIN PGP" not in text:
        return text
    text = _PGP_ENCRYPTED.sub(rf"\1{UNREADABLE_BLOCK}", text)
    if _PGP_SIGNED.search(text):
        text = re.sub(r"^- (?=-)", "", _PGP_SIGNED.sub("", text), flags=re.MULTILINE)
    return _PGP_SIGNATURE.sub("", text).strip("\n")
