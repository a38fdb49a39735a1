"""Who reads an email besides its owner: sentences made from the configuration, so that they are true."""

from __future__ import annotations

from assistant_app import conf
from assistant_app.llm.config import ModelConfig


def hosts() -> list[str]:
    """Return the hosts of the models' servers, also of those that step in; none that are on this machine."""
    config = conf.model_config()
    return list(dict.fromkeys(each.host for each in (config, *config.fallbacks) if not _is_here(each)))


def _is_here(config: ModelConfig) -> bool:
    return config.embedded or config.address.is_loopback


def of_emails() -> str:
    """Return who reads emails in general."""
    found = hosts()
    if not found:
        return "Only this server reads your emails; the model runs on it, too."
    if len(found) == 1:
        return f"Only the model’s server, {found[0]}, reads your emails."
    return f"Only the models’ servers, {_listed(found)}, read your emails."


def of_this() -> str:
    """Return who reads what is typed into a form."""
    found = hosts()
    if not found:
        return "Only this server reads this; nothing is emailed."
    verb = "reads" if len(found) == 1 else "read"
    return f"Only {_listed(found)} {verb} this; nothing is emailed."


def _listed(found: list[str]) -> str:
    return " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)
