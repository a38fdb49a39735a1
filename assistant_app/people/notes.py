"""A person's notes: add, change, delete, and bring them in and out as Markdown."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.text import slugify

from assistant_app.errors import ApplicationNotFound, InvalidInput, too_long
from assistant_app.mail.hidden import one_line, without_hidden
from assistant_app.models import IdempotencyKey, Note, NoteWord
from assistant_app.models.notes import LONGEST_TEXT, LONGEST_TITLE
from assistant_app.operations.idempotency import once, store_record
from assistant_app.phrases import gettext_noop
from assistant_app.workflow import note_choice

MOST = 10_000  # of one person
MOST_AT_ONCE = 500
MOST_CHARACTERS_AT_ONCE = 200_000  # a second of CPU at most: each word is a row
LARGEST_FILE = 8 * MOST_CHARACTERS_AT_ONCE  # bytes
WORD_FOR_WORD, LOCAL_ONLY = "word for word", "local models only"
_HEADING = re.compile(r"^#{1,6}[ \t]+(?P<title>\S.*?)[ \t#]*$", re.MULTILINE)
_FOR = re.compile(r"^(?:for:[ \t]*(?P<target>\S+)|\((?P<flag>[a-z ]+)\))[ \t]*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A note as a person wrote it."""

    title: str
    text: str
    scope: str = note_choice.ALL
    target: str = ""
    is_verbatim: bool = False
    is_local_only: bool = False


def save(
    *, actor: AbstractBaseUser, pk: int | None, written: Written, key: IdempotencyKey | None = None
) -> Note:
    """Add a note, or change the one with this number. Raise `InvalidInput`.

    Raise `ApplicationNotFound` if the request repeats another one whose note is gone.
    """
    return once(key, lambda: _save(actor, pk, written, key), lambda found: one(actor, found.record_number))


def _save(actor: AbstractBaseUser, pk: int | None, written: Written, key: IdempotencyKey | None) -> Note:
    cleaned = _cleaned(written)
    with transaction.atomic():
        _lock(actor)
        mine = Note.objects.filter(owner_id=actor.pk)
        note = mine.filter(pk=pk).first() if pk is not None else Note(owner_id=actor.pk)
        if note is None:
            problem = gettext_noop("It was deleted in another window. Add it again, if you want.")
            raise InvalidInput(fields={"gone": [problem]})
        if note.pk is None:
            _refuse_too_many(mine, 1)
        _write(note, cleaned)
        store_record(key, note.pk)
    return note


def add(*, actor: AbstractBaseUser, found: Sequence[Written]) -> int:
    """Add notes; return how many. Those that are there already, with title and text, are left out."""
    if not found:
        raise InvalidInput(fields={"text": [gettext_noop("There’s no note in it.")]})
    if len(found) > MOST_AT_ONCE:
        problem = gettext_noop("%(most)s notes at a time are enough.", most=MOST_AT_ONCE)
        raise InvalidInput(fields={"text": [problem]})
    if sum(len(each.text) for each in found) > MOST_CHARACTERS_AT_ONCE:
        raise _too_much()
    cleaned = [_cleaned(each) for each in found]
    with transaction.atomic():
        _lock(actor)
        mine = Note.objects.filter(owner_id=actor.pk)
        known = set(mine.values_list("title", "text"))
        new = [each for each in cleaned if (each.title, each.text) not in known]
        _refuse_too_many(mine, len(new))
        words: list[NoteWord] = []
        for each in new:
            words += _saved(Note(owner_id=actor.pk), each)
        NoteWord.objects.bulk_create(words)
    return len(new)


def _too_much() -> InvalidInput:
    said = gettext_noop(
        "All of it together is too long: %(most)s characters fit.", most=MOST_CHARACTERS_AT_ONCE
    )
    return InvalidInput(fields={"text": [said]})


def delete(*, actor: AbstractBaseUser, pk: int, key: IdempotencyKey | None = None) -> None:
    """Delete a note. Emails keep what their drafts were told. Raise `ApplicationNotFound`."""
    once(key, lambda: _delete(actor, pk, key), lambda _: None)


