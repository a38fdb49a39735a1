"""Serializers for drafts, their checks and diffs, and the input of a fork."""

from __future__ import annotations

from typing import Any, ClassVar, get_args

from rest_framework import serializers

from assistant_app.api.serializers import NewFork, WholeNumber
from assistant_app.mail import proposed_envelope as mail
from assistant_app.mail.proposed_envelope import CODES_OF_NOTICES, CODES_OF_OFFERS
from assistant_app.operations.drafts import forking
from assistant_app.operations.drafts.envelopes import ReplyEnvelope
from assistant_app.operations.drafts.versions import Version
from assistant_app.workflow.checks.facts import Kind
from assistant_app.workflow.checks.findings import RULES_VERSION, Source
from assistant_app.workflow.chosen_envelope import PLACES


class LeftOut(serializers.Serializer):
    where = serializers.ChoiceField(choices=["before", "after"])
    text = serializers.CharField()


class Shortened(serializers.Serializer):
    quoted_messages = serializers.IntegerField(help_text="the oldest ones of the email")
    feedback = serializers.IntegerField(help_text="the oldest pieces that the draft before contained")


class ToldNote(serializers.Serializer):
    id = serializers.IntegerField(help_text="of the note, which may be deleted since")
    title = serializers.CharField()
    text = serializers.CharField()
    verbatim = serializers.BooleanField()


class ToldAboutYou(serializers.Serializer):
    """What the model was told about you. A key is missing if there was nothing."""

    name = serializers.CharField(required=False)
    about = serializers.CharField(required=False)
    style = serializers.CharField(required=False)  # type: ignore[assignment]
    always = serializers.CharField(required=False)
    notes = ToldNote(many=True, required=False)
    withheld = serializers.IntegerField(
        required=False, help_text="how many notes are for models on this machine only, and were left out"
    )


class Draft(serializers.Serializer):
    """One draft."""

    number = serializers.IntegerField(help_text="from 1, in the order they were written")
    text = serializers.CharField()
    by = serializers.ChoiceField(choices=["model", "person"])
    of = serializers.IntegerField(allow_null=True, help_text="number of the draft it was made from")
    feedback = serializers.CharField(allow_null=True, help_text="the feedback it answers")
    assumptions = serializers.ListField(
        child=serializers.CharField(), help_text="what the model assumed in it"
    )
    left_out = LeftOut(
        many=True, help_text="what the model wrote before and after the reply, and is not in the draft"
    )
    shortened = Shortened(
        allow_null=True, help_text="what the model was not told, as its window is too small; null if nothing"
    )
    began_with = serializers.CharField(
        allow_null=True,
        allow_blank=True,
        help_text="what the model had written of a draft that you finished; null for other drafts",
    )
    told = ToldAboutYou(help_text="what the model was told about you for it")
    is_current = serializers.BooleanField(help_text="whether feedback and acceptance apply to this draft")
    model = serializers.CharField(allow_null=True, help_text="the model that wrote it")
    created_at = serializers.DateTimeField(allow_null=True)

    def to_representation(self, version: Version) -> dict[str, Any]:
        return {
            "number": version.number,
            "text": version.text,
            "by": version.by,
            "of": version.of,
            "feedback": version.feedback or None,
            "assumptions": version.assumptions,
            "left_out": version.left_out,
            "shortened": version.shortened,
            "began_with": version.began_with,
            "told": version.told,
            "is_current": version.is_current,
            "model": version.model or None,
            "created_at": version.created_at,
        }


class Recipients(serializers.Serializer):
    to = serializers.ListField(child=serializers.CharField(), help_text="names and addresses")
    cc = serializers.ListField(child=serializers.CharField())


class Offer(Recipients):
    code = serializers.ChoiceField(choices=CODES_OF_OFFERS)


class Notice(serializers.Serializer):
    code = serializers.ChoiceField(choices=CODES_OF_NOTICES)
    values = serializers.DictField(child=serializers.CharField(), help_text="what it is about, by name")


class Envelope(Recipients):
    """Who gets the reply, its subject and sender, and what you should know about it."""

    subject = serializers.CharField(allow_blank=True)
    identity = serializers.CharField(
        allow_blank=True, help_text='the sender; "" if your mail program fills it in'
    )
    quote = serializers.ChoiceField(
        choices=[place for place, _ in PLACES],
        allow_blank=True,
        help_text='where the file quotes the email; "" for the place in your settings',
    )
    signature = serializers.CharField(
        allow_blank=True, help_text="added below the reply when you take it along; no draft has it"
    )
    is_proposed = serializers.BooleanField(help_text="false once you sent `envelope/`")
    offers = Offer(many=True, help_text="other recipients to choose from")
    notices = Notice(many=True)

    def to_representation(self, found: ReplyEnvelope) -> dict[str, Any]:
        return {
            **_recipients(found.envelope),
            "subject": found.envelope.subject,
            "identity": found.identity,
            "quote": found.quote,
            "signature": found.signature,
            "is_proposed": found.is_proposed,
            "offers": [{**_recipients(each), "code": code} for code, each in found.offers.items()],
            "notices": [{"code": notice.code, "values": notice.values} for notice in found.notices],
        }


