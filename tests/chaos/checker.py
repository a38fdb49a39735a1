"""Checks that nothing was lost, doubled or told wrongly. It only reads the record of a run.

Every draft of the model is a different letter whose words carry its number and their own: `n7w1 n7w2 …`.
So a text tells which letters it is made of, and what of them is missing or doubled.
"""

import re
from collections import Counter

from tests.server.walking import STEPS

CHECKED = (
    "nothing typed is lost",
    "no step, input or draft is doubled, and of two clients that send a step at once one wins",
    "one draft for each feedback",
    "every follower gets an end",
    "no follower gets text of an earlier draft, and none is missing or doubled",
    "at most one paid model call for each attempt",
    "no lease is left",
    "no unexplained refusal",
)
WORD = re.compile(r"\bn(\d+)w(\d+)\b")


def letter(number, words=24):
    """Return the letter with this number."""
    return "Dear Marta,\n\n" + " ".join(f"n{number}w{index}" for index in range(1, words + 1)) + "\n\nIda"


def problems_of(record):
    """Return a sentence for everything that is wrong."""
    found = [f"{mark}: did not come to its end" for mark in record.unfinished]
    if record.leases_left:
        found.append(f"{record.leases_left} leases are left")
    for flow in record.flows:
        for check in (_lost, _doubled, _drafts, _followers, _paid):
            found += [f"{flow.mark}: {problem}" for problem in check(flow)]
        found += [f"{flow.mark}: refused: {refusal}" for refusal in flow.refused]
    return found


def _texts(state):
    answers = [answer for answer in state["answers"] or [] if answer]
    first = [text for text in (state["email_to_respond"], state["response_instructions"]) if text]
    return [*first, *answers, *state["feedback_history"]]


def _lost(flow):
    for sent in flow.sent:
        if not sent.is_accepted:
            continue
        for number, state in enumerate(flow.states[sent.seen_before :]):
            missing = [text for text in sent.typed if text not in _texts(state)]
            if missing:
                yield f"lost: {missing[0]!r} is not in state {number} after it was accepted"
                break
    final = flow.states[-1]
    answers = [] if _could_not_ask(flow) else flow.answers
    typed = [flow.email, flow.instructions, *answers, *flow.feedback]
    for text in typed:
        if text not in _texts(final):
            yield f"lost: {text!r} is not in the last state"


def _could_not_ask(flow):
    """Return whether a fault kept the model from asking, so that the draft was written without answers."""
    return flow.states[-1].get("questions_error") is not None


def _doubled(flow):
    for text, count in Counter(_texts(flow.states[-1])).items():
        if count > 1:
            yield f"doubled: {text!r} is stored {count} times"
    answered = "clarify_instructions"
    if flow.path != [step for step in STEPS if step != answered or not _could_not_ask(flow)]:
        yield f"doubled or missing steps: {flow.path}"
    if len(set(flow.numbers)) != len(flow.numbers):
        yield f"doubled: step numbers {flow.numbers}"
    for sent in flow.sent:
        if sent.winners > 1:
            yield f"doubled: {sent.winners} clients won version {sent.version}"


def _drafts(flow):
    final = flow.states[-1]
    drafts = final["drafts"]
    if len(drafts) != 1 + len(flow.feedback):
        yield f"{len(drafts)} drafts for {len(flow.feedback)} feedbacks"
    if len(set(drafts)) != len(drafts):
        yield "doubled: the same draft twice"
    if not drafts or final["final_draft"] != drafts[-1]:
        yield "the accepted draft is not the last one"
    for draft in drafts:
        yield from _wrong_words(draft, is_whole=True)


def _followers(flow):
    for followed in flow.followed:
        if not followed.has_ended:
            yield f"a follower without an end, after {len(followed.told)} events"
        old = {number for draft in followed.drafts_before for number, _ in WORD.findall(draft)}
        for text in texts_shown(followed.told):
            problems = list(_wrong_words(text, is_whole=False))
            known = old & {number for number, _ in WORD.findall(text)}
            problems += [f"text of the earlier letter {number}" for number in sorted(known)]
            if problems:
                yield f"a follower got {problems[0]}: {text!r}"
                break


def texts_shown(told):
    """Return each text that a client shows that only appends and replaces."""
    text = ""
    for name, data in told:
        if name == "draft":
            text = data["text"]
        elif name == "token":
            text += data["text"]
        else:
            continue
        yield text


def _wrong_words(text, *, is_whole):
    words = [(int(number), int(index)) for number, index in WORD.findall(text)]
    if not is_whole and words and re.search(r"n\d+w\d+$", text):
        words.pop()  # it may go on: `n7w1` becomes `n7w12`
    letters = {number for number, _ in words}
    if len(letters) > 1:
        yield f"several letters in one text: {sorted(letters)}"
    elif [index for _, index in words] != list(range(1, len(words) + 1)):
        yield "missing or doubled words"
    elif is_whole and not words:
        yield "a draft that the model did not write"


def _paid(flow):
    for purpose, calls in (("drafts", flow.draft_calls), ("questions", flow.question_calls)):
        if calls > flow.attempts:
            yield f"paid twice: {calls} calls for {purpose} in {flow.attempts} attempts"
