"""What an owner wrote down for the model, and the words by which a note is found for an email."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from assistant_app.models import sql

LONGEST_TITLE, LONGEST_TEXT, LONGEST_TARGET, LONGEST_WORD = 200, 4_000, 320, 320  # characters


class Note(models.Model):
    """A text that drafts may rely on. It is told to the model for emails that it is about."""

    class Scope(models.TextChoices):  # those that `workflow.note_choice` knows
        ALL = "all", gettext_lazy("Every email")
        DOMAIN = "domain", gettext_lazy("One company")
        ADDRESS = "address", gettext_lazy("One person")

    # No constraint: a previous version, which does not know the table, can still erase the account.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_constraint=False)
    title = models.CharField(max_length=LONGEST_TITLE)
    text = models.TextField(max_length=LONGEST_TEXT)
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.ALL, db_default=Scope.ALL)
    target = models.CharField(max_length=LONGEST_TARGET, blank=True, default="", db_default="")
    is_verbatim = models.BooleanField(default=False, db_default=False)  # drafts keep its wording
    is_local_only = models.BooleanField(default=False, db_default=False)  # only for models on this machine
    used_at = models.DateTimeField(null=True)
    used_count = models.PositiveIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    score: int  # how well it fits an email, in hundredths, if it was read for one

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="note_scope_known", condition=models.Q(scope__in=["all", "domain", "address"])
            ),
            # A note for one company without a company would be for no one.
            models.CheckConstraint(
                name="note_target_unless_all",
                condition=models.Q(models.Q(scope="all"), models.Q(target=""))
                | models.Q(~models.Q(scope="all"), ~models.Q(target="")),
            ),
        ]
        ordering = ["title", "pk"]

    if TYPE_CHECKING:
        owner_id: int

    def __str__(self) -> str:
        return self.title

    @classmethod
    def about(cls, owner_id: int, words: Sequence[str], targets: Iterable[str]) -> list[Note]:
        """Return the owner's notes that have some of these words, each with its `score`, the best first.

        Notes for one company or person are there only for these `targets`. One query.
        """
        if not words:
            return []
        query = sql.notes_about(len(words), list(targets))
        return list(cls.objects.raw(query.sql, [owner_id, *words, owner_id, *words, *query.params]))


class NoteWord(models.Model):
    """A word by which a note is found. `says` is how much it says about an email that has it, too."""

    note = models.ForeignKey(Note, models.CASCADE, related_name="words", db_index=True)
    owner_id = models.IntegerField()  # that of the note
    word = models.CharField(max_length=LONGEST_WORD)
    says = models.PositiveIntegerField()

    class Meta:
        constraints = [
            # A word that is there twice would count twice.
            models.UniqueConstraint(fields=["note", "word"], name="noteword_once_a_note"),
        ]
        indexes = [
            # Has all that the choice of notes needs, so the rows are not read.
            models.Index(fields=["owner_id", "word", "note", "says"], name="noteword_of_owner"),
        ]

    def __str__(self) -> str:
        return self.word