def _delete(actor: AbstractBaseUser, pk: int, key: IdempotencyKey | None) -> None:
    with transaction.atomic():
        _lock(actor)
        if not Note.objects.filter(owner_id=actor.pk, pk=pk).delete()[0]:
            raise ApplicationNotFound("There is no such note.")
        store_record(key, pk)


def orphans() -> QuerySet[Note]:
    """Return notes of accounts that a previous version erased."""
    return Note.objects.exclude(owner__in=User.objects.all())


def pasted(text: str) -> list[Written]:
    """Return the notes in a text: one below each heading of Markdown, or else one for each paragraph.

    A paragraph's first line is its title if more lines follow. Raise `InvalidInput` if it is far too long.
    """
    if len(text) > LARGEST_FILE:
        raise _too_much()
    text = _lines(text)
    if _HEADING.search(text):
        both = pairwise(chain(_HEADING.finditer(text), [None]))
        bodies = (
            (heading["title"], text[heading.end() : after.start() if after else len(text)])
            for heading, after in both
            if heading
        )
        found = (_read(title, body) for title, body in bodies if body.strip())
        return list(islice(found, MOST_AT_ONCE + 1))
    paragraphs = (part.strip() for part in re.split(r"\n\s*\n", text))
    return [_of_paragraph(part) for part in islice(filter(None, paragraphs), MOST_AT_ONCE + 1)]


def read_file(name: str, content: bytes) -> list[Written]:
    """Return the notes in a Markdown or text file, or in a zip of them. Raise `InvalidInput`."""
    if len(content) > LARGEST_FILE:
        raise InvalidInput(fields={"file": [gettext_noop("This file is too large.")]})
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return _of_file(name, content)
    found: list[Written] = []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [each for each in archive.infolist() if each.filename.lower().endswith((".md", ".txt"))]
            if len(members) > MOST_AT_ONCE or sum(each.file_size for each in members) > LARGEST_FILE:
                raise InvalidInput(fields={"file": [gettext_noop("This file is too large.")]})
            for each in members:
                with archive.open(each) as member:
                    found += _of_file(each.filename, member.read(LARGEST_FILE))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as problem:
        raise InvalidInput(fields={"file": [gettext_noop("This file is damaged.")]}) from problem
    return found


def as_markdown(found: Iterable[Note]) -> str:
    """Return notes as one text that `pasted` reads again."""
    return "\n".join(map(_as_markdown, found))


def archive(found: Iterable[Note]) -> bytes:
    """Return a zip with a Markdown file for each note."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for number, note in enumerate(found, start=1):
            file.writestr(f"{number:04}-{slugify(note.title)[:50] or 'note'}.md", _as_markdown(note))
    return content.getvalue()


def _as_markdown(note: Note) -> str:
    lines = [f"# {note.title}"]
    lines += [f"for: {note.target}"] if note.target else []
    lines += [f"({WORD_FOR_WORD})"] if note.is_verbatim else []
    lines += [f"({LOCAL_ONLY})"] if note.is_local_only else []
    # A line of the text that looks like a heading or an option stays text.
    text = re.sub(r"(?m)^(?=\\*(?:#{1,6}[ \t]|for:|\([a-z ]+\)[ \t]*$))", r"\\", note.text)
    return "\n".join([*lines, "", text, ""])


def _of_file(name: str, content: bytes) -> list[Written]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InvalidInput(fields={"file": [gettext_noop("This file isn’t text in UTF-8.")]}) from problem
    if _HEADING.search(_lines(text)):
        return pasted(text)
    title = re.sub(r"\.\w+$", "", name.replace("\\", "/").rpartition("/")[2])
    return [Written(title=title, text=text)] if text.strip() else []


def _read(title: str, body: str) -> Written:
    """Return the note below a heading: lines that say for whom it is and how it's used, then its text."""
    lines = body.strip("\n").split("\n")
    target, flags = "", set[str]()
    while lines and (found := _FOR.match(lines[0])):
        target, flags = found["target"] or target, flags | {(found["flag"] or "").lower()}
        lines.pop(0)
    text = re.sub(r"(?m)^\\(?=\\*(?:#{1,6}[ \t]|for:|\([a-z ]+\)[ \t]*$))", "", "\n".join(lines))
    scope = note_choice.ALL if not target else note_choice.ADDRESS if "@" in target else note_choice.DOMAIN
    return Written(
        title=title,
        text=text,
        scope=scope,
        target=target,
        is_verbatim=WORD_FOR_WORD in flags,
        is_local_only=LOCAL_ONLY in flags,
    )


