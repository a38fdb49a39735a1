"""Show a model call as a curl command that repeats it.

Text from mail or a model cannot break out of the command: the body is one ASCII line in a quoted
here-document. The key stays in a shell variable and never appears in the command.
"""

from __future__ import annotations

import json
import shlex

from assistant_app import conf
from assistant_app.llm.config import OPENAI_BASE_URL, Address, host_of
from assistant_app.models import ModelCall

COMMAND = """curl -sS -N {url} \\
  -H 'Content-Type: application/json' \\
  -H "Authorization: Bearer ${{OPENAI_API_KEY:-none}}" \\
  --data-binary @- <<'BODY'
{body}
BODY
"""
# Interactive shells may expand these even in a quoted here-document.
ESCAPED = str.maketrans({"!": "\\u0021", "'": "\\u0027", "`": "\\u0060", "$": "\\u0024"})


def command_of(call: ModelCall) -> str:
    """Return the command that sends the same request."""
    body = {"model": call.model, "messages": call.messages, **call.parameters}
    return COMMAND.format(url=_url(call.provider), body=_quoted(json.dumps(body)))


def _quoted(text: str) -> str:
    """Replace characters that are special in shells by JSON escapes. In JSON they occur only in strings."""
    return text.translate(ESCAPED)


def _url(provider: str) -> str:
    """Return the shell-quoted URL without credentials, or a shell variable if only the host is known."""
    config = conf.model_config()
    for known in (config.base_url, *(each.base_url for each in config.fallbacks), OPENAI_BASE_URL):
        if provider == host_of(known):
            return shlex.quote(f"{Address.read(known).base}/chat/completions")
    return '"${OPENAI_BASE_URL:?the address of a server, with its /v1}/chat/completions"'
