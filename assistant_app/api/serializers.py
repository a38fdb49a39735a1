"""Serializers for responses, and for the input of each human step in the schema and the browsable forms.

Step serializers do not validate. Operations do that with `engine.inputs`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations, zip_longest
from typing import Any, ClassVar, cast

from django.http import QueryDict
from django.urls import get_script_prefix, get_urlconf, reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from assistant_app.contract.workflow import ActionEntry, Field, Output, Workflow
from assistant_app.engine import inputs, registry
from assistant_app.errors import unknown_fields
from assistant_app.models import Application
from assistant_app.operations import due

Status = Application.Status
_ANY_ID = uuid.UUID(int=0)  # a placeholder in cached paths
UUID_PATTERN = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
# What `engine.inputs` accepts, in the dialect of regular expressions that JSON Schema uses. White space is
# Python's, because other languages have other lists.
_SPACE = r"\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
SOME_TEXT = rf"([^\u0000]*[^\u0000{_SPACE}])[^\u0000]*"
_ANY_TEXT = r"[^\u0000]*"
_ONE_LINE = r"[^\u0000\r\n]*"
STOPPED_HELP = "whether you stopped the last run; no failure then"


class WhyItStopped(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()


class Parent(serializers.Serializer):
    app_id = serializers.UUIDField()
    step = serializers.IntegerField(allow_null=True, help_text="number of the step at which it was forked")


class AllowedAction(serializers.Serializer):
    """Something that may be sent now."""

    name = serializers.CharField(help_text="a step, retry, cancel, or another action without a body")
    title = serializers.CharField()
    method = serializers.ChoiceField(choices=["PUT", "POST"])
    url = serializers.URLField()
    input = serializers.DictField(
        child=serializers.JSONField(), allow_null=True, help_text="the JSON schema of its body; null for none"
    )


class ApplicationState(serializers.Serializer):
    """The base class of the states that `state_of` makes."""

    workflow: Workflow
    has_notes: bool  # on the input in the request

    def to_representation(self, row: Application) -> dict[str, Any]:
        workflow = self.workflow
        state = workflow.complete(row.state)
        addresses = Addresses.of(workflow, self.context["request"])
        return {
            "app_id": str(row.pk),
            **{output.name: output.of(state) for output in workflow.outputs},
            **({"notes": list(self.context.get("notes", ()))} if self.has_notes else {}),
            "partial": row.partial,
            "next_step": row.due_step,
            "next_url": _next_url(workflow, row, addresses),
            "allowed_actions": allowed_actions(row, state, addresses, self.context["view"].also_allowed),
            **_shared_fields(row),
        }


def state_of(workflow: Workflow, *, has_notes: bool) -> type[ApplicationState]:
    """Return the serializer of a workflow's applications, with a field for each of its outputs."""
    # DRF orders fields by when they were made.
    fields: dict[str, Any] = {"app_id": serializers.UUIDField()}
    for output in workflow.outputs:
        fields[output.name] = _output_field(output)
    if has_notes:
        fields["notes"] = serializers.ListField(
            child=serializers.CharField(),
            help_text="what was left out of the email in this request, or guessed; empty in other answers",
        )
    fields |= {
        "partial": serializers.CharField(
            allow_null=True, help_text="the text that the run that stopped had written; null if none"
        ),
        "next_step": serializers.CharField(
            allow_null=True, help_text="the step to send next; null while a run is active and when finished"
        ),
        "next_url": serializers.URLField(allow_null=True, help_text="the URL to send it to"),
        "allowed_actions": AllowedAction(many=True, help_text="everything that may be sent now"),
        "status": serializers.ChoiceField(choices=Status.choices),
        "version": serializers.IntegerField(help_text="increases with every stored change; also the ETag"),
        "title": serializers.CharField(allow_blank=True),
        "newer_version": _newer_version(),
        "error": WhyItStopped(allow_null=True, help_text="why the last run stopped; null if it did not"),
        "stopped": serializers.BooleanField(help_text=STOPPED_HELP),
        "archived_at": _archived_at(),
        "parent": Parent(
            allow_null=True,
            help_text=f"the {workflow.noun} that this fork came from; null without one, or if it was deleted",
        ),
        "created_at": serializers.DateTimeField(),
        "updated_at": serializers.DateTimeField(),
    }
    doc = (
        "One email being answered, with all its texts." if _is_default(workflow) else f"One {workflow.noun}."
    )
    return type(
        f"{prefix_of(workflow)}ApplicationState",
        (ApplicationState,),
        {"__doc__": doc, "workflow": workflow, "has_notes": has_notes, **fields},
    )