def _of_paragraph(part: str) -> Written:
    first, _, rest = part.partition("\n")
    if rest.strip() and len(first) <= LONGEST_TITLE:
        return Written(title=first.rstrip(":"), text=rest)
    return Written(title=re.split(r"(?<=[.:!?])\s", part)[0][:60].rstrip(".: "), text=part)


def _write(note: Note, written: Written) -> None:
    words = _saved(note, written)
    note.words.all().delete()
    NoteWord.objects.bulk_create(words)


def _saved(note: Note, written: Written) -> list[NoteWord]:
    """Save a note; return the rows by which it is found."""
    note.title, note.text = written.title, written.text
    note.scope, note.target = written.scope, written.target
    note.is_verbatim, note.is_local_only = written.is_verbatim, written.is_local_only
    note.save()
    words = note_choice.words_of_note(note.title, note.text, note.scope, note.target)
    return [NoteWord(note=note, owner_id=note.owner_id, word=word, says=says) for word, says in words.items()]


def _cleaned(written: Written) -> Written:
    """Return a note without hidden characters and outer spaces. Raise `InvalidInput`."""
    problems: dict[str, list[str]] = {}
    title, text = one_line(without_hidden(written.title)), _lines(written.text).strip("\n").rstrip()
    if not text.strip():
        problems["text"] = [gettext_noop("Write something.")]
    elif len(text) > LONGEST_TEXT:
        problems["text"] = [too_long(text, LONGEST_TEXT)]
    if not title:
        problems["title"] = [gettext_noop("Give it a title.")]
    elif len(title) > LONGEST_TITLE:
        problems["title"] = [too_long(title, LONGEST_TITLE)]
    if written.scope not in Note.Scope.values:
        problems["scope"] = [gettext_noop("Choose one of these.")]
    target = "" if written.scope == note_choice.ALL else note_choice.target(written.scope, written.target)
    if written.scope == note_choice.DOMAIN and not target:
        problems["target"] = [gettext_noop("Write the company’s domain, such as nordlys.example.")]
    if written.scope == note_choice.ADDRESS and not target:
        problems["target"] = [gettext_noop("Write one email address.")]
    if problems:
        raise InvalidInput(fields=problems)
    return Written(
        title=title,
        text=text,
        scope=written.scope,
        target=target,
        is_verbatim=written.is_verbatim,
        is_local_only=written.is_local_only,
    )


def _lines(text: str) -> str:
    return without_hidden(text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", ""))


def _refuse_too_many(mine: QuerySet[Note], new: int) -> None:
    if mine.count() + new > MOST:
        problem = gettext_noop("%(most)s notes are enough. Delete some first.", most=MOST)
        raise InvalidInput(fields={"text": [problem]})


def _lock(actor: AbstractBaseUser) -> None:
    """Make other changes of this person's notes wait, so that they are counted right."""
    list(User.objects.select_for_update().filter(pk=actor.pk).values_list("pk"))


def of(actor: AbstractBaseUser) -> QuerySet[Note]:
    """Return a person's notes."""
    return Note.objects.filter(owner_id=actor.pk)


def one(actor: AbstractBaseUser, pk: int) -> Note:
    """Return one of a person's notes. Raise `ApplicationNotFound`."""
    note = of(actor).filter(pk=pk).first()
    if note is None:
        raise ApplicationNotFound(gettext_noop("There is no such note."))
    return note
