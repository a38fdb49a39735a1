"""The page that tells how to serve a workflow of one's own, followed to the letter."""

import importlib
import re

import pytest

from assistant_app.checks import check_workflow
from assistant_app.workflow.email import EMAIL
from tests.conftest import wait_for_runs
from tests.real_server import ROOT

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = (ROOT / "docs/how-to/your-own-workflow.md").read_text()


@pytest.fixture
def poems(tmp_path, monkeypatch, serve):
    """Serve what the page tells to write."""
    package = tmp_path / "poems"
    package.mkdir()
    (package / "__init__.py").touch()
    files = re.findall(r"`poems/(\w+\.py)`.*?```python\n(.*?)```", PAGE, re.DOTALL)
    assert [name for name, _ in files] == ["graph.py", "workflow.py"]
    for name, text in files:
        (package / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    workflow = importlib.import_module("poems.workflow").POEMS
    assert list(check_workflow(workflow)) == []
    serve(EMAIL, workflow)


def test_the_workflow_of_the_page_is_served(poems, api, browser, model):
    assert "Have a poem written" in browser.open("/").page.links
    state = api.post("/api/poems/", {}, format="json").json()
    model.will_write("Rain on roofs.")
    [allowed] = state["allowed_actions"]
    written = api.put(allowed["url"], {"subject": "rain"}, format="json").json()
    assert (written["title"], written["poems"]) == ("rain", ["Rain on roofs."])
    assert browser.open("/").says("Read poem 1")
    model.will_write("Rain on stones.")
    browser.open(f"/a/{state['app_id']}/").press("Send", verdict="again")
    wait_for_runs()
    browser.open(browser.address).press("Send", verdict="keep")
    wait_for_runs()
    assert browser.open(browser.address).says("Finished")
    done = api.get(f"/api/poems/{state['app_id']}/").json()
    assert done["kept"] == "Rain on stones."