def _output_field(output: Output) -> serializers.Field:
    options: dict[str, Any] = {"allow_null": output.is_nullable}
    if output.help:
        options["help_text"] = output.help
    blank: dict[str, Any] = {"allow_blank": True} if output.may_be_blank else {}
    match output.kind:
        case "text":
            return serializers.CharField(**options, **blank)
        case "lists":
            return serializers.ListField(
                child=serializers.ListField(child=serializers.CharField(**blank)), **options
            )
        case "error":
            return WhyItStopped(**options)
        case "number":
            return serializers.IntegerField(**options)
        case "texts":
            return serializers.ListField(child=serializers.CharField(**blank), **options)
        case "numbers":
            return serializers.ListField(child=serializers.FloatField(), **options)
        case "record":
            parts = {part.name: _output_field(part) for part in output.parts}
            named = output.name.title().replace("_", "")
            return type(f"{named}InState", (serializers.Serializer,), parts)(**options)
    options.pop("allow_null")  # its schema takes everything
    return serializers.JSONField(**options)


def _newer_version() -> serializers.BooleanField:
    return serializers.BooleanField(
        help_text="whether a newer version of this server made it, so that it can only be read here"
    )


def _archived_at() -> serializers.DateTimeField:
    return serializers.DateTimeField(allow_null=True, help_text="null unless it is archived")


def prefix_of(workflow: Workflow) -> str:
    """Return what the names of a workflow's own components begin with."""
    return "" if _is_default(workflow) else workflow.name.title().replace("_", "")


def _is_default(workflow: Workflow) -> bool:
    return workflow.name == registry.default().name


def allowed_actions(
    row: Application,
    state: Mapping[str, Any],
    addresses: Addresses,
    also_allowed: Callable[[Application], Mapping[str, str]],
) -> list[dict[str, Any]]:
    """Return what may be sent now, each with its address and the JSON schema of its body."""
    if not registry.is_known(row):
        return []
    more = [_allowed(row, addresses, name, title) for name, title in also_allowed(row).items()]
    if row.is_running:
        return [_allowed(row, addresses, "cancel", "Stop the current run"), *more]
    found = [_allowed(row, addresses, step.action, step.title, step, state) for step in due.may_be_sent(row)]
    if due.may_be_retried(row):
        found.append(_allowed(row, addresses, "retry", "Retry the run that stopped"))
    return found + more


def _allowed(
    row: Application,
    addresses: Addresses,
    name: str,
    title: str,
    step: ActionEntry | None = None,
    state: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "name": name,
        "title": title,
        "method": step.method.upper() if step else "POST",
        "url": addresses.to((step.endpoint if step else name).replace("_", "-"), row),
        "input": json_schema_of(step, state or {}) if step and step.fields else None,
    }


