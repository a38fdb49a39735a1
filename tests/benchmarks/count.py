"""Counts the queries of each call, in whichever thread they are made. Run in the server's environment.

`python -m tests.benchmarks.count flows`, or `... paths PERSON=PATH ...`; prints them as JSON.
"""

import json
import sys
import threading
from collections import defaultdict
from functools import partial

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.backends.signals import connection_created  # noqa: E402
from django.test import Client  # noqa: E402

from assistant_app.engine.runner import runner  # noqa: E402
from assistant_app.llm.scripted import ScriptedClient  # noqa: E402
from assistant_app.models import ApiToken  # noqa: E402
from tests.benchmarks import flow  # noqa: E402


class Counted:
    """All statements of this process; BEGIN and COMMIT are none."""

    def __init__(self):
        self.lock = threading.Lock()
        self.count = 0

    def __call__(self, execute, sql, *arguments):
        with self.lock:
            self.count += 1
        return execute(sql, *arguments)

    def install(self, connection, **_):
        if self not in connection.execute_wrappers:
            connection.execute_wrappers.append(self)


class InProcess(Client):
    """Django's test client with the methods of the benchmarks' own."""

    def post(self, path, json=None):
        return super().post(path, json or {}, content_type="application/json")

    def put(self, path, json):
        return super().put(path, json, content_type="application/json")

    def show(self, path):
        return self.get(path)

    def send(self, path, typed):
        path = super().post(path, typed).headers["Location"].partition("#")[0]
        for run in list(runner.runs):
            run.ended.result()
        answer = self.get(path)
        answer.path = path
        return answer

    def follow(self, path):
        """There is nothing to follow: the run is over."""
        return Done()


class Done:
    status_code = 200


def main(what, *asked):
    counted = Counted()
    connection_created.connect(counted.install, weak=False)
    connection.close()
    counts = flows(counted) if what == "flows" else paths(counted, asked)
    print(json.dumps(counts))
    runner.shutdown()


def flows(counted):
    """Go twice through each flow, since the first opens connections."""
    user = get_user_model().objects.get(username="ida")
    token = ApiToken.objects.create(user)[1]
    by_api = InProcess(SERVER_NAME="localhost", headers={"authorization": f"Token {token}"})
    by_page = InProcess(SERVER_NAME="localhost")
    by_page.force_login(user)
    runner.client = ScriptedClient()
    counts = {}
    for door, client, calls in (("API", by_api, flow.api), ("pages", by_page, flow.pages)):
        for _ in range(2):
            runner.client.will_ask(flow.QUESTION)
            counts[door] = count_each(counted, calls(client))
    return counts


def paths(counted, asked):
    """Get each path twice as its person."""
    counts = {}
    for person, path in (each.split("=", 1) for each in asked):
        client = InProcess(SERVER_NAME="localhost")
        client.force_login(get_user_model().objects.get(username=person))
        for _ in range(2):
            counts |= count_each(counted, [(path, partial(client.get, path))])
    return counts


def count_each(counted, calls):
    counts = defaultdict(int)
    for name, call in calls:
        before = counted.count
        call()
        counts[name] = max(counts[name], counted.count - before)
    return {name: count for name, count in counts.items() if count}


main(*sys.argv[1:])
