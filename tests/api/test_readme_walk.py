"""The walk of the README, as it stands there, run by bash against a live server."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
HEADING = "## Answer an email with curl"


def script():
    """Return the section's ```sh blocks, one after the other."""
    section = (ROOT / "README.md").read_text().split(f"{HEADING}\n", 1)[1]
    section = re.split(r"^## ", section, maxsplit=1, flags=re.M)[0]
    blocks = re.findall(r"^```sh\n(.*?)^```$", section, flags=re.M | re.S)
    return "\n".join(blocks).replace(".venv/bin/python", sys.executable)


def database_url():
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    address = f"{values['HOST']}:{values['PORT'] or 5432}"
    return f"postgresql://{values['USER']}:{values['PASSWORD']}@{address}/{values['NAME']}"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("questions", [(), ("Which day?", "Which address?")])
def test_the_walk_of_the_readme_ends_with_a_final_draft(live_server, model, questions):
    model.will_ask(*questions)
    walked = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script()],
        cwd=ROOT,
        env=os.environ | {"URL": live_server.url, "DATABASE_URL": database_url(), "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert walked.returncode == 0, walked.stdout + walked.stderr
    state = json.loads(walked.stdout.strip().splitlines()[-1])
    assert state["status"] == "finished"
    assert state["final_draft"] == state["drafts"][-1]
    assert state["feedback_history"] == ["Shorter, please.", "Sign it as Ida."]
    assert state["answers"] == ([""] * len(questions) or None)
