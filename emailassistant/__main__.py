"""Start the server: `python -m emailassistant`. It is gunicorn with our configuration.

gunicorn reads WEB_CONCURRENCY itself before any configuration. If it is not a number, gunicorn ends in a
traceback.
"""

from __future__ import annotations

import os
import sys

from django.core.checks import Error

from emailassistant import env, settings


def main() -> None:
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


if __name__ == "__main__":
    main()