def json_schema_of(step: ActionEntry, state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of a step's body, with the length that its lists have now."""
    return {
        "type": "object",
        "properties": {field.name: _json_schema(field, state) for field in step.fields},
        "required": [field.name for field in step.fields if not field.may_be_missing],
        "additionalProperties": False,
    }


def _json_schema(field: Field, state: Mapping[str, Any]) -> dict[str, Any]:
    about = {"title": field.label}
    if field.is_number:
        kind = "integer" if field.required else ["integer", "null"]
        return {**about, "type": kind, "minimum": field.least, "maximum": field.most}
    if field.choices:
        values = [value for value, _ in field.choices]
        return {**about, "type": "string", "enum": values if field.required else ["", *values]}
    text: dict[str, Any] = {"type": "string", "maxLength": inputs.max_length(field)}
    if field.required:
        text["minLength"] = 1
    if field.one_per:
        number = len(state.get(field.one_per) or ())
        return {**about, "type": "array", "items": text, "minItems": number, "maxItems": number}
    if field.is_list:
        least = {"minItems": 1} if field.required else {}
        return {**about, "type": "array", "items": text, **least, "maxItems": inputs.MOST_ITEMS}
    return {**about, **text}


class ApplicationSummary(serializers.Serializer):
    """One email being answered without its texts."""

    app_id = serializers.UUIDField()
    url = serializers.URLField()
    sender = serializers.CharField(allow_blank=True)
    next_step = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(choices=Status.choices)
    version = serializers.IntegerField()
    title = serializers.CharField(allow_blank=True)
    newer_version = _newer_version()
    error = WhyItStopped(allow_null=True)
    stopped = serializers.BooleanField(help_text=STOPPED_HELP)
    archived_at = _archived_at()
    parent = Parent(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    @cached_property
    def _addresses(self) -> Addresses:
        return Addresses.of(self.context["view"].workflow, self.context["request"])

    def to_representation(self, row: Application) -> dict[str, Any]:
        return {
            "app_id": str(row.pk),
            "url": self._addresses.to("detail", row),
            "sender": row.sender,
            "next_step": row.due_step,
            **_shared_fields(row),
        }


def is_uuid(text: str) -> bool:
    """Return whether the text is a UUID as OpenAPI has it. Python's `UUID` takes other forms, too."""
    return re.fullmatch(UUID_PATTERN, text) is not None


class Input(serializers.Serializer):
    """The base class of all bodies. The schema says that unknown fields are refused."""

    rules: ClassVar[dict[str, Any]] = {}  # more JSON Schema for the body as a whole
    patterns: ClassVar[dict[str, str]] = {}  # of the texts, or of the items of a list of texts


class Nothing(Input):
    """A body without fields. Reject unknown fields instead of ignoring them."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        values = super().to_internal_value(data)
        unknown = data.keys() - self.fields.keys() - {"csrfmiddlewaretoken"}
        if unknown:
            raise serializers.ValidationError(unknown_fields(unknown))
        return values

    def get_initial(self) -> dict[str, Any]:
        """Leave out optional fields without a value, so a raw form can be sent unchanged."""
        return {name: value for name, value in super().get_initial().items() if value is not None}


class NewApplication(Nothing):
    """The id of the new email, if you choose it yourself."""

    app_id = serializers.UUIDField(
        required=False, help_text="an id of your choice; makes the request idempotent"
    )

    def validate_app_id(self, value: uuid.UUID) -> uuid.UUID:
        sent = self.initial_data["app_id"]
        if not isinstance(sent, str) or not is_uuid(sent):
            raise serializers.ValidationError("Send the id as a string with four hyphens.")
        return value


class Text(serializers.CharField):
    """A text, where DRF would also take a number."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class YesOrNo(serializers.BooleanField):
    """A truth value in JSON, where DRF would also take numbers and texts. In a form it is a text."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(self.root.initial_data, QueryDict) and not isinstance(data, bool):
            self.fail("invalid", input=data)
        return bool(super().to_internal_value(data))


class WholeNumber(serializers.IntegerField):
    """A number in JSON, where DRF would also take a text. In a form it is a text."""

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(self.root.initial_data, QueryDict) and type(data) not in (int, float):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class NewFork(NewApplication):
    """Where to fork: at a step, or before a step to submit again; by default at the head."""

    step = WholeNumber(required=False, min_value=0, max_value=10**9, help_text="number of the step")

    places: ClassVar[list[str]] = ["step", "before"]  # a fork starts at one of them

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        sent = [name for name in self.places if name in values]
        if len(sent) > 1:
            raise serializers.ValidationError({sent[-1]: [f"Send only one of these: {', '.join(sent)}."]})
        return values

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments for `operations.fork`."""
        sent = self.validated_data
        new_id: uuid.UUID | None = sent.get("app_id")
        return {"sequence_id": sent.get("step"), "before": sent.get("before", ""), "new_id": new_id}


def new_fork(workflow: Workflow, base: type[NewFork]) -> type[NewFork]:
    """Return the serializer for the input of a fork."""
    about: dict[str, Any] = {
        "required": False,
        "help_text": "the step to submit again; it may be a step of the parent",
        # DRF's own message echoes the input.
        "error_messages": {"invalid_choice": f"Choose one of: {', '.join(workflow.once)}."},
    }
    if _is_default(workflow):
        before = serializers.ChoiceField(choices=[*workflow.once], **about)
    else:
        before = _choice([(name, workflow.label(name)) for name in workflow.once], **about)
    name = f"{prefix_of(workflow)}NewFork"
    made: Any = type(name, (base,), {"__doc__": base.__doc__, "before": before})
    made.rules = {"not": {"anyOf": [{"required": list(both)} for both in combinations(made.places, 2)]}}
    return cast(type[NewFork], made)


class Error(serializers.Serializer):
    code = serializers.CharField(help_text="stable; use it in programs")
    message = serializers.CharField(help_text="for people")
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), help_text="what is wrong with each field"
    )


