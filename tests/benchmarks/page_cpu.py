"""CPU of an email's page with some drafts, in one process without a server. Run in the server's environment.

`python -m tests.benchmarks.page_cpu 1 4` prints the seconds for each number of drafts, as JSON: of the first
view after a run, and of a later one.
"""

import json
import sys
import time

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.test import Client  # noqa: E402

from assistant_app import operations  # noqa: E402
from assistant_app.engine.runner import runner  # noqa: E402
from assistant_app.llm.scripted import ScriptedClient  # noqa: E402
from tests.benchmarks import flow  # noqa: E402

DRAFT = (
    "Dear Marta,\n\nThank you for your email of 20 November. We ship 60 sensors on Thursday, 3 December.\n\n"
    + "The remaining units will follow later, as Kate said in our call. " * 25
    + "\n\nKind regards,\nIda"
)
VIEWS = 20
ROUNDS = 7


def main(*numbers):
    user = get_user_model().objects.get(username="ida")
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    runner.client = ScriptedClient()
    print(json.dumps({number: [*figures(user, client, int(number))] for number in numbers}))
    runner.shutdown()


def figures(user, client, drafts):
    first = []
    for _ in range(ROUNDS):
        path = f"/a/{answered(user, drafts)}/"
        first.append(cpu_of(client, path, 1))
    yield min(first)
    yield min(cpu_of(client, path, VIEWS) for _ in range(ROUNDS))


def answered(user, drafts):
    """Return the id of an email with so many drafts of 2 KB and one question."""
    app_id = operations.create(actor=user)[0].pk
    runner.client.will_ask(flow.QUESTION)

    def send(step, **data):
        operations.wait_until_ended(operations.submit(actor=user, app_id=app_id, step=step, data=data))

    send("process_input", **flow.INPUT)
    for number in range(drafts):
        runner.client.will_write(f"{DRAFT} {number}")
        if number:
            send("process_feedback", feedback=flow.FEEDBACK)
        else:
            send("clarify_instructions", answers=["On 10 December."])
    return app_id


def cpu_of(client, path, views):
    begin = time.process_time()
    for _ in range(views):
        flow.check(client.get(path))
    return (time.process_time() - begin) / views


main(*sys.argv[1:])
