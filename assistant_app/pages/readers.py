"""Who reads an email besides its owner: sentences made from the configuration, so that they are true."""

from __future__ import annotations

from django.utils.translation import gettext, ngettext

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
        return gettext("Only this server reads your emails; the model runs on it, too.")
    if len(found) == 1:
        return gettext("Only the model’s server, %(server)s, reads your emails.") % {"server": found[0]}
    return gettext("Only the models’ servers, %(servers)s, read your emails.") % {"servers": _listed(found)}


def of_this() -> str:
    """Return who reads what is typed into a form."""
    found = hosts()
    if not found:
        return gettext("Only this server reads this; nothing is emailed.")
    said = ngettext(
        "Only %(servers)s reads this; nothing is emailed.",
        "Only %(servers)s read this; nothing is emailed.",
        len(found),
    )
    return said % {"servers": _listed(found)}


def _listed(found: list[str]) -> str:
    if len(found) == 1:
        return found[0]
    return gettext("%(first)s and %(last)s") % {"first": ", ".join(found[:-1]), "last": found[-1]}
