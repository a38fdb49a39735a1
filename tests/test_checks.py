"""Each way to get the settings wrong is found, and the hint says what to type."""

import os
import re
import runpy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from burr.core import action, when

from assistant_app import checks
from assistant_app.contract.workflow import ActionEntry, Counted, Field, Words, binding
from assistant_app.llm.embedded_server import what_is_missing
from assistant_app.workflow import graph, steps
from assistant_app.workflow.email import EMAIL
from emailassistant import env
from emailassistant import settings as settings_file
from tests.test_private_files import somebody_else


def found(check):
    return {message.id: message for message in check()}


def test_the_defaults_have_nothing_wrong():
    assert [message for message in checks.check_assistant() if message.id != "assistant.W003"] == []


WRONG = [
    ("assistant.E004", {"EMBEDDED_MODEL_PATH": "/nowhere/model.gguf"}),
    ("assistant.E004", {"EMBEDDED_MODEL_PATH": __file__}),
    ("assistant.E005", {"ALLOWED_HOSTS": []}),
    ("assistant.W001", {"HTTPS": True, "SECRET_KEY_IS_LOCAL": True}),
    ("assistant.W002", {"IS_SQLITE": True, "WEB_CONCURRENCY": 2}),
    ("assistant.W003", {"EMBEDDED_MODEL": False, "OPENAI_API_KEY": "", "OPENAI_BASE_URL": ""}),
    ("assistant.W004", {"OPENAI_BASE_URL": "https://api.openai.com/v1", "OPENAI_API_KEY": ""}),
    ("assistant.W005", {"RUN_LEASE_SECONDS": 2}),
    ("assistant.W006", {"IS_SQLITE": False, "DATABASE_POOL_SIZE": 5, "RUNNER_DB_THREADS": 4}),
    ("assistant.W007", {"ALLOWED_HOSTS": ["*"]}),
    ("assistant.W008", {"SHUTDOWN_GRACE_SECONDS": 300}),
    ("assistant.W009", {"DEBUG": True, "ALLOWED_HOSTS": ["mail.example.org"]}),
    ("assistant.W010", {"HTTPS": True, "BEHIND_PROXY": False}),
    ("assistant.W012", {"WEB_CONCURRENCY": 2, "REDIS_URL": ""}),
    ("assistant.W013", {"MAX_TOKENS_PER_DAY": 500}),
    ("assistant.E011", {"BURR_TRACKING": True, "DEBUG": False}),
    ("assistant.W014", {"BURR_TRACKING": True, "DEBUG": True}),
    ("assistant.W015", {"SECRET_KEY": "secret"}),
    ("assistant.W016", {"MAX_BODY_BYTES": 200_000}),
    ("assistant.W019", {"MAX_DRAFTS_CHARACTERS": 300_000}),
    ("assistant.W020", {"OPENAI_BASE_URL": "http://127.0.0.1:11434", "OPENAI_MODEL_DRAFT": "llama3.1"}),
    ("assistant.W020", {"OPENAI_BASE_URL": "https://a:b@models.example.org/v1", "OPENAI_API_KEY": "k"}),
    ("assistant.W020", {"OPENAI_BASE_URL": "https://models.example.org/v1#chat", "OPENAI_API_KEY": "k"}),
    ("assistant.W020", {"OPENAI_BASE_URL": "http://127.0.0.1:8080/chat/completions"}),
    ("assistant.W021", {"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1", "OPENAI_MODEL_DRAFT": "gpt-5-mini"}),
    ("assistant.W018", {"MODEL_CONTEXT_TOKENS": 4096}),
    (
        "assistant.W023",
        {"MODEL_FALLBACKS": [{"base_url": "http://a/v1", "model": "m"}], "OPENAI_BASE_URL": ""},
    ),
    ("assistant.W011", {"HOST": "0.0.0.0", "ALLOWED_HOSTS": ["localhost"]}),
]


