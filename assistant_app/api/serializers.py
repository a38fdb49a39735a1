"""What an answer holds, and the fields of each human step for the schema and the browsable forms.

Step serializers validate nothing: `HumanStep.clean`, inside the operations, is the one place for that.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import lru_cache
from itertools import zip_longest
from typing import Any

from django.http import QueryDict
from django.urls import get_script_prefix, get_urlconf, reverse
from rest_framework import serializers

from assistant_app.models import Application
from assistant_app.workflow import steps
from assistant_app.workflow.drafts import current_number
from assistant_app.workflow.graph import DEFAULT_STATE
from assistant_app.workflow.steps import Field, HumanStep

Status = Application.Status
_NOBODYS = uuid.UUID(int=0)


class WhyItStopped(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()


class Parent(serializers.Serializer):
    app_id = serializers.UUIDField()
    step = serializers.IntegerField(
        allow_null=True, help_text="the number of the step that it branched off at"
    )


class ApplicationState(serializers.Serializer):
    """One email being answered, with all that was written for it."""

    app_id = serializers.UUIDField()
    email_to_respond = serializers.CharField(allow_null=True, help_text="null until it is given")
    response_instructions = serializers.CharField(allow_null=True, help_text="null until they are given")
    questions = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="null until known; empty if none is needed"
    )
    question_reasons = serializers.ListField(
        child=serializers.CharField(allow_blank=True),
        allow_null=True,
        help_text='why each question is asked, "" where the model did not say; null until they are known',
    )
    answers = serializers.ListField(
        child=serializers.CharField(allow_blank=True),
        allow_null=True,
        help_text='null until given; one for each question, "" for a skipped one',
    )
    drafts = serializers.ListField(child=serializers.CharField(), help_text="oldest first")
    draft_number = serializers.IntegerField(
        allow_null=True, help_text="of the current draft, which is the one that feedback goes to; from 1"
    )
    assumptions = serializers.ListField(
        child=serializers.CharField(), help_text="what the model took for granted in the current draft"
    )
    feedback_history = serializers.ListField(child=serializers.CharField(), help_text="oldest first")
    final_draft = serializers.CharField(allow_null=True)
    next_step = serializers.CharField(
        allow_null=True, help_text="what may be sent now; null while a run is under way and when finished"
    )
    next_url = serializers.URLField(allow_null=True, help_text="where to send it")
    status = serializers.ChoiceField(choices=Status.choices)
    version = serializers.IntegerField(help_text="counts what was stored; also the ETag")
    title = serializers.CharField(allow_blank=True)
    error = WhyItStopped(allow_null=True, help_text="why the last run stopped, if it did")
    parent = Parent(allow_null=True, help_text="of a fork: what it branched off from, unless that is deleted")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def to_representation(self, row: Application) -> dict[str, Any]:
        state = {**DEFAULT_STATE, **row.state}
        drafts = state["draft_history"]
        questions = state["clarification_questions"] or ([] if drafts else None)
        return {
            "app_id": str(row.pk),
            "email_to_respond": state["incoming_email"] or None,
            "response_instructions": state["response_instructions"] or None,
            "questions": questions,
            "question_reasons": questions and (state["clarification_reasons"] or [""] * len(questions)),
            "answers": state["clarification_answers"],
            "drafts": drafts,
            "draft_number": current_number(state),
            "assumptions": state["assumptions"],
            "feedback_history": state["feedback_history"],
            "final_draft": state["final_draft"],
            "next_step": row.due_step,
            "next_url": _next_url(row, self.context["request"]),
            **_what_both_show(row),
        }


class ApplicationSummary(serializers.Serializer):
    """One email being answered, without its texts."""

    app_id = serializers.UUIDField()
    url = serializers.URLField()
    sender = serializers.CharField(allow_blank=True)
    next_step = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(choices=Status.choices)
    version = serializers.IntegerField()
    title = serializers.CharField(allow_blank=True)
    error = WhyItStopped(allow_null=True)
    parent = Parent(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def to_representation(self, row: Application) -> dict[str, Any]:
        return {
            "app_id": str(row.pk),
            "url": _url("detail", row, self.context["request"]),
            "sender": row.sender,
            "next_step": row.due_step,
            **_what_both_show(row),
        }


class Nothing(serializers.Serializer):
    """A body without fields: what is not known is refused, and not lost without a word."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        values = super().to_internal_value(data)
        unknown = data.keys() - self.fields.keys() - {"csrfmiddlewaretoken"}
        if unknown:
            raise serializers.ValidationError({name[:100]: ["There is no such field."] for name in unknown})
        return values

    def get_initial(self) -> dict[str, Any]:
        """Leave out what may be left out: a raw form can then be sent as it stands."""
        return {name: value for name, value in super().get_initial().items() if value is not None}


