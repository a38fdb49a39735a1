"""The buttons of an email's forms, and what they mean."""

from __future__ import annotations

from django.http import QueryDict
from django.utils import timezone

from assistant_app.contract.workflow import ActionEntry
from assistant_app.errors import InvalidInput
from assistant_app.mail import pasting
from assistant_app.mail.quotes import without_quoted
from assistant_app.models.people import LONGEST_IDEA, MOST_IDEAS
from assistant_app.pages.forms import Typed
from assistant_app.phrases import gettext_noop
from assistant_app.workflow import steps

INSTRUCTIONS = "response_instructions"
TONES = {"warmer": "Make it warm.", "formal": "Make it formal.", "brief": "Keep it brief."}
LENGTHS = {"short": "Keep it to a few lines.", "long": "Go into detail."}
LONGEST_LANGUAGE = 40  # characters of its name


class BothPressed(InvalidInput):
    said = gettext_noop("You pressed Accept, but there’s feedback you haven’t sent.")


def typed_in(step: ActionEntry, post: QueryDict) -> Typed | None:
    """Return what a button makes of the form; None if it takes the text as it is."""
    if step == steps.PROCESS_INPUT:
        typed = {item.name: post.get(item.name, "") for item in step.fields}
        return {**typed, INSTRUCTIONS: _with_ideas(post), "left_out": _left_out(post)}
    if step != steps.PROCESS_FEEDBACK:
        return None
    if "correct" in post:
        return {"feedback": _corrections(post)}
    refined = _refined(post)
    return {"feedback": refined} if refined else None


def read(step: ActionEntry, typed: Typed, post: QueryDict) -> Typed:
    """Return the step's input as the pressed button defines it. Raise `InvalidInput`."""
    return _read_feedback(typed, post) if step == steps.PROCESS_FEEDBACK else _read_input(typed, post)


def _with_ideas(post: QueryDict) -> str:
    """Return the ideas that were ticked, the typed instructions and the chosen options, a line each."""
    ideas = [_sentence(idea) for idea in post.getlist("idea")[:MOST_IDEAS] if idea.strip()]
    language = post.get("in_language", "").strip()[:LONGEST_LANGUAGE]
    options = [f"Write it in {language}."] if language else []
    chosen = TONES.get(str(post.get("tone", ""))), LENGTHS.get(str(post.get("how_long", "")))
    options += filter(None, chosen)
    own = post.get(INSTRUCTIONS, "")
    return "\n".join([*ideas, own, *options] if own else [*ideas, *options])


def _left_out(post: QueryDict) -> list[str]:
    """Return what the model is not to be told: what the form offered and was not ticked."""
    used = post.getlist("source")
    return [name for name in post.getlist("source_offered") if name and name not in used]


def _sentence(idea: str) -> str:
    """Return a ticked idea as a sentence. It counts although its owner has changed their ideas since."""
    text = " ".join(idea.split())[:LONGEST_IDEA]
    return text if text.endswith((".", "!", "?", "…", "。")) else f"{text}."


def _read_input(typed: Typed, post: QueryDict) -> Typed:
    """Read a pasted source or HTML; remove the quoted messages of a file, unless the form keeps them."""
    if "file" not in post:
        zone = timezone.get_current_timezone()
        return {**typed, "email_to_respond": pasting.as_text(typed["email_to_respond"], zone)}
    if "quoted" not in post:
        return {**typed, "email_to_respond": without_quoted(typed["email_to_respond"])}
    return typed


def _corrections(post: QueryDict) -> str:
    """Return the corrected assumptions as feedback text."""
    both = zip(post.getlist("assumption"), post.getlist("instead"), strict=False)
    return "\n\n".join(steps.corrected(one, other) for one, other in both if other.strip())


def _refined(post: QueryDict) -> str:
    """Return the typed feedback plus the text of the pressed quick change; "" if none was pressed."""
    quick, language = post.get("quick", ""), post.get("language", "")
    if quick in steps.REFINEMENTS or (quick == "language" and language.strip()):
        return steps.refined(quick, post.get("feedback", ""), language)
    return ""


def _read_feedback(typed: Typed, post: QueryDict) -> Typed:
    if _refined(post):
        return typed
    if post.get("quick") == "language":
        raise InvalidInput(fields={"language": [gettext_noop("Choose a language.")]})
    text = typed["feedback"].strip()
    if post.get("accept") == "without the feedback":
        return {"feedback": ""}
    if post.get("accept"):
        if text:
            raise BothPressed
        return {"feedback": ""}
    if not text:
        if "correct" in post:
            problem = gettext_noop("Say what’s right instead.")
            raise InvalidInput(fields={"assumptions": [problem]})
        problem = gettext_noop("Say what should change, or press Accept.")
        raise InvalidInput(fields={"feedback": [problem]})
    return typed
