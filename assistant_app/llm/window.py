"""Compares the size of a prompt with the model's window, and with what the server says that it has read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assistant_app.llm import faults
from assistant_app.llm.config import ModelConfig

SMALLEST_PROMPT = 1000  # tokens; the counts of smaller ones differ by templates, or are made up
CERTAINLY_CUT = 0.75  # of the fewest tokens; few tokenizers join two words
USUAL_CHARACTERS = 4  # of one token
MUCH_LESS = 0.77  # of the usual number of tokens
WINDOWS = tuple(2**power for power in range(11, 18))  # the usual sizes
AT_A_WINDOW = range(-64, 9)  # how far the count of a prompt that was cut is from the window


def fewest_tokens(messages: Iterable[Mapping[str, str]]) -> int:
    """Return how many tokens a prompt has at least: each word has one or more."""
    return sum(len(message["content"].split()) for message in messages)


def why_too_long(messages: list[dict[str, str]], config: ModelConfig) -> faults.Fault | None:
    """Return the fault for a prompt that certainly does not fit into the window."""
    tokens = fewest_tokens(messages) if config.window else 0
    return faults.too_long(config.host, tokens, config.window) if tokens > config.window else None


def why_cut(messages: list[dict[str, str]], read: int | None, config: ModelConfig) -> faults.Fault | None:
    """Return the fault for a prompt of which the server has read only a part, as Ollama does silently.

    A server whose count of the prompt makes no sense is believed to have read all of it.
    """
    fewest = fewest_tokens(messages)
    if not read or read < SMALLEST_PROMPT or fewest < SMALLEST_PROMPT:
        return None
    usual = sum(len(message["content"]) for message in messages) // USUAL_CHARACTERS
    is_at_window = any(read - size in AT_A_WINDOW for size in WINDOWS)
    if read < CERTAINLY_CUT * fewest:
        return faults.cut_prompt(config.host, read, fewest)
    if is_at_window and read < MUCH_LESS * usual:
        return faults.cut_prompt(config.host, read, max(fewest, read + 1))
    return None