def test_every_check_is_tested_here():
    known = set(re.findall(r"assistant\.[EW]\d{3}", Path(checks.__file__).read_text()))

    elsewhere = {
        "assistant.E001", "assistant.E007", "assistant.E010", "assistant.E012",
        "assistant.W017", "assistant.W022",
    }  # fmt: skip
    assert known == {identifier for identifier, _ in WRONG} | elsewhere


@pytest.mark.parametrize(("identifier", "values"), WRONG)
def test_a_wrong_setting_is_found(settings, identifier, values):
    for name, value in values.items():
        setattr(settings, name, value)

    message = next(message for message in checks.check_assistant() if message.id == identifier)

    assert "=" in message.hint or "path" in message.hint


# Each of them works: tests/llm/test_addresses.py
@pytest.mark.parametrize(
    "address",
    [
        "https://x.openai.azure.com/openai/deployments/gpt?api-version=2024-06-01",
        "https://models.example.org/v1/chat/completions",
        "https://ida:secret@models.example.org/v1",
    ],
)
def test_nothing_is_wrong_with_an_address_that_works(settings, address):
    settings.OPENAI_BASE_URL = address

    assert not {"assistant.W020", "assistant.W021"} & found(checks.check_assistant).keys()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SSL_CERT_FILE", "/nowhere/ca.pem"),
        ("SSL_CERT_DIR", "/nowhere"),
        ("HTTPS_PROXY", "socks5://127.0.0.1:1"),
    ],
)
def test_an_environment_in_which_no_model_is_reached_is_found(monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    message = found(checks.check_model_environment)["assistant.W022"]
    assert message.msg.startswith(name)
    assert f"{name}=" in message.hint
    monkeypatch.delenv(name)
    assert found(checks.check_model_environment) == {}


def test_a_variable_that_makes_no_sense_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(env, "PROBLEMS", [])
    monkeypatch.setenv("PORT", "eighty")

    assert env.integer("PORT", 8000) == 8000

    message = found(checks.check_variables)["assistant.E001"]
    assert "PORT" in message.msg
    assert "whole number" in message.hint


NONSENSE = [
    ("HOST", "127.0.0.1:8000"),
    ("HOST", "my machine"),
    ("PORT", "0"),
    ("ALLOWED_HOSTS", "https://mail.example.org"),
    ("ALLOWED_HOSTS", "mail.example.org:8000"),
    ("ALLOWED_HOSTS", "mail.example.org other.example.org"),
    ("CSRF_TRUSTED_ORIGINS", "mail.example.org"),
    ("CSRF_TRUSTED_ORIGINS", "https://mail.example.org/"),
    ("TIME_ZONE", "Europe/Atlantis"),
    ("TIME_ZONE", "../../etc/passwd"),
    ("DATABASE_URL", "postgresql://localhost/"),
    ("DATABASE_URL", "postgresql://localhost:port/emails"),
    ("DATABASE_URL", "sqlite:///:memory:"),
    ("DATABASE_URL", "sqlite:////nowhere/emails.sqlite3"),
    ("DATABASE_URL", "sqlite:////"),
    ("DATABASE_URL", "sqlite:////tmp"),
    ("DATABASE_URL", "sqlite:////dev/null"),
    ("DATABASE_URL", f"sqlite:////tmp/{'x' * 250}"),
    ("DATABASE_URL", "sqlite:////tmp/emails.sqlite3?timeout=5"),
    ("DATABASE_URL", "sqlite:////tmp/mail#1/emails.sqlite3"),
    ("DATABASE_URL", "postgresql://ida:pass#word@db/emails"),
    ("DATABASE_URL", "postgresql://db/emails?sslmode=banana"),
    ("DATABASE_URL", "postgresql://db/emails?conn_max_age=60"),
    ("DATABASE_URL", "postgresql://db/emails?connect_timeout=soon"),
    ("DATABASE_URL", "timescale://db/emails"),
    ("METRICS_TOKEN", "a b"),
    ("METRICS_TOKEN", os.fsdecode(b"\xff")),
    ("OPENAI_MODEL", os.fsdecode(b"\xff")),
    ("ALLOWED_HOSTS", "bücher.example.org"),
    ("API_RATE_USER", "5/month"),
    ("MODEL_EXTRA_BODY", '{"top_p": 1e999}'),
    ("REDIS_URL", "127.0.0.1:6379"),
    ("REDIS_URL", "redis://[::1"),
    ("REDIS_URL", "redis://cache:99999"),
    ("REDIS_URL", "redis://cache/first"),
    ("REDIS_URL", "redis://cache/-1"),
    ("REDIS_URL", "redis://cache/0?timeout=5"),
    ("REDIS_URL", "redis://cache/0?socket_timeout=soon"),
    ("REDIS_URL", "rediss://cache/0?ssl_cert_reqs=perhaps"),
    ("REDIS_URL", "unix://"),
    ("OPENAI_API_KEY", "sk-…"),
    ("OPENAI_API_KEY", "sk one"),
    ("OPENAI_BASE_URL", "api.openai.com"),
    ("OPENAI_BASE_URL", "localhost:11434"),
    ("OPENAI_BASE_URL", "http://"),
    ("OPENAI_BASE_URL", "http://[::1"),
    ("OPENAI_BASE_URL", "http://localhost:99999/v1"),
    ("OPENAI_BASE_URL", "http://local host/v1"),
    ("API_RATE_USER", "often"),
    ("API_RATE_USER", "0/minute"),
    ("API_RATE_ANONYMOUS", "60"),
    ("METRICS_ALLOW", "10.0.0.1/8"),
    ("LOG_LEVEL", "debug"),
    ("MODEL_TIMEOUT_SECONDS", "nan"),
    ("MODEL_TOTAL_SECONDS", "-1"),
    ("MODEL_LOAD_SECONDS", "long"),
    ("MODEL_TEMPERATURE", "warm"),
    ("MODEL_TEMPERATURE", "2.5"),
    ("MODEL_REASONING_EFFORT", "hard"),
    ("MODEL_EXTRA_BODY", "top_p=1"),
    ("MODEL_EXTRA_BODY", "[1]"),
    ("MODEL_EXTRA_BODY", '{"top_p": NaN}'),
    ("MODEL_EXTRA_BODY", '{"messages": []}'),
    ("MODEL_HEADERS", "X-Title: Email assistant"),
    ("MODEL_HEADERS", '{"X-Title": 7}'),
    ("MODEL_HEADERS", '{"X Title": "a"}'),
    ("MODEL_HEADERS", '{"X-Title": "a\\nb"}'),
    ("MODEL_HEADERS", '["X-Title"]'),
    ("MODEL_FALLBACKS", "http://127.0.0.1:11434/v1"),
    ("MODEL_FALLBACKS", '{"base_url": "http://127.0.0.1:11434/v1", "model": "m"}'),
    ("MODEL_FALLBACKS", '["http://127.0.0.1:11434/v1"]'),
    ("MODEL_FALLBACKS", '[{"base_url": "http://127.0.0.1:11434/v1"}]'),
    ("MODEL_FALLBACKS", '[{"base_url": "127.0.0.1:11434", "model": "m"}]'),
    ("MODEL_FALLBACKS", '[{"base_url": "http://a/v1", "model": "m", "key": "k"}]'),
    ("MODEL_FALLBACKS", '[{"base_url": "http://a/v1", "model": "m", "api_key": "sk one"}]'),
    ("MODEL_FALLBACKS", '[{"base_url": "http://a/v1", "model": ""}]'),
    ("OPEN_SIGN_UP", "maybe"),
    ("MODEL_PRICES", "[" * 100_000),
    *((name, "9" * 5000) for name in ("PORT", "HOST", "LOG_LEVEL", "TIME_ZONE", "DATA_DIR", "MODEL_PRICES")),
]


@pytest.fixture
def settings_with(monkeypatch, tmp_path):
    """Return what the settings are with these variables, and hand what is wrong to the checks."""
    monkeypatch.setattr(env, "PROBLEMS", [])
    monkeypatch.setenv("DATA_DIR", str(tmp_path))

    def read(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(settings_file.__file__)

    return read


@pytest.mark.parametrize(("name", "value"), NONSENSE)
def test_a_value_that_makes_no_sense_is_refused_with_what_to_write(settings_with, name, value):
    assert settings_with(**{name: value})  # its default stands in

    [message] = checks.check_variables()
    assert message.msg.startswith(name)
    assert len(message.msg) < 250
    assert message.hint


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("HOST", "::1", "::1"),
        ("HOST", "localhost", "localhost"),
        ("HOST", "", "127.0.0.1"),
        ("ALLOWED_HOSTS", ".example.org, [::1], *", [".example.org", "[::1]", "*"]),
        (
            "CSRF_TRUSTED_ORIGINS",
            "https://*.example.org,http://a:8000",
            ["https://*.example.org", "http://a:8000"],
        ),
        ("REDIS_URL", "unix:///run/redis.sock", "unix:///run/redis.sock"),
        ("REDIS_URL", "rediss://:pass@cache/1", "rediss://:pass@cache/1"),
        ("OPENAI_BASE_URL", "http://[::1]:11434/v1", "http://[::1]:11434/v1"),
        ("OPENAI_MODEL", "", "gpt-5-mini"),
        ("API_RATE_USER", "5/s", "5/s"),
        ("MODEL_TEMPERATURE", "0", 0.0),
        ("MODEL_TEMPERATURE", "", None),
        ("MODEL_REASONING_EFFORT", "low", "low"),
        ("MODEL_EXTRA_BODY", '{"top_p": 0.9}', {"top_p": 0.9}),
        ("MODEL_HEADERS", '{"X-Title": "Email assistant"}', {"X-Title": "Email assistant"}),
        (
            "MODEL_FALLBACKS",
            '[{"base_url": "http://a/v1", "model": "m", "api_key": "k", "extra_body": {"seed": 1}}]',
            [{"base_url": "http://a/v1", "model": "m", "api_key": "k", "extra_body": {"seed": 1}}],
        ),
    ],
)
def test_a_value_that_makes_sense_is_taken(settings_with, name, value, read):
    assert settings_with(**{name: value})[name] == read
    assert env.PROBLEMS == []


