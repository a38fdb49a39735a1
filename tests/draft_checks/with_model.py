"""`make evaluate MODEL=name`: has a model answer labelled emails, and compares two such runs.

Each email goes through the graph as in the product, without the database: instructions, questions (answered
if the case has answers, else skipped), draft, and each piece of feedback of the case. What the checks find in
the last draft is counted. Two runs with other prompts or models are compared in pairs: for each measure, in
how many emails only one of the two was wrong, and how likely that is by chance.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import comb
from pathlib import Path
from typing import Any

from burr.core import ApplicationBuilder

from assistant_app import conf
from assistant_app.contract.actions import HUMAN
from assistant_app.contract.told import TOLD, Told
from assistant_app.errors import AssistantError
from assistant_app.llm.base import Call, ModelClient
from assistant_app.llm.config import ModelConfig
from assistant_app.llm.factory import build_client
from assistant_app.workflow import knowledge, prompts
from assistant_app.workflow.checks.dates import sent_on
from assistant_app.workflow.checks.findings import check
from assistant_app.workflow.checks.languages import language_of
from assistant_app.workflow.checks.people import header_of
from assistant_app.workflow.graph import DEFAULT_STATE, ENTRYPOINT, build_graph
from tests.draft_checks.evaluate import published

AT_ONCE = 4  # emails
NOTES = Path(__file__).parents[1] / "notes" / "cases.json"
NUMBER = "030 5550 117"
TEXTS = {  # of all people in these cases, so that it shows whether a draft follows them
    "style": "I write without exclamation marks.",
    "always": f"Say in each reply that people can call {NUMBER}.",
}
SOURCES = ("notes", "texts", "identity")
WITHOUT_DRAFT = {"no draft", "anything of these"}  # measures of an email without a draft, too
Progress = Callable[[str], None]


@dataclass
class Answered:
    """One email and what became of it."""

    id: str
    draft: str = ""
    error: str = ""  # the code; then there is no draft
    questions: list[str] = field(default_factory=list)
    question_error: str = ""
    left_out: int = 0  # pieces of talk that were cut off
    unsupported: list[str] = field(default_factory=list)
    contradicting: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    placeholders: list[str] = field(default_factory=list)
    is_other_language: bool = False
    unfollowed: list[str] = field(default_factory=list)  # what the owner's texts ask for
    is_unsigned: bool = False
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0

    @property
    def wrong(self) -> dict[str, bool]:
        """Return whether each measure is wrong for this email."""
        return {
            "no draft": bool(self.error),
            "a fact from nowhere": bool(self.unsupported),
            "a contradiction": bool(self.contradicting),
            "a missing fact": bool(self.missing),
            "an open place": bool(self.placeholders),
            "another language": self.is_other_language,
            "talk cut off": bool(self.left_out),
            "a text not followed": bool(self.unfollowed),
            "no name at the end": self.is_unsigned,
            "anything of these": bool(
                self.error
                or self.unsupported
                or self.contradicting
                or self.missing
                or self.placeholders
                or self.is_other_language
            ),
        }


@dataclass
class Results:
    """The answers of one run, with what they were made by."""

    model: str
    prompt_version: str
    emails: list[Answered]

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, path: Path) -> Results:
        kept = json.loads(path.read_text())
        return cls(**{**kept, "emails": [Answered(**each) for each in kept["emails"]]})


def cases_of(labelled: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one case for each email: drafts of the same one, and planted errors, are left out."""
    cases: dict[str, dict[str, Any]] = {}
    for case in labelled:
        if case.get("kind", "natural") != "error":
            email = case["id"].partition(".")[0]
            cases.setdefault(email, {**case, "id": email})
    return list(cases.values())


def cases_with_sources(*, without: str = "") -> list[dict[str, Any]]:
    """Return the emails of which each needs a fact from a note, `without` one of the sources or with all."""
    people = json.loads(NOTES.read_text(encoding="utf-8"))
    cases = []
    for person in people:
        for number, email in enumerate(person["emails"], start=1):
            note = person["notes"][email["needs"]]
            told = {"id": 1, "title": note["title"], "text": note["text"], "verbatim": False}
            about = {} if without == "texts" else {"about": f"I am {person['who']}.", **TEXTS}
            cases.append(
                {
                    "id": f"{person['who']} {number}",
                    "email": email["email"],
                    "instructions": "",
                    "known": "ida" if without == "identity" else "ida Ida Brevik",
                    "wants": email["fact"],
                    "about": about if without == "notes" else {**about, "notes": [told]},
                    "follows": True,
                    "signed": "Ida",
                }
            )
    return cases


