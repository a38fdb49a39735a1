"""How long it takes to choose notes for an email among 10,000, on both databases.

The notes are those of the published emails, again and again, with other numbers and some words of their own.
"""

import json
import random
import sys
import time
from pathlib import Path

from tests.benchmarks.report import judged, ms, percentile, table
from tests.benchmarks.stage import run_beside
from tests.real_server import RealServer

NOTES = 10_000
MOST_MS = 20
ROUNDS = 5
CASES = Path(__file__).parents[1] / "notes" / "cases.json"


def measure():
    yield "## Choosing among 10,000 notes\n"
    yield f"One query for each email; wall-clock time of 40 emails, best of {ROUNDS} each.\n"
    rows = []
    for database in ("PostgreSQL", "SQLite"):
        with RealServer(postgresql=database == "PostgreSQL") as server:
            taken = run_beside(server, "tests.benchmarks.note_choice", "choose")
        slowest = percentile(taken, 95)
        rows.append([database, ms(percentile(taken, 50)), ms(slowest), judged(slowest * 1000, MOST_MS, "ms")])
    yield table(["", "median ms", "p95 ms", "target"], rows)


def quickest(function, *arguments):
    taken = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        function(*arguments)
        taken.append(time.perf_counter() - begin)
    return min(taken)


def choose_all():
    import django  # noqa: PLC0415

    django.setup()
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from assistant_app.models import Note, NoteWord  # noqa: PLC0415
    from assistant_app.operations.knowledge import choose  # noqa: PLC0415
    from assistant_app.workflow.note_choice import words_of_note  # noqa: PLC0415

    owner, _ = get_user_model().objects.get_or_create(username="ida")
    people = json.loads(CASES.read_text(encoding="utf-8"))
    written = [note for person in people for note in person["notes"]]
    chance = random.Random(4471)
    vocabulary = ["".join(chance.choices("aeilnorstu", k=chance.randint(4, 9))) for _ in range(5000)]
    notes = []
    for number in range(NOTES):
        note = written[number % len(written)]
        own = " ".join(chance.choices(vocabulary, k=20))
        notes.append(Note(owner=owner, title=f"{note['title']} {number}", text=f"{note['text']} {own}"))
    notes = Note.objects.bulk_create(notes, batch_size=1000)
    NoteWord.objects.bulk_create(
        (
            NoteWord(note=note, owner_id=owner.pk, word=word, says=says)
            for note in notes
            for word, says in words_of_note(note.title, note.text).items()
        ),
        batch_size=5000,
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    emails = [email["email"] for person in people for email in person["emails"]]
    print(json.dumps([quickest(choose, owner.pk, email) for email in emails]))


if __name__ == "__main__" and sys.argv[1:] == ["choose"]:
    choose_all()
