"""Judges a text from which quoted messages were removed, against the text that should be left."""

import re
from collections import Counter

LOST_SHARE = 0.02  # of the words; one word may always be lost
# Lines that begin a signature. It may be kept or removed.
SIGNATURE = re.compile(
    r"\s*(?:--|__|—|–|-\s?\w|\*+\s*$|[*_]*(?:Sent|Get|Envoyé|Gesendet|Von meinem|Enviado|Inviato|Verzonden|Skickat|Sendt|Lähetetty|"
    r"Отправлено|Wysłan|Obt[eé]n|Télécharge|Cheers|Regards|Best|Kind|Thanks|Thank you|Sincerely|Cordialement|Mit freundlichen|Viele Grüße))",
    re.IGNORECASE,
)
QUOTED = re.compile(
    r"\s*>|.*\b(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef|skrev)\b.*:\s*$|\s*-{2,}.*(?:Original|Forward)"
)


def words(text):
    return re.findall(r"\w+", text)


def verdict(left, expected):
    """Return "right", "lost" (new text is missing) or "quote left"."""
    if left is None:
        return "lost"
    lost = Counter(words(expected)) - Counter(words(left))
    if lost.total() > max(1, LOST_SHARE * len(words(expected))):
        return "lost"
    known = Counter(line.strip() for line in expected.splitlines())
    known_text = " ".join(words(expected))
    extra, above = [], ""
    for line in left.splitlines():
        if known[line.strip()] > 0:
            known[line.strip()] -= 1
        elif words(line) and " ".join(words(line)) not in known_text:
            extra += [line] if extra else [above, line] if SIGNATURE.match(above) else [line]
        above = line if line.strip() else above
    more = Counter(words(left)) - Counter(words(expected))
    if not extra and more.total() <= 1:
        return "right"
    if any(QUOTED.match(line) for line in extra):
        return "quote left"
    return "right" if extra and SIGNATURE.match(extra[0]) else "quote left"
