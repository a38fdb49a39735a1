"""Emails with one header line or one body, as bytes."""

HEAD = "From: Anna Example <anna@example.org>\nSubject: Offer 12\n"


def email_of(*lines: str, body: bytes = b"Hello", **header: str) -> bytes:
    """Return an email with these lines, and a sender and a subject unless they are given."""
    named = {"from": "Anna Example <anna@example.org>", "subject": "Offer 12"} | header
    top = [f"{name.replace('_', '-').title()}: {text}" for name, text in named.items() if text]
    return "\n".join([*top, *lines, "", ""]).encode("utf-8", "surrogateescape") + body


def multipart(kind: str, *parts: bytes) -> bytes:
    """Return an email with these parts, each with its own header."""
    inner = b"".join(b"--B\n" + part + b"\n" for part in parts)
    return f'{HEAD}Content-Type: multipart/{kind}; boundary="B"\n\n'.encode() + inner + b"--B--\n"


def part(kind: str, body: str | bytes, *lines: str) -> bytes:
    raw = body.encode() if isinstance(body, str) else body
    return "\n".join([f"Content-Type: {kind}", *lines, "", ""]).encode() + raw