def test_a_data_folder_may_have_any_name(settings_with, tmp_path):
    folder = tmp_path / "what? #1 %41"
    read = settings_with(DATA_DIR=str(folder), DATABASE_URL="")
    assert (read["DATABASES"]["default"]["NAME"], env.PROBLEMS) == (str(folder / "db.sqlite3"), [])


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can act as somebody else.")
def test_a_path_in_a_folder_that_is_closed_to_us_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(env, "PROBLEMS", [])
    tmp_path.chmod(0o700)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with somebody_else():
        for path in (tmp_path / "db.sqlite3", tmp_path / "folder" / "db.sqlite3"):
            monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
            assert env.database("DATABASE_URL", Path("x.sqlite3"))["NAME"] == "x.sqlite3"
        monkeypatch.setenv("DATA_DIR", str(tmp_path))
        assert env.folder("DATA_DIR", "", is_written=False) != tmp_path
        assert "no model file" in what_is_missing(tmp_path / "model.gguf")
        assert "assistant.W022" in found(checks.check_model_environment)
    assert [each.name for each in env.PROBLEMS] == ["DATABASE_URL", "DATABASE_URL", "DATA_DIR"]


def test_what_the_address_of_the_database_asks_for_is_kept(settings_with):
    read = settings_with(DATABASE_URL="postgresql://ida@db/emails?sslmode=verify-full&connect_timeout=9")
    options = read["DATABASES"]["default"]["OPTIONS"]
    assert (options["sslmode"], options["connect_timeout"]) == ("verify-full", 9)
    assert {"pool", "application_name"} <= options.keys()