class StepInput(Input):
    """The base class of the step serializers."""

    step: ActionEntry

    def prefill(self, state: dict[str, Any], sent: Any) -> None:
        """Prefill the browsable form: sent values, one input per list item, and the item's reason."""
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


def step_input(workflow: Workflow, step: ActionEntry) -> type[StepInput]:
    """Return the serializer class for a human step's input."""
    name = prefix_of(workflow) + step.action.title().replace("_", "")
    fields: dict[str, Any] = {field.name: _serializer_field(field) for field in step.fields}
    texts = [field for field in step.fields if not (field.is_number or field.choices)]
    fields["patterns"] = {field.name: _pattern(field) for field in texts}
    return type(name, (StepInput,), {"__doc__": step.title, "step": step, **fields})


def inputs_of(step: ActionEntry, data: Any) -> Any:
    """Return the submitted data. From a form, keep lists as lists and drop the CSRF token."""
    if not isinstance(data, QueryDict):
        return data
    one_per_item = {field.name for field in step.fields if field.one_per}
    lines = {field.name for field in step.fields if field.is_list}
    texts: dict[str, Any] = {}
    for name in data.keys() - {"csrfmiddlewaretoken"}:
        if name in lines:
            given = (line for text in data.getlist(name) for line in text.splitlines())
            texts[name] = [line for line in given if line.strip()]
        else:
            texts[name] = data.getlist(name) if name in one_per_item else data[name]
    return inputs.from_form(step, texts)


def payload_of(data: Any) -> Any:
    """Return the submitted data as JSON values. From a form, drop the CSRF token."""
    if not isinstance(data, QueryDict):
        return data
    return {name: texts for name, texts in data.lists() if name != "csrfmiddlewaretoken"}


def _serializer_field(field: Field) -> serializers.Field:
    shown = _shown_field(field)
    if field.may_be_missing:
        shown.required = False
    return shown


