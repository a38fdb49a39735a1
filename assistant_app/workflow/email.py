"""The email assistant as a `Workflow`: what every door reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant_app.contract.changes import Changes
from assistant_app.contract.workflow import Counted, Purpose, Workflow
from assistant_app.mail import text as mail
from assistant_app.phrases import gettext_noop
from assistant_app.workflow import drafts, prompts, steps
from assistant_app.workflow.graph import DEFAULT_STATE, ENTRYPOINT, LASTING, build_graph

NOT_SENT = {"draft_history", "final_draft"}  # state keys not sent to the model, which gets the current draft


def _headline(changes: Changes) -> dict[str, str]:
    return mail.headline(changes.get("set", {}).get("incoming_email"))


def _sent_to_model(state: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in state.items() if key not in NOT_SENT}


def _export(state: Mapping[str, Any]) -> list[tuple[str, str]]:
    parts = [("The email", state.get("incoming_email")), ("Instructions", state.get("response_instructions"))]
    questions, answers = state.get("clarification_questions") or [], state.get("clarification_answers") or []
    for number, question in enumerate(questions, start=1):
        parts.append((f"Question {number}", str(question)))
        parts.append((f"Answer {number}", answers[number - 1] if number <= len(answers) else ""))
    parts += [(f"Draft {n}", text) for n, text in enumerate(state.get("draft_history") or [], start=1)]
    parts += [(f"Feedback {n}", text) for n, text in enumerate(state.get("feedback_history") or [], start=1)]
    parts.append(("Final reply", state.get("final_draft")))
    return [(name, text) for name, text in parts if text]


EMAIL = Workflow(
    name="email",
    title=gettext_noop("Email assistant"),
    noun=gettext_noop("email"),
    result=gettext_noop("draft"),
    results=gettext_noop("drafts"),
    busy=gettext_noop("A draft is being written already."),
    over=gettext_noop("You’ve accepted this reply"),
    build_graph=build_graph,
    entrypoint=ENTRYPOINT,
    default_state=DEFAULT_STATE,
    entries=steps.STEPS,
    lasting=LASTING,
    purposes={
        "questions": Purpose(label=gettext_noop("Look for questions")),
        "draft": Purpose(label=gettext_noop("Write a draft"), is_round=True),
    },
    counted={
        "drafts": Counted("draft_history"),
        "current": Counted("draft_history", number="draft_number"),
        "questions": Counted("clarification_questions"),
    },
    rounds=Counted("draft_history"),
    growing=("draft_history", "feedback_history"),
    searched=("incoming_email", "response_instructions", "current_draft"),
    calls_per_run=2,  # questions and draft
    doors={"page": "assistant_app.pages.work.door", "api": "assistant_app.api.drafts.views.Versions"},
    headline=_headline,
    sent_to_model=_sent_to_model,
    prompt_version=lambda is_demonstration: prompts.version(demonstration=is_demonstration),
    fenced=lambda state, inputs: inputs.get("email_to_respond") or state.get("incoming_email", ""),
    carried_into_fork=drafts.carried,
    export=_export,
)
