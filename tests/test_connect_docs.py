"""docs/how-to/connect-a-model.md: what it tells to set for each server is read and passes every check."""

import re
import runpy
from pathlib import Path

import pytest
from django.conf import settings as used

from assistant_app import checks, conf
from emailassistant import env
from emailassistant import settings as settings_file

TEXT = (Path(__file__).parent.parent / "docs/how-to/connect-a-model.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n)*)", TEXT, re.MULTILINE))
LINE = re.compile(r"^    ([A-Z_]+)=('?)(.*)\2$", re.MULTILINE)
SERVERS = [
    "OpenAI", "Azure OpenAI", "OpenRouter", "Anthropic", "Gemini", "Mistral", "Groq", "Ollama", "LM Studio",
    "llama.cpp", "vLLM",
]  # fmt: skip


@pytest.fixture
def set_as_written(monkeypatch, settings, tmp_path):
    """Set what a section says, as the environment would; return the variables."""

    def set_all(section):
        variables = {
            name: value for name, _, value in LINE.findall(SECTIONS[section]) if "ollama serve" not in value
        }
        monkeypatch.setattr(env, "PROBLEMS", [])
        monkeypatch.setenv("DATA_DIR", str(tmp_path))
        for name, value in variables.items():
            monkeypatch.setenv(name, value.replace("…", "x"))  # a key, which no page shows
        read = runpy.run_path(settings_file.__file__)
        for name in read:
            if name.startswith(("OPENAI_", "MODEL_")):
                setattr(settings, name, read[name])
        return variables

    return set_all


@pytest.mark.parametrize("server", SERVERS)
def test_what_is_set_for_a_server_passes_every_check(set_as_written, server):
    variables = set_as_written(server)

    assert "OPENAI_MODEL" in variables
    assert env.PROBLEMS == []
    found = {message.id for message in checks.check_assistant()}
    assert not found & {
        "assistant.W003",
        "assistant.W004",
        "assistant.W018",
        "assistant.W020",
        "assistant.W021",
    }
    config = conf.model_config()
    assert not config.embedded
    assert config.models["draft"] == variables["OPENAI_MODEL"]
    assert config.address.has_path


@pytest.mark.parametrize("section", ["More options", "A second server"])
def test_the_other_examples_are_read(set_as_written, section):
    variables = set_as_written(section)

    assert env.PROBLEMS == []
    assert variables
    assert all(getattr(used, name) for name in variables)


def test_ollama_is_started_with_the_window_that_we_are_told():
    assert "OLLAMA_CONTEXT_LENGTH=32768 ollama serve" in SECTIONS["Ollama"]
    assert "MODEL_CONTEXT_TOKENS=32768" in SECTIONS["Ollama"]
