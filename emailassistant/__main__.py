"""Start the server: `python -m emailassistant`. It is gunicorn with our configuration.

gunicorn reads WEB_CONCURRENCY itself before any configuration. If it is not a number, gunicorn ends in a
traceback.
"""

from __future__ import annotations

import os
import socket
import sys

from django.core.checks import Error

from emailassistant import env, settings


def main() -> None:
    if not _is_of_this_machine(settings.HOST):
        said = f"HOST is {settings.HOST!r}, which is no address of this machine"
        env.PROBLEMS.append(env.Problem("HOST", said, "Write HOST=127.0.0.1, or 0.0.0.0 for all of them."))
    for problem in dict.fromkeys(env.PROBLEMS):
        sys.stderr.write(
            f"\nCannot start. {Error(problem.message, hint=problem.hint, id='assistant.E001')}\n"
        )
    if env.PROBLEMS:
        sys.exit(1)
    os.environ["WEB_CONCURRENCY"] = str(settings.WEB_CONCURRENCY)
    from gunicorn.app.wsgiapp import run  # noqa: PLC0415  (it reads the variable on import)

    sys.argv = ["gunicorn", "-c", "python:emailassistant.gunicorn", "emailassistant.asgi:application"]
    run()


def _is_of_this_machine(host: str) -> bool:
    """Return whether a server can listen there, whatever the port. gunicorn would not name the variable."""
    try:
        socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
