"""The embedded model's server: llama.cpp in a separate process, on loopback, protected by a key.

`python -m assistant_app.llm.embedded` reads its parameters as one line of JSON from standard input, prints
its address as one line of JSON, and ends when standard input closes, as when its parent is killed.
It is never loaded into the web process: an interpreter that exits during generation crashes.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

CONTEXT_TOKENS = 8192  # divided among the slots
SLOTS = 2
MODEL_ALIAS = "embedded"  # without an alias, answers contain the file's path


def serve(order: dict[str, Any]) -> Any:
    """Start the server for `{"model": path, "key": secret, "alias": name}`. It stops when it is collected."""
    import xllamacpp  # noqa: PLC0415  # optional, and loaded only in this process

    params = xllamacpp.CommonParams()
    params.model.path = order["model"]
    params.model_alias = {order.get("alias", MODEL_ALIAS)}
    params.api_keys = [order["key"]]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = CONTEXT_TOKENS
    params.n_parallel = SLOTS
    params.cache_ram_mib = 0  # the default caches up to 8 GB of earlier prompts
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
    # No more input is expected. The read returns when all holders of the other end are gone.
    sys.stdin.read()
    # Not a normal exit: collecting a server that is generating took more than 30 s.
    os._exit(0)


if __name__ == "__main__":
    main()