class NewApplication(Nothing):
    app_id = serializers.UUIDField(required=False, help_text="your own choice; repeating it is harmless")

    def validate_app_id(self, value: uuid.UUID) -> uuid.UUID:
        if not isinstance(self.initial_data["app_id"], str):
            raise serializers.ValidationError("Send the id as text.")
        return value


class Error(serializers.Serializer):
    code = serializers.CharField(help_text="stable; decide by this one")
    message = serializers.CharField(help_text="for a person")
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), help_text="what is wrong with each field"
    )


class StepInput(serializers.Serializer):
    """The base of the steps' serializers."""

    step: HumanStep

    def prefill(self, state: dict[str, Any], sent: Any) -> None:
        """Show in the browsable form what was sent, and for each item of a list an input and its reason."""
        given = sent if isinstance(sent, Mapping) else {}
        for field in self.step.fields:
            shown = self.fields[field.name]
            if field.one_per:
                asked = state.get(field.one_per) or []
                reasons = state.get(field.explained_by) or []
                shown.style["prompts"] = list(zip_longest(asked, reasons[: len(asked)], fillvalue=""))
                shown.initial = [""] * len(asked)
            if field.begins_with:
                shown.initial = state.get(field.begins_with)
            if field.name in given:
                shown.initial = _printable(given[field.name])


def step_input(step: HumanStep) -> type[StepInput]:
    """Return the serializer of a human step's input."""
    name = step.action.title().replace("_", "")
    fields = {field.name: _serializer_field(field) for field in step.fields}
    return type(name, (StepInput,), {"__doc__": step.title, "step": step, **fields})


def inputs_of(step: HumanStep, data: Any) -> Any:
    """Return what was sent for a step; a form's lists as lists, without the form's own fields."""
    if not isinstance(data, QueryDict):
        return data
    lists = {field.name for field in step.fields if field.one_per}
    return {
        name: data.getlist(name) if name in lists else data[name]
        for name in data
        if name != "csrfmiddlewaretoken"
    }


def _serializer_field(field: Field) -> serializers.Field:
    help_text = field.help.replace("“", '"').replace("”", '"')
    if field.is_number:
        return serializers.IntegerField(label=field.label, help_text=help_text, min_value=1)
    text: dict[str, Any] = {
        "max_length": field.max_length,
        "allow_blank": not field.required,
        "trim_whitespace": not field.verbatim,
    }
    if field.one_per:
        return serializers.ListField(
            child=serializers.CharField(**text), label=field.label, help_text=help_text, max_length=100
        )
    style = {"base_template": "textarea.html", "rows": 6}
    return serializers.CharField(label=field.label, help_text=help_text, style=style, **text)


def _printable(value: Any) -> Any:
    """Refused text may hold what no answer can: half a character."""
    if isinstance(value, list):
        return [_printable(item) for item in value]
    return str(value).encode(errors="replace").decode()


def _next_url(row: Application, request: Any) -> str | None:
    if row.due_step is None:
        return None
    return _url(steps.get(row.due_step).endpoint.replace("_", "-"), row, request)


def _url(name: str, row: Application, request: Any) -> str:
    path = _path(name, get_script_prefix(), get_urlconf())
    return str(request.build_absolute_uri(path.replace(str(_NOBODYS), str(row.pk))))


@lru_cache(maxsize=64)
def _path(name: str, prefix: str, urlconf: str | None) -> str:
    """Return a view's path with a place for the id: Django takes longer to reverse one than to read a row."""
    return reverse(f"application-{name}", args=[_NOBODYS])


def _what_both_show(row: Application) -> dict[str, Any]:
    return {
        "status": row.status_now,
        "version": row.version,
        "title": row.title,
        "error": _error(row),
        "parent": {"app_id": row.parent_id, "step": row.parent_sequence_id} if row.parent_id else None,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def _error(row: Application) -> dict[str, str] | None:
    code, message = row.error_now
    return {"code": code, "message": message} if code else None
