"""docs/how-to/configure.md names every variable that is read, with its default, and no other."""

import re
from pathlib import Path

from assistant_app import checks

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs/how-to/configure.md").read_text()
SETTINGS = (ROOT / "emailassistant/settings.py").read_text()
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.*?) \| (.*?) \|(.*?)\|$", re.MULTILINE)
READ = re.compile(r'env\.\w+\(\s*"([A-Z_]+)"')
DEFAULT = re.compile(
    r'env\.(?:integer|number|boolean|text|zone|listening|rate)\("([A-Z_]+)", (True|False|[\d_.]+|"[^"]+")[,)]'
)


def as_written(default):
    return {"True": "1", "False": "0"}.get(default, default.strip('"').replace("_", ""))


def test_every_variable_is_described_once():
    described = [name for name, *_ in ROW.findall(TEXT)]

    assert sorted(described) == sorted(set(READ.findall(SETTINGS)))


def test_the_defaults_are_the_real_ones():
    shown = {name: default for name, default, *_ in ROW.findall(TEXT)}
    real = {name: as_written(default) for name, default in DEFAULT.findall(SETTINGS)}

    assert len(real) > 15
    assert {name: shown[name] for name in real} == {name: f"`{value}`" for name, value in real.items()}


def test_every_check_is_named_and_exists():
    named = {number for *_, cell in ROW.findall(TEXT) for number in re.findall(r"`([EW]\d{3})`", cell)}
    known = set(re.findall(r"assistant\.([EW]\d{3})", Path(checks.__file__).read_text()))

    assert named == known - {"E010"}