async def answer_all(
    client: ModelClient, model: str, cases: Sequence[dict[str, Any]], progress: Progress = lambda _: None
) -> Results:
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(case: dict[str, Any]) -> Answered:
        async with slots:
            answered = await answer(client, case)
        progress(f"{answered.id}: {answered.error or 'written'}")
        return answered

    emails = list(await asyncio.gather(*map(one, cases)))
    return Results(model, prompts.version(demonstration=client.is_demonstration), emails)


async def answer(client: ModelClient, case: dict[str, Any]) -> Answered:
    """Have the model answer one email. An error of the model is a result."""
    calls: list[Call] = []
    found = Answered(case["id"])
    name = case["known"].partition(" ")[2]
    sent = sent_on(header_of(case["email"]))
    about = case.get("about", {})
    told = Told(name=name, about=about, today=sent.isoformat() if sent else "")
    application = (
        ApplicationBuilder()
        .with_graph(build_graph(client.session(calls.append)))
        .with_state(**DEFAULT_STATE)
        .with_entrypoint(ENTRYPOINT)
        .build()
    )
    inputs: dict[str, Any] = {
        "email_to_respond": case["email"],
        "response_instructions": case["instructions"],
    }
    answers: list[str] = []
    feedback = list(case.get("feedback") or ())
    try:
        await _run(application, {**inputs, TOLD: told}, {"process_input"})
        found.questions = list(application.state["clarification_questions"])
        found.question_error = (application.state["clarification_error"] or {}).get("code", "")
        if found.questions:
            given = list(case.get("answers") or ())
            answers = [*given, *[""] * len(found.questions)][: len(found.questions)]
            await _run(application, {"answers": answers, TOLD: told}, {"clarify_instructions"})
        for text in feedback:
            await _run(application, {"feedback": text, TOLD: told}, {"process_feedback"})
        found.draft = application.state["current_draft"] or ""
    except AssistantError as problem:
        found.error = problem.code
    found.calls = len(calls)
    found.tokens_in = sum(call.tokens_in or 0 for call in calls)
    found.tokens_out = sum(call.tokens_out or 0 for call in calls)
    found.seconds = round(sum(call.duration for call in calls), 3)
    if found.draft:
        sources = application.state["draft_sources"]
        _judge(found, case, answers, feedback, sources[-1] if sources else {})
    return found


async def _run(application: Any, inputs: dict[str, Any], steps: set[str]) -> None:
    """Take a human step, and what follows it until the next one."""
    done = False
    while True:
        following = application.get_next_action()
        if following is None or (HUMAN in following.tags and (done or following.name not in steps)):
            return
        if following.streaming:
            _, stream = await application.astream_result(halt_after=[following.name], inputs=inputs)
            await stream.get()
        else:
            await application.astep(inputs=inputs)
        done = True


def _judge(
    found: Answered,
    case: dict[str, Any],
    answers: Sequence[str],
    feedback: Sequence[str],
    source: dict[str, Any],
) -> None:
    checks = check(
        found.draft,
        email=case["email"],
        instructions=case["instructions"],
        answers=answers,
        feedback=feedback,
        known=case["known"],
        notes=knowledge.sources([case.get("about", {})]),
    )
    found.left_out = len(source.get("left_out") or ())
    found.unsupported = [each.text for each in checks.unsupported if each.kind != "contradiction"]
    found.contradicting = [each.text for each in checks.unsupported if each.kind == "contradiction"]
    wanted = re.findall(r"\d[\d.,]*\d|\d", case.get("wants", ""))
    found.missing = [*checks.missing, *(each for each in wanted if each not in found.draft)]
    found.placeholders = [each.text for each in checks.placeholders]
    if case.get("follows"):
        said = {"an exclamation mark": "!" in found.draft, NUMBER: NUMBER not in found.draft}
        found.unfollowed = [what for what, is_wrong in said.items() if is_wrong]
    found.is_unsigned = case.get("signed", "") not in found.draft.rstrip().rpartition("\n")[2]
    expected = language_of(case["email"])
    found.is_other_language = bool(expected and checks.language and checks.language != expected)


# --- Tables --------------------------------------------------------------------------------------


