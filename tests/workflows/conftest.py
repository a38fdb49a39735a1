import pytest

from assistant_app.workflow.email import EMAIL
from docs.examples.trip_planner.workflow import TRIP_PLANNER
from tests.pages.conftest import browser, page_of  # noqa: F401  (fixtures)


@pytest.fixture
def with_trips(serve):
    """The email assistant, and the trip planner beside it."""
    serve(EMAIL, TRIP_PLANNER)


@pytest.fixture
def trip(with_trips, api, model):
    """A trip with one plan."""
    model.will_write(["Day 1: ", "the harbour."])
    url = api.post("/api/trip_planner/", {}, format="json").json()["allowed_actions"][0]["url"]
    answer = api.put(url, {"destination": "Bergen", "days": 2, "pace": "slow"}, format="json")
    assert answer.status_code == 200, answer.json()
    return answer.json()
