"""docs/how-to/watch.md names every metric, and its alerts ask for those that there are."""

import re
from pathlib import Path

import yaml
from prometheus_client import REGISTRY

import emailassistant.metrics  # noqa: F401  (its metrics are known once it is)

TEXT = (Path(__file__).resolve().parent.parent / "docs/how-to/watch.md").read_text()
PREFIX = "emailassistant_"


def names():
    for family in REGISTRY.collect():
        if family.name.startswith(PREFIX):
            suffix = "_total" if family.type == "counter" else ""
            yield family.name.removeprefix(PREFIX) + suffix


def test_every_metric_is_described_and_no_other():
    table = TEXT.split("## Metrics")[1].split("## Alerts")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    described = {name for row in rows for name in re.findall(r"`(\w+)", row)}

    assert described == {*names(), "leases_under_way", "leases_expired"}


def test_the_alerts_ask_for_metrics_that_there_are():
    rules = yaml.safe_load(TEXT.split("## Alerts\n```yaml\n")[1].split("```")[0])["groups"][0]["rules"]
    asked = {name for rule in rules for name in re.findall(rf"{PREFIX}(\w+)", rule["expr"])}

    assert len(rules) == 5
    assert {name.removesuffix("_bucket") for name in asked} <= {*names(), "leases_expired"}