def summary(results: Results) -> Iterator[str]:
    """Yield the lines of a table of one run, in Markdown."""
    emails = results.emails
    yield f"{results.model}, prompt version {results.prompt_version}, {len(emails)} emails"
    yield ""
    yield "| emails with | |"
    yield "| --- | ---: |"
    for measure in emails[0].wrong if emails else ():
        yield f"| {measure} | {sum(each.wrong[measure] for each in emails)} |"
    yield f"| questions | {sum(bool(each.questions) for each in emails)} |"
    yield f"| no questions because of an error | {sum(bool(each.question_error) for each in emails)} |"
    yield f"| tokens in / out, all calls | {_sum(emails, 'tokens_in')} / {_sum(emails, 'tokens_out')} |"
    yield f"| seconds of all calls | {_sum(emails, 'seconds'):.1f} |"


def paired(before: Results, now: Results) -> Iterator[str]:
    """Yield the lines of a table that compares the emails of both runs in pairs."""
    old = {each.id: each for each in before.emails}
    pairs = [(old[each.id], each) for each in now.emails if each.id in old]
    yield f"{len(pairs)} emails in both; before: {before.model}, prompt version {before.prompt_version}"
    yield ""
    yield "| emails with | before | now | only before | only now | p |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    written = [pair for pair in pairs if not any(each.error for each in pair)]
    for measure in pairs[0][0].wrong if pairs else ():
        compared = pairs if measure in WITHOUT_DRAFT else written
        was = [one.wrong[measure] for one, _ in compared]
        now_is = [other.wrong[measure] for _, other in compared]
        only_before = sum(a and not b for a, b in zip(was, now_is, strict=True))
        only_now = sum(b and not a for a, b in zip(was, now_is, strict=True))
        chance = by_chance(only_before, only_now)
        yield f"| {measure} | {sum(was)} | {sum(now_is)} | {only_before} | {only_now} | {chance:.3f} |"
    for name in ("tokens_in", "tokens_out", "seconds"):
        differences = [getattr(other, name) - getattr(one, name) for one, other in pairs]
        more, fewer = sum(each > 0 for each in differences), sum(each < 0 for each in differences)
        old_sum, new_sum = (_sum([pair[side] for pair in pairs], name) for side in (0, 1))
        label = name.replace("_", " ")
        chance = by_chance(fewer, more)
        yield f"| {label}, sum | {old_sum:.0f} | {new_sum:.0f} | {fewer} | {more} | {chance:.3f} |"


def by_chance(one: int, other: int) -> float:
    """Return how likely a split at least as uneven is if both sides are as likely: the exact sign test."""
    total = one + other
    tail = sum(comb(total, each) for each in range(min(one, other) + 1))
    return min(1.0, 2 * tail / 2**total)


def _sum(emails: Iterable[Answered], name: str) -> float:
    return sum(getattr(each, name) for each in emails)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="make evaluate MODEL=name", description=__doc__)
    parser.add_argument("--model", required=True, help="a model of the configured server")
    parser.add_argument("--given", type=Path, help="a file with further labelled emails, which go first")
    parser.add_argument("--most", type=int, help="so many emails at most")
    parser.add_argument("--keep", type=Path, help="keep what came out in this file")
    parser.add_argument("--against", type=Path, help="compare with what was kept in this file, in pairs")
    parser.add_argument(
        "--ablate", action="store_true", help="answer emails with all that is told, and without each of it"
    )
    options = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emailassistant.settings")
    config = replace(conf.model_config(), models={"questions": options.model, "draft": options.model})
    if options.ablate:
        if config.embedded and config.embedded_model_path is None:
            parser.error("The demonstration model is told a name only. Name its file: EMBEDDED_MODEL_PATH=…")
        with_all = _ablated(config, options, "")
        for source in SOURCES:
            without = _ablated(config, options, source)
            print(f"Before: without {source}. Now: with all.", "", *paired(without, with_all), "", sep="\n")
        return
    cases = cases_of([*(json.loads(options.given.read_text()) if options.given else ()), *published()])
    results = _answered(config, options, cases)
    if options.keep:
        results.save(options.keep)
    print(*summary(results), sep="\n")
    if options.against:
        print("", *paired(Results.load(options.against), results), sep="\n")


def _ablated(config: ModelConfig, options: argparse.Namespace, source: str) -> Results:
    print(f"Without {source}:" if source else "With all:", file=sys.stderr)
    return _answered(config, options, cases_with_sources(without=source))


def _answered(config: ModelConfig, options: argparse.Namespace, cases: Sequence[dict[str, Any]]) -> Results:
    return asyncio.run(_answer(build_client(config), options.model, cases[: options.most]))


async def _answer(client: ModelClient, model: str, cases: Sequence[dict[str, Any]]) -> Results:
    try:
        return await answer_all(client, model, cases, lambda line: print(line, file=sys.stderr))
    finally:
        await client.aclose()


if __name__ == "__main__":
    main()