def _recipients(envelope: mail.Envelope) -> dict[str, list[str]]:
    return {"to": [str(each) for each in envelope.to], "cc": [str(each) for each in envelope.cc]}


class Segment(serializers.Serializer):
    op = serializers.ChoiceField(choices=["equal", "insert", "delete"])
    text = serializers.CharField(trim_whitespace=False)


class WhichDraft(serializers.Serializer):
    app_id = serializers.UUIDField()
    number = serializers.IntegerField()


class Diff(serializers.Serializer):
    """A word diff. Equal and deleted texts joined are the first draft, equal and inserted ones the second."""

    before = WhichDraft()
    after = WhichDraft()
    words_added = serializers.IntegerField()
    words_removed = serializers.IntegerField()
    paragraphs_changed = serializers.IntegerField()
    is_coarse = serializers.BooleanField(
        help_text="whether something was too long to be compared word by word, and is replaced as a whole"
    )
    segments = Segment(many=True)


class Passage(serializers.Serializer):
    kind = serializers.ChoiceField(choices=[*get_args(Kind), "placeholder", "changed"])
    text = serializers.CharField(trim_whitespace=False)
    start = serializers.IntegerField(help_text="where it starts, in characters (code points) of the draft")
    end = serializers.IntegerField()
    key = serializers.CharField(help_text="the same for the same finding in every draft: kind and text")


class Given(serializers.Serializer):
    source = serializers.ChoiceField(choices=get_args(Source))  # type: ignore[assignment]
    number = serializers.IntegerField(
        help_text="number of the answer, piece of feedback or question of the email, from 1"
    )
    text = serializers.CharField()
    present = serializers.ListField(child=serializers.CharField(), help_text="its facts found in the draft")
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="its facts missing from the draft"
    )


class Checks(serializers.Serializer):
    """What rules found in a draft, without a model. Serializes a `Report`."""

    unsupported = Passage(
        many=True,
        source="checks.unsupported",
        help_text="not found in the email or in what you wrote, contradicting it, or about the draft itself",
    )
    placeholders = Passage(many=True, source="checks.placeholders", help_text="still to be filled in")
    changed = Passage(many=True, help_text="passages that replaced your own words")
    lost = serializers.ListField(
        child=serializers.CharField(), help_text="your own words, and word-for-word notes, that were replaced"
    )
    restored = serializers.CharField(
        allow_blank=True,
        trim_whitespace=False,
        help_text='the draft with word-for-word notes in their own wording, for `edit/`; "" if it has it',
    )
    derived = Passage(
        many=True,
        source="checks.derived",
        help_text="worked out from the email and what you wrote: half of a sum, the day of a weekday",
    )
    brought_in = serializers.ListField(
        child=serializers.CharField(),
        source="checks.brought_in",
        help_text="links, addresses and phone numbers that are in the email alone",
    )
    speaks_of_attachment = serializers.BooleanField(
        source="checks.speaks_of_attachment",
        help_text="whether it speaks of an attachment, which you add yourself",
    )
    language = serializers.CharField(
        source="checks.language", allow_null=True, help_text="the draft's language; null if it can't be told"
    )
    is_read = serializers.BooleanField(
        source="checks.is_read",
        help_text="whether dates, times and names are read in this language; else only links and digits",
    )
    rules = serializers.SerializerMethodField(help_text="version of the rules")
    given = Given(many=True, source="checks.given", help_text="your instructions, answers and feedback")
    cut = serializers.ListField(
        child=serializers.ChoiceField(choices=["draft", "email", "own", "edits"]),
        help_text=(
            "what was too long to be checked to its end; `own` is what you wrote, `edits` what you changed by"
            " hand. Findings may then be wrong or missing. Usually empty"
        ),
    )

    def get_rules(self, report: object) -> int:
        return RULES_VERSION


class ForkAtDraft(NewFork):
    """Where to fork: at a step, at a draft, or before a step to submit again; by default at the head."""

    draft = WholeNumber(required=False, min_value=1, max_value=10**9, help_text="number of the draft")

    places: ClassVar[list[str]] = ["step", "draft", "before"]

    def arguments(self) -> dict[str, Any]:
        number = self.validated_data.get("draft")
        at = None if number is None else forking.at(number)
        return {**super().arguments(), "at": at}
