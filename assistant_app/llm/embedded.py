"""The embedded model's server: llama.cpp in a process of its own, on loopback, behind a key.

`python -m assistant_app.llm.embedded` reads its order, one line of JSON, from standard input, prints its
address as one line of JSON and ends when standard input closes: a parent that is killed takes it along.
It is never loaded into the web process, where an interpreter that exits while it generates crashes.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

CONTEXT_TOKENS = 8192  # shared out among the slots
SLOTS = 2
MODEL_ALIAS = "embedded"  # without one, answers name the file's path


def serve(order: dict[str, Any]) -> Any:
    """Start the server for `{"model": path, "key": secret, "alias": name}`; it stops when it is dropped."""
    import xllamacpp  # noqa: PLC0415  # optional, and only ever loaded in this process

    params = xllamacpp.CommonParams()
    params.model.path = order["model"]
    params.model_alias = {order.get("alias", MODEL_ALIAS)}
    params.api_keys = [order["key"]]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = CONTEXT_TOKENS
    params.n_parallel = SLOTS
    params.cache_ram_mib = 0  # by default up to 8 GB of earlier prompts are kept
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = -1
    return xllamacpp.Server(params)


def main() -> None:
    """Serve until standard input closes."""
    order = json.loads(sys.stdin.readline())
    server = serve(order)
    sys.stdout.write(json.dumps({"address": server.listening_address}) + "\n")
    sys.stdout.flush()
    # Nothing more is expected; the read returns when the last holder of the other end is gone.
    sys.stdin.read()
    # Not an ordinary exit: dropping a server that generates did not return within 30 s.
    os._exit(0)


if __name__ == "__main__":
    main()
