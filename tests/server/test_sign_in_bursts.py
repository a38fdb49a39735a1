"""Many people sign in at once: others work on, and those who cannot be served are told when to come back."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from assistant_app.people import hashing
from tests.real_server import DEADLINE, PLAIN, RealServer

pytestmark = pytest.mark.server

BURST = hashing.AT_ONCE + hashing.MOST_WAITING + 15
# With two connections, a sign-in that held one while it hashes would keep every reader out.
FEW_CONNECTIONS = {"BEHIND_PROXY": "1", "DATABASE_POOL_SIZE": "2", "RUNNER_DB_THREADS": "1"}


@pytest.fixture(scope="module")
def server():
    with RealServer(env=FEW_CONNECTIONS) as server:
        yield server


def open_sign_in(server):
    """Return the cookie and the form's token of the sign-in page."""
    page = server.get("/sign-in/")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
    return page.cookies["csrftoken"], token


def sign_in(server, opened, number):
    """Send a wrong password for a name of its own from a network of its own."""
    cookie, token = opened
    return httpx.post(
        f"{server.url}/sign-in/",
        data={"username": f"nobody{number}", "password": "x", "csrfmiddlewaretoken": token},
        headers={"Cookie": f"csrftoken={cookie}", "X-Forwarded-For": f"192.0.2.{number}"},
        timeout=DEADLINE,
        verify=PLAIN,
    )


def test_a_burst_of_wrong_sign_ins_gives_nobody_else_an_error(server):
    opened = open_sign_in(server)
    with ThreadPoolExecutor(BURST) as pool, server.client() as ida:
        burst = [pool.submit(sign_in, server, opened, number) for number in range(BURST)]
        reads = []
        while not all(answer.done() for answer in burst):
            reads.append(ida.get("/api/applications/").status_code)
        answers = [answer.result() for answer in burst]

    assert set(reads) == {200}
    # While a sign-in waits, reads go on: there are more of them than of hashes.
    assert len(reads) > hashing.MOST_WAITING
    codes = Counter(answer.status_code for answer in answers)
    assert codes.keys() == {400, 429}
    assert codes[400] >= hashing.MOST_WAITING
    refused = [answer for answer in answers if answer.status_code == 429]
    for answer in refused:
        assert answer.headers["Retry-After"] == str(hashing.RETRY_SECONDS)
        assert "Too many people are signing in" in answer.text
        assert re.search(r'value="nobody\d+"', answer.text)  # what was typed is still there


def test_no_sign_in_leaves_a_place_taken(server):
    opened = open_sign_in(server)
    answers = [sign_in(server, opened, 200 + number).status_code for number in range(3)]
    assert answers == [400] * 3