def test_traces_without_their_packages_are_refused(settings, monkeypatch):
    settings.OTEL = True
    monkeypatch.setitem(sys.modules, "assistant_app.observing.otel", None)  # as if an import in it failed

    assert "requirements-otel.txt" in found(checks.check_otel)["assistant.E007"].hint


def test_a_secret_that_cannot_be_read_is_named_and_never_shown(monkeypatch):
    monkeypatch.setattr(env, "PROBLEMS", [])
    monkeypatch.setenv("DATABASE_URL", "mysql://somebody:hunter2@somewhere/db")

    env.database("DATABASE_URL", Path("x.sqlite3"))

    message = found(checks.check_variables)["assistant.E001"]
    assert "DATABASE_URL" in message.msg
    assert "hunter2" not in message.msg + message.hint


def wrong_in(**changed):
    """Return the first thing that is wrong with the email assistant when these parts of it are changed."""
    return next(iter(checks.check_workflow(replace(EMAIL, **changed)))).msg


def test_a_human_action_without_an_entry_is_found():
    others = [step for step in steps.STEPS if step != steps.CLARIFY_INSTRUCTIONS]

    assert "clarify_instructions" in wrong_in(entries=others)


def test_an_entry_without_an_action_is_found():
    stray = ActionEntry(action="sign_letter", title="Sign it")

    assert "sign_letter" in wrong_in(entries=[*steps.STEPS, stray])


