"""What servers do otherwise than OpenAI's: in the database, for all processes, for 30 days."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from assistant_app.engine.deviations import DatabaseMemory
from assistant_app.engine.runner import runner
from assistant_app.llm import dialect
from assistant_app.llm.client import OpenAIClient
from assistant_app.models import ServerDeviation
from tests.llm.calling import Caller, ask, write
from tests.model_server import DRAFT, ModelServer, error, questions

pytestmark = pytest.mark.django_db(transaction=True)
NO_SYSTEM = error(400, "System role not supported")


@pytest.fixture
def server():
    with ModelServer() as running:
        yield running


class Process(Caller):
    """A client that remembers in the database, as each web process has one."""

    def make_client(self):
        return OpenAIClient(self.config, DatabaseMemory(runner.database))


def roles(server):
    return [[each["role"] for each in body["messages"]] for body in server.bodies]


def stored():
    return list(ServerDeviation.objects.values_list("server", "model", "option"))


def test_another_process_knows_what_the_first_one_learned(server):
    server.script(NO_SYSTEM)

    assert "".join(Process(server.url).write()) == DRAFT
    assert "".join(Process(server.url).write()) == DRAFT

    assert roles(server) == [["system", "user"], ["user"], ["user"]]
    assert stored() == [(f"{server.host}/v1", "large", "system")]


def test_another_model_and_another_address_of_the_server_are_asked_in_the_usual_way(server):
    server.script(NO_SYSTEM)
    Process(server.url).write()

    Process(server.url).ask()
    Process(f"http://{server.host}/other/v1").write()

    assert roles(server)[2:] == [["system", "user"]] * 2


def test_it_is_forgotten_after_30_days_and_when_an_administrator_deletes_it(server):
    ServerDeviation.objects.create(
        server=f"{server.host}/v1",
        model="large",
        option="system",
        learned_at=timezone.now() - timedelta(days=30, seconds=1),
    )

    Process(server.url).write()
    assert roles(server) == [["system", "user"]]

    server.script(NO_SYSTEM)
    Process(server.url).write()
    assert len(stored()) == 1
    ServerDeviation.objects.all().delete()
    Process(server.url).write()
    assert roles(server)[-1] == ["system", "user"]


def test_a_process_reads_it_now_and_then_and_not_before_each_call(server, all_queries, monkeypatch):
    async def calls(client, session):
        for _ in range(3):
            await write(session)
            await ask(session)

    with all_queries() as queries:
        Process(server.url).run(calls)
    assert len(queries) == 1

    monkeypatch.setattr(dialect, "REFRESH_SECONDS", 0.0)

    async def deleted_in_between(client, session):
        await write(session)
        await runner.database.run(ServerDeviation.objects.all().delete)
        await write(session)

    server.script(NO_SYSTEM)
    Process(server.url).run(deleted_in_between)
    assert roles(server)[-1] == ["system", "user"]


def test_only_options_that_a_refusal_named_are_stored(server):
    server.script(error(422, "unknown field"), questions("When?"))
    Process(server.url).ask()
    assert stored() == []

    server.script(error(400, "response_format json_schema is not supported"), questions("When?"))
    Process(server.url).ask()
    assert stored() == [(f"{server.host}/v1", "small", "json_schema")]


def test_one_failed_generation_is_not_stored(server):
    server.script(error(400, "Failed to generate JSON.", code="json_validate_failed"), questions("When?"))

    Process(server.url).ask()

    assert stored() == []


def test_odd_names_of_models_and_options_are_stored_and_found(server):
    option = "x" * 90
    caller = Process(server.url, extra_body={option: 1}, models={"questions": "q", "draft": "m\x00" * 200})
    server.script(error(400, f"Unsupported parameter: '{option}'"))

    caller.write()

    assert [each[2] for each in stored()] == [option]


def test_without_its_table_every_call_works(server):
    """As beside a database that has not been migrated yet."""
    server.script(NO_SYSTEM)
    with connection.schema_editor() as editor:
        editor.delete_model(ServerDeviation)
    try:
        assert "".join(Process(server.url).write()) == DRAFT
    finally:
        with connection.schema_editor() as editor:
            editor.create_model(ServerDeviation)
