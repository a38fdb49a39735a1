"""The examples of the API's documentation. All describe the same email."""

from __future__ import annotations

from typing import Any

FIRST_DRAFT = "Hello, 60 sensors ship on Thursday. You get a credit note within 14 days.\n\n[Your name]"
SECOND_DRAFT = "Hello, 60 sensors ship on Thursday, the others on 10 December."
BASE = "http://127.0.0.1:8000/api/applications/0b6f2b5e-3c60-4c0e-9d5e-5a3f1f6d8f10"


def _allowed(name: str, title: str, method: str, last: str, **properties: Any) -> dict[str, Any]:
    body = {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }
    url = f"{BASE}/{last}/"
    return {"name": name, "title": title, "method": method, "url": url, "input": body if properties else None}


def _text(title: str, characters: int, **more: Any) -> dict[str, Any]:
    return {"title": title, "type": "string", "maxLength": characters, **more}


def _texts(title: str) -> dict[str, Any]:
    items = {"type": "string", "maxLength": 20_000}
    return {"title": title, "type": "array", "items": items, "maxItems": 100}


STATE: dict[str, Any] = {
    "app_id": "0b6f2b5e-3c60-4c0e-9d5e-5a3f1f6d8f10",
    "email_to_respond": "Subject: Late delivery\n\nWhere are my 96 sensors?",
    "response_instructions": "60 ship on Thursday.",
    "questions": ["When do the others ship?"],
    "question_reasons": ["She asks about all 96; your instructions name 60."],
    "question_choices": [["This week", "Next week"]],
    "questions_error": None,
    "answers": ["On 10 December."],
    "drafts": [FIRST_DRAFT],
    "draft_number": 1,
    "assumptions": [],
    "feedback_history": [],
    "final_draft": None,
    "left_out_sources": [],
    "envelope": None,
    "reply_as": None,
    "notes": [],
    "partial": None,
    "next_step": "process_feedback",
    "next_url": "http://127.0.0.1:8000/api/applications/0b6f2b5e-3c60-4c0e-9d5e-5a3f1f6d8f10/process_feedback/",
    "allowed_actions": [
        _allowed(
            "process_feedback",
            "Is this draft right?",
            "PUT",
            "process_feedback",
            feedback=_text("What should change?", 20_000),
        ),
        _allowed(
            "edit_draft", "Edit the draft", "PUT", "edit", text=_text("Your text", 200_000, minLength=1)
        ),
        _allowed(
            "use_draft",
            "Go back to an earlier draft",
            "PUT",
            "use",
            draft={"title": "Its number", "type": "integer", "minimum": 1, "maximum": 999_999_999},
        ),
        _allowed("regenerate", "Write the draft again", "POST", "regenerate"),
        _allowed(
            "choose_sources",
            "Write it without some of your texts or notes",
            "PUT",
            "sources",
            left_out=_texts("What to leave out"),
        ),
        _allowed(
            "change_envelope",
            "Who gets the reply",
            "PUT",
            "envelope",
            to=_texts("To"),
            cc=_texts("Cc"),
            subject=_text("Subject", 20_000),
            identity=_text("From", 20_000),
            quote={
                "title": "Quote the email in the file",
                "type": "string",
                "enum": ["", "below", "above", "none"],
            },
        ),
    ],
    "status": "waiting",
    "version": 4,
    "title": "Late delivery",
    "newer_version": False,
    "error": None,
    "stopped": False,
    "archived_at": None,
    "parent": None,
    "created_at": "2026-01-05T09:00:00Z",
    "updated_at": "2026-01-05T09:01:30Z",
}

STEP: dict[str, Any] = {
    "number": 3,
    "url": f"{BASE}/steps/3/",
    "position": "formulate_draft",
    "base": 2,
    "status": "completed",
    "by_person": False,
    "on_the_way": True,
    "started_at": "2026-01-05T09:01:24Z",
    "finished_at": "2026-01-05T09:01:30Z",
    "changed": ["draft_history", "draft_sources", "current_draft", "draft_number"],
    "calls": [2],
    "error": None,
}
BEFORE = "clarify_instructions"
FIELD = "feedback"
SOURCE = {"by": "model", "of": None, "feedback": 0}
STEP_IN_FULL = STEP | {
    "changes": [
        {"key": "draft_history", "before": None, "after": None, "appended": [FIRST_DRAFT]},
        {"key": "draft_sources", "before": None, "after": None, "appended": [SOURCE]},
        {"key": "current_draft", "before": None, "after": FIRST_DRAFT, "appended": None},
        {"key": "draft_number", "before": None, "after": 1, "appended": None},
    ],
    "state": {
        "incoming_email": STATE["email_to_respond"],
        "response_instructions": STATE["response_instructions"],
        "clarification_questions": STATE["questions"],
        "clarification_reasons": STATE["question_reasons"],
        "clarification_choices": STATE["question_choices"],
        "clarification_answers": STATE["answers"],
        "clarification_error": None,
        "draft_history": [FIRST_DRAFT],
        "draft_sources": [SOURCE],
        "current_draft": FIRST_DRAFT,
        "draft_number": 1,
        "assumptions": [],
        "feedback": "",
        "feedback_history": [],
        "final_draft": None,
        "envelope": None,
        "chosen_identity": None,
        "contexts": None,
        "left_out_sources": None,
        "said_on": {"instructions": "2026-01-05", "answers": "2026-01-05"},
    },
    "partial": None,
}