def _shown_field(field: Field) -> serializers.Field:
    help_text = field.help.replace("“", '"').replace("”", '"')
    if field.is_number:
        return serializers.IntegerField(
            label=field.label,
            help_text=help_text,
            min_value=field.least,
            max_value=field.most,
            allow_null=not field.required,
        )
    if field.choices:
        return _choice(field.choices, label=field.label, help_text=help_text, allow_blank=not field.required)
    text: dict[str, Any] = {
        "max_length": inputs.max_length(field),
        "allow_blank": not field.required,
        "trim_whitespace": not field.verbatim,
    }
    if field.one_per or field.is_list:
        child = serializers.CharField(**text)
        return serializers.ListField(
            child=child, label=field.label, help_text=help_text, max_length=inputs.MOST_ITEMS
        )
    if field.is_line:
        return serializers.CharField(label=field.label, help_text=help_text, **text)
    style = {"base_template": "textarea.html", "rows": 6}
    return serializers.CharField(label=field.label, help_text=help_text, style=style, **text)


def _choice(choices: Iterable[tuple[str, str]], **options: Any) -> serializers.ChoiceField:
    """Return a field whose schema has no `enum`: drf-spectacular would name it by all enums of the API."""
    known = list(choices)
    schema = {"type": "string", "oneOf": [{"const": value, "title": label} for value, label in known]}
    return extend_schema_field(schema)(type("Choice", (serializers.ChoiceField,), {}))(
        choices=known, **options
    )


def _pattern(field: Field) -> str:
    if field.required:
        return f"^{SOME_TEXT}$"
    if field.is_line:
        return f"^{_ONE_LINE}$"
    return f"^({SOME_TEXT})?$" if field.empty_decides else f"^{_ANY_TEXT}$"


def _printable(value: Any) -> Any:
    """Replace lone surrogates, which cannot be encoded in a response."""
    if isinstance(value, list):
        return [_printable(item) for item in value]
    return str(value).encode(errors="replace").decode()


def _next_url(workflow: Workflow, row: Application, addresses: Addresses) -> str | None:
    step = workflow.human_step(row.due_step or "")
    return addresses.to(step.endpoint.replace("_", "-"), row) if step else None


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the views of a workflow are. Reversing URLs is slow: make one for all rows of a response."""

    origin: str
    basename: str  # of the views' names
    prefix: str
    urlconf: str | None

    @classmethod
    def of(cls, workflow: Workflow, request: Any) -> Addresses:
        origin = str(request.build_absolute_uri("/")).removesuffix("/")
        return cls(origin, basename_of(workflow), get_script_prefix(), get_urlconf())

    def to(self, name: str, row: Application) -> str:
        """Return the address of a view for a row."""
        before, after = _path(f"{self.basename}-{name}", self.prefix, self.urlconf)
        return f"{self.origin}{before}{row.pk}{after}"


def address_of(workflow: Workflow) -> str:
    """Return the part of a workflow's addresses that names it."""
    return "applications" if _is_default(workflow) else workflow.name


def basename_of(workflow: Workflow) -> str:
    """Return what the names of a workflow's URLs begin with."""
    return "application" if _is_default(workflow) else f"application-{workflow.name}"


@lru_cache(maxsize=256)
def _path(name: str, prefix: str, urlconf: str | None) -> tuple[str, str]:
    """Return a view's path before and after the id. Cached: `reverse` is slower than reading a row."""
    before, _, after = reverse(name, args=[_ANY_ID]).partition(str(_ANY_ID))
    return before, after


def _shared_fields(row: Application) -> dict[str, Any]:
    return {
        "status": row.status_now,
        "version": row.version,
        "title": row.title,
        "newer_version": not registry.is_known(row),
        "error": _error(row),
        "stopped": row.is_stopped_by_owner,
        "archived_at": row.archived_at,
        "parent": _parent(row),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def _parent(row: Application) -> dict[str, Any] | None:
    if row.known_parent_id is None:
        return None
    return {"app_id": row.known_parent_id, "step": row.parent_sequence_id}


def _error(row: Application) -> dict[str, str] | None:
    code, message = row.error_now
    return {"code": code, "message": message} if code else None
