"""`make run` when something is missing."""

import shutil
import subprocess

import pytest

from tests.real_server import ROOT

STAMP = ".venv/embedded.stamp"


@pytest.fixture
def clone(tmp_path):
    """A clone in which all but the embedded model is installed."""
    for file in [ROOT / "Makefile", *ROOT.glob("requirements*.txt")]:
        shutil.copy(file, tmp_path)
    for made in ("bin/python", "product.stamp"):
        (tmp_path / ".venv" / made).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / ".venv" / made).touch()
    return tmp_path


def test_where_the_embedded_model_cannot_be_installed_it_says_so_and_goes_on(clone):
    for _ in range(2):  # tried again each time
        made = subprocess.run(
            ["make", STAMP, "PIP=false"], cwd=clone, capture_output=True, text=True, check=True
        )

        assert "cannot be installed here, so the server starts without it" in made.stdout
        assert "OPENAI_BASE_URL" in made.stdout
        assert not (clone / STAMP).exists()
