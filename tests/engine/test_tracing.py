"""With OTEL=1, each run is a trace of its steps and model calls, without any mail text."""

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from assistant_app.errors import ModelTimeout
from assistant_app.observing import tracing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def exporter():
    """The exporter of all spans of this process; there can be only one provider."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture
def spans(exporter, settings):
    settings.OTEL = True
    exporter.clear()
    return exporter.get_finished_spans


def parents(spans):
    """Return the name of each span with its parent's name, in order of their start."""
    names = {span.context.span_id: span.name for span in spans}
    ordered = sorted(spans, key=lambda span: span.start_time)
    return [(span.name, names[span.parent.span_id] if span.parent else None) for span in ordered]


def test_a_run_is_one_trace_of_its_steps_and_calls(person, spans):
    person.give_input("Where are my 96 sensors?", "Thursday")
    found = spans()
    run = "run process_input"
    assert set(parents(found)) == {
        (run, None),
        ("process_input", run),
        ("determine_clarifications", run),
        ("model questions", "determine_clarifications"),
        ("formulate_draft", run),
        ("model draft", "formulate_draft"),
    }
    assert len({span.context.trace_id for span in found}) == 1
    (root,) = [span for span in found if span.parent is None]
    assert root.attributes["emailassistant.application"] == str(person.app_id)
    assert root.attributes["emailassistant.outcome"] == "waiting"
    told = "".join(span.to_json() for span in found)
    assert not [text for text in ("sensors", "Thursday", "A draft") if text in told]


def test_a_failure_is_told_by_its_code(person, model, spans):
    model.will_write(ModelTimeout("It said: Where are my 96 sensors?"))
    person.fails_at("process_input", email_to_respond="Where are my 96 sensors?", response_instructions="Yes")
    failed = {span.name: span.status for span in spans() if span.status.status_code is StatusCode.ERROR}
    assert failed.keys() == {"run process_input", "formulate_draft", "model draft"}
    assert {status.description for status in failed.values()} == {"model_timeout"}
    assert "sensors" not in "".join(span.to_json() for span in spans())


def test_each_run_has_a_trace_of_its_own(person, spans):
    person.give_input()
    person.give_feedback("Shorter.")
    roots = [span for span in spans() if span.parent is None]
    assert [span.name for span in roots] == ["run process_input", "run process_feedback"]


def test_without_it_nothing_is_traced(person, exporter):
    exporter.clear()
    person.give_input()
    assert exporter.get_finished_spans() == ()
    assert tracing.hooks() == []
