"""A call to a model as a command for a shell, to be made again by hand.

Nothing that mail or a model says can leave its place: the body goes in through a quoted here-document,
as ASCII, on a line of its own. The key is a variable of the shell and never in the text.
"""

from __future__ import annotations

import json
import shlex
from urllib.parse import urlsplit

from assistant_app import conf
from assistant_app.llm.config import OPENAI_BASE_URL, host_of
from assistant_app.models import ModelCall

COMMAND = """curl -sS -N {url} \\
  -H 'Content-Type: application/json' \\
  -H "Authorization: Bearer ${{OPENAI_API_KEY:-none}}" \\
  --data-binary @- <<'BODY'
{body}
BODY
"""
# An interactive shell may look for these even where it should not.
ESCAPED = {"!": "\\u0021", "'": "\\u0027", "`": "\\u0060", "$": "\\u0024"}


def command_of(call: ModelCall) -> str:
    """Return the command that sends what was sent."""
    body = {"model": call.model, "messages": call.messages, **call.parameters}
    return COMMAND.format(url=_url(call.provider), body=_quoted(json.dumps(body)))


def _quoted(text: str) -> str:
    """Write the characters that shells know as JSON escapes; they occur in JSON's strings only."""
    return "".join(ESCAPED.get(character, character) for character in text)


def _url(provider: str) -> str:
    """Return the server's address, without credentials; a variable where only its name was kept."""
    for known in (conf.model_config().base_url, OPENAI_BASE_URL):
        if provider == host_of(known):
            parts = urlsplit(known)
            return shlex.quote(f"{parts.scheme}://{provider}{parts.path.rstrip('/')}/chat/completions")
    return '"${OPENAI_BASE_URL:?the address of a server, with its /v1}/chat/completions"'