def test_an_entry_with_a_form_for_an_action_without_human_input_is_found():
    others = [step for step in steps.STEPS if step != steps.FINAL_RESULT]
    stray = replace(steps.FINAL_RESULT, title="End it")

    assert "final_result" in wrong_in(entries=[*others, stray])


def test_fields_that_are_not_the_inputs_of_the_action_are_found():
    others = [step for step in steps.STEPS if step != steps.PROCESS_FEEDBACK]

    assert "inputs: feedback" in wrong_in(entries=[*others, replace(steps.PROCESS_FEEDBACK, fields=())])


@pytest.mark.parametrize(
    ("step", "changed"),
    [(steps.EDIT_DRAFT, {"instead_of": ""}), (steps.PROCESS_FEEDBACK, {"instead_of": "edit_draft"})],
)
def test_an_entry_that_is_due_and_a_choice_in_the_graph_or_the_reverse_is_found(step, changed):
    others = [one for one in steps.STEPS if one != step]

    assert repr(step.action) in wrong_in(entries=[*others, replace(step, **changed)])


def test_an_action_that_is_not_async_is_found():
    @action(reads=[], writes=["final_draft"])
    def final_result(state):
        return state

    actions = {**graph.ACTIONS, "final_result": final_result}

    assert "not async" in wrong_in(build_graph=binding(actions, graph.TRANSITIONS))


def test_an_entrypoint_that_takes_no_input_and_a_lasting_key_without_default_are_found():
    assert "entrypoint" in wrong_in(entrypoint="formulate_draft")
    assert "'sent'" in wrong_in(lasting=["sent"])
    assert "'sent'" in wrong_in(counted={**EMAIL.counted, "sent": Counted("sent")})
    assert "not an action" in wrong_in(entrypoint="begin")


def test_an_action_that_leads_to_itself_is_found():
    loop = ("formulate_draft", "formulate_draft", when(draft=""))

    assert "'formulate_draft' leads to itself" in wrong_in(
        build_graph=binding(graph.ACTIONS, [loop, *graph.TRANSITIONS])
    )


