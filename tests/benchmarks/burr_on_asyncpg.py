"""Burr's email example, with the same endpoints, on Burr's own asyncpg persister. See `peers`."""

import importlib
import os
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from burr.core import ApplicationBuilder
from burr.integrations.persisters.b_asyncpg import AsyncPostgreSQLPersister
from fastapi import FastAPI

from tests.services import POSTGRES_URL

example = importlib.import_module("application_async")
shipped = importlib.import_module("burr.examples.email-assistant.server")
kept = {}


@asynccontextmanager
async def lifespan(_):
    server = urlsplit(POSTGRES_URL)
    kept["persister"] = await AsyncPostgreSQLPersister.from_values(
        os.environ["PEER_DATABASE"],
        server.username,
        server.password or "",
        server.hostname,
        server.port or 5432,
        table_name="burr_state",
        use_pool=True,
        min_size=2,
        max_size=10,
    )
    await kept["persister"].initialize()
    yield


app = FastAPI(lifespan=lifespan)
PREFIX = "/email_assistant"


async def load(project_id, app_id):
    builder = (
        ApplicationBuilder()
        .with_graph(example.graph)
        .with_state_persister(kept["persister"])
        .with_identifiers(app_id=app_id, partition_key=project_id)
        .initialize_from(
            kept["persister"],
            resume_at_next_action=True,
            default_state={"draft_history": []},
            default_entrypoint="process_input",
        )
    )
    return await builder.abuild()


async def run(project_id, app_id, **inputs):
    application = await load(project_id, app_id)
    await application.arun(
        halt_before=["clarify_instructions", "process_feedback"], halt_after=["final_result"], inputs=inputs
    )
    return shipped.EmailAssistantState.from_app(application)


@app.post(PREFIX + "/create_new/{project_id}/{app_id}")
async def create_new(project_id: str, app_id: str) -> str:
    return (await load(project_id, app_id)).uid


@app.post(PREFIX + "/create/{project_id}/{app_id}")
async def create(project_id: str, app_id: str, data: shipped.DraftInit) -> shipped.EmailAssistantState:
    return await run(
        project_id,
        app_id,
        email_to_respond=data.email_to_respond,
        response_instructions=data.response_instructions,
    )


@app.post(PREFIX + "/answer_questions/{project_id}/{app_id}")
async def answer(project_id: str, app_id: str, data: shipped.QuestionAnswers) -> shipped.EmailAssistantState:
    return await run(project_id, app_id, clarification_inputs=data.answers)


@app.post(PREFIX + "/provide_feedback/{project_id}/{app_id}")
async def feedback(project_id: str, app_id: str, data: shipped.Feedback) -> shipped.EmailAssistantState:
    return await run(project_id, app_id, feedback=data.feedback)


@app.get(PREFIX + "/state/{project_id}/{app_id}")
async def state(project_id: str, app_id: str) -> shipped.EmailAssistantState:
    return shipped.EmailAssistantState.from_app(await load(project_id, app_id))
