"""Finds an end that is not finished: a closing without a name, "Name" below it, and talk about the draft."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant_app.workflow.checks.names import CLOSING
from assistant_app.workflow.drafting_talk import is_closing, is_talk_after

Span = tuple[int, int]
LAST_LINES = 6  # talk stands at the end
LONGEST = 60  # characters of a closing
# What no letter ends with, even without a comma.
NEVER_LAST = {"best", "lg", "vg", "mfg", "mvg", "mvh"}
# "Name" below a closing, in the languages of the checks.
NAME = re.compile(
    r"(?:(?:my|your|full|first|last) )*(?:name|surname|signature)"
    r"|(?:(?:ihr|dein|mein) )?(?:name|vorname(?: nachname)?|unterschrift)"
    r"|(?:(?:votre|mon) )?(?:nom|prénom|signature)|(?:(?:su|tu|mi) )?(?:nombre|firma)"
    r"|(?:(?:il )?(?:suo|tuo|mio) )?(?:nome|firma)|(?:(?:uw|je|jouw|mijn) )?naam"
    r"|(?:twoje )?imię(?: i nazwisko)?"
    r"|(?:(?:seu|meu|o seu) )?nome|(?:(?:ditt|mitt) )?namn|(?:vaše |tvoje )?jméno|名前|氏名|姓名|名字",
    re.IGNORECASE,
)
# A remark in brackets in which the model says what it did.
_NOTE = re.compile(
    r"[(\[*_]+\s*(?:note|n\.?b\.?|hinweis|anmerkung|remarque|nota|opmerking|uwaga|obs|anm|pozn\w*|注)\b.*"
    r"(?:mention|includ|left out|leave out|omit|assum|added|kept|tone\b|draft|placeholder"
    r"|erwähn|weggelassen|ausgelassen|angenommen|hinzugefügt|entwurf|platzhalter"
    r"|mentionn|supposé|ajout|omis|incluid|mencion|añad|asum|menzion|aggiun|omess|vermeld|weggelaten|toegevoegd"
    r"|wspomn|pominą|dodał|nämn|utelämn|antagit|zmín|vynech).*",
    re.IGNORECASE,
)


def open_ends(draft: str) -> Iterator[Span]:
    """Yield the closing that has no name below it, or the word that stands for the name."""
    lines = list(_last_lines(draft))
    if not lines:
        return
    start, line = lines[-1]
    if len(line) > LONGEST:
        return
    is_for_name = len(lines) > 1 and NAME.fullmatch(line.strip(" .,")) and is_closing(lines[-2][1])
    if is_for_name or (len(lines) > 1 and is_bare_closing(line)):
        yield start, start + len(line)


def is_bare_closing(line: str) -> bool:
    """Return whether the line promises a name below it: "Kind regards,", but not "Best wishes" or "Thanks!".

    Without the comma a letter may end there, so only the comma counts, except after half a formula: "Best".
    """
    text = line.rstrip()
    if text.casefold() in NEVER_LAST:
        return True
    return text.endswith(",") and is_closing(text) and not _has_name(text)


def _has_name(closing: str) -> bool:
    """Return whether a name follows on the same line: "Best regards Ida,"."""
    found = CLOSING.search(closing)
    behind = closing[found.end() :].strip(" ,") if found else ""
    return len(behind) > 2 and not behind.islower()


def talk(draft: str) -> Iterator[Span]:
    """Yield the lines at the end in which the model speaks about the draft."""
    is_signed = False
    for number, (start, line) in enumerate(_last_lines(draft)):
        if number and (is_talk_after(line, is_signed=is_signed) or _NOTE.fullmatch(line)):
            yield start, start + len(line)
        is_signed = is_signed or is_closing(line)


def _last_lines(draft: str) -> Iterator[tuple[int, str]]:
    """Yield the last lines that aren't empty, without white space around them."""
    found: list[tuple[int, str]] = []
    end = len(draft.rstrip())
    while end > 0 and len(found) < LAST_LINES:
        start = draft.rfind("\n", 0, end) + 1
        line = draft[start:end]
        if line.strip():
            found.append((start + len(line) - len(line.lstrip()), line.strip()))
        end = start - 1
    yield from reversed(found)