def test_a_default_state_that_is_not_plain_json_or_lacks_a_key_is_found():
    state = EMAIL.default_state
    without_feedback = {key: value for key, value in state.items() if key != "feedback"}

    for value in ({"a", "b"}, (1, 2), float("nan"), object()):
        assert "'sent_at' is not plain JSON" in wrong_in(default_state={**state, "sent_at": value})
    assert "read or written key 'feedback'" in wrong_in(default_state=without_feedback, lasting=[])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"is_number": True, "least": 9, "most": 3}, "takes no number"),
        ({"one_per": "stanzas"}, "'stanzas'"),
        ({"begins_with": "before"}, "'before'"),
    ],
)
def test_a_field_that_cannot_be_filled_is_found(changed, said):
    others = [step for step in steps.STEPS if step != steps.PROCESS_FEEDBACK]
    fields = (Field(name="feedback", label="What should change?", **changed),)

    assert said in wrong_in(entries=[*others, replace(steps.PROCESS_FEEDBACK, fields=fields)])


@pytest.mark.parametrize(
    ("what", "changed"),
    [
        ("action", {"action": "history"}),
        ("endpoint", {"endpoint": "title"}),
        ("endpoint", {"endpoint": "steps"}),
        ("field", {"fields": (Field(name="version", label="Which version?"),)}),
    ],
)
def test_a_name_that_means_something_already_is_found(what, changed):
    others = [step for step in steps.STEPS if step != steps.PROCESS_FEEDBACK]
    entries = [*others, replace(steps.PROCESS_FEEDBACK, **changed)]
    found = checks.check_workflow(replace(EMAIL, entries=entries))

    assert any(f"cannot be the name of an {what}" in each.msg.replace(" a f", " an f") for each in found)


def test_a_name_with_letters_that_no_schema_takes_is_found():
    others = [step for step in steps.STEPS if step != steps.PROCESS_FEEDBACK]
    assert "'wähle' may only have" in wrong_in(
        entries=[*others, replace(steps.PROCESS_FEEDBACK, endpoint="wähle")]
    )


def test_a_function_of_the_table_that_raises_is_found():
    counting = ActionEntry(
        action="final_result", words=Words(ended=lambda numbers: f"{numbers['sent']} sent")
    )
    others = [step for step in steps.STEPS if step != steps.FINAL_RESULT]

    assert "'ended' of 'final_result'" in wrong_in(entries=[*others, counting])
    assert "headline raises KeyError" in wrong_in(
        headline=lambda changes: {"title": changes["set"]["subject"]}
    )


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (["nowhere.at_all.EMAIL"], "cannot be read"),
        (["assistant_app.workflow.email.NOTHING"], "cannot be read"),
        (["assistant_app.workflow.graph.ENTRYPOINT"], "not a Workflow"),
        (["assistant_app.workflow.email.EMAIL"] * 2, "Two workflows"),
        ([], "is empty"),
    ],
)
def test_a_wrong_list_of_workflows_is_found(settings, paths, said):
    settings.WORKFLOWS = paths

    assert said in found(checks.check_workflows)["assistant.E012"].msg


def test_a_wrong_list_of_workflows_is_said_by_the_command_without_a_traceback():
    command = [sys.executable, "manage.py", "check"]
    environment = {**os.environ, "WORKFLOWS": "nowhere.at_all.EMAIL"}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert told.returncode == 1
    assert "(assistant.E012) WORKFLOWS cannot be read: No module named 'nowhere'" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(
    "name", ["limits", "notes", "identities", "applications", "sample", "Trip", "trip-planner", "", "x" * 51]
)
def test_a_name_that_is_an_address_already_or_not_one_is_found(monkeypatch, settings, name):
    monkeypatch.setattr(steps, "OTHER", replace(EMAIL, name=name), raising=False)
    settings.WORKFLOWS = ["assistant_app.workflow.steps.OTHER"]

    assert repr(name) in found(checks.check_workflows)["assistant.E012"].msg
