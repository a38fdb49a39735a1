"""The diagram in the documentation is the graph's."""

from io import StringIO

from django.core.management import call_command

from assistant_app.management.commands import state_machine
from assistant_app.workflow.graph import ACTIONS


def printed():
    out = StringIO()
    call_command("state_machine", stdout=out)
    return out.getvalue()


def test_the_documentation_shows_the_graph_as_it_is():
    document = state_machine.DOCUMENT.read_text()

    assert f"```mermaid\n{printed()}```\n" in document


def test_the_diagram_has_every_action_and_the_way_in_and_out():
    diagram = printed()

    assert "[*] --> process_input" in diagram
    assert "final_result --> [*]" in diagram
    assert "process_feedback --> formulate_draft : if feedback" in diagram
    assert all(name in diagram for name in ACTIONS)


def test_writing_replaces_an_old_diagram(tmp_path, monkeypatch):
    document = tmp_path / "state-machine.md"
    document.write_text("# Before\n\n```mermaid\nold\n```\n\nAfter\n")
    monkeypatch.setattr(state_machine, "DOCUMENT", document)

    call_command("state_machine", write=True)

    assert document.read_text() == f"# Before\n\n```mermaid\n{printed()}```\n\nAfter\n"
