"""A scan of the running server, with the production settings of docs/how-to/configure.md and without them."""

import os
import re
import subprocess
import sys

import httpx
import pytest

from tests.own_redis import OwnRedis
from tests.real_server import DEADLINE, ROOT, RealServer
from tests.services import POSTGRES_URL, needs_redis_server

pytestmark = [pytest.mark.server, needs_redis_server]

PRODUCTION = {
    "HTTPS": "1",
    "BEHIND_PROXY": "1",
    "HOST": "0.0.0.0",
    "WEB_CONCURRENCY": "2",
    "ALLOWED_HOSTS": "mail.example.org,127.0.0.1",
    "SECRET_KEY": "k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz",
    "REDIS_URL": "redis://127.0.0.1:6379/0",  # only checked; the server uses its own
    "OPENAI_API_KEY": "sk-secret-of-the-test",
}
PAGES = ("/sign-in/", "/welcome/", "/admin/login/", "/api/docs/", "/nowhere/", "/admin/nowhere/")
OTHERS = ("/", "/api/applications/", "/api/schema/", "/api/nowhere/", "/readyz", "/metrics")


@pytest.fixture(scope="module")
def proxied():
    """A server as in production, behind a proxy that was called over https."""
    env = {name: value for name, value in PRODUCTION.items() if name not in ("HOST", "WEB_CONCURRENCY")}
    with OwnRedis() as redis, RealServer(env=env | {"REDIS_URL": redis.url}, collect=True) as server:
        yield server


@pytest.fixture(scope="module")
def bare():
    """A server without a proxy, as `make run` starts it."""
    with RealServer() as server:
        yield server


@pytest.fixture
def https(proxied):
    headers = {"X-Forwarded-Proto": "https", "Host": "mail.example.org"}
    with httpx.Client(base_url=proxied.url, headers=headers, timeout=DEADLINE) as client:
        yield client


@pytest.mark.parametrize("address", PAGES + OTHERS)
def test_every_answer_has_the_headers(https, address):
    headers = https.get(address).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Server" not in headers
    assert "X-Powered-By" not in headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]


@pytest.mark.parametrize("address", PAGES)
def test_every_cookie_is_for_https_and_this_site_alone(https, address):
    cookies = https.get(address).headers.get_list("Set-Cookie")
    assert cookies or address not in ("/sign-in/", "/admin/login/")
    for cookie in cookies:
        assert "Secure" in cookie
        assert "SameSite=Lax" in cookie


def test_the_session_is_out_of_reach_of_scripts(proxied, https):
    proxied.run("manage.py", "shell", "-v", "0", "-c", SET_PASSWORD)
    page = https.get("/sign-in/")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
    data = {"username": "ida", "password": "correct horse", "csrfmiddlewaretoken": token}
    headers = {"Referer": "https://mail.example.org/", "Cookie": f"csrftoken={page.cookies['csrftoken']}"}
    answer = https.post("/sign-in/", data=data, headers=headers)
    session = next(each for each in answer.headers.get_list("Set-Cookie") if each.startswith("sessionid="))
    assert answer.status_code == 302
    assert all(flag in session for flag in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/"))
    assert "Domain" not in session


SET_PASSWORD = """
from django.contrib.auth.models import User
ida = User.objects.get(username="ida"); ida.set_password("correct horse"); ida.save()
"""


def test_a_static_file_is_what_it_says(https):
    name = re.search(r'href="(/static/[^"]+\.css)"', https.get("/sign-in/").text)[1]
    headers = https.get(name).headers
    assert headers["Content-Type"].startswith("text/css")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in headers


def test_what_is_refused_before_django_is_no_page_either(https):
    for address in ("/api/applications/", "/new/"):
        answer = https.post(address, content=b" " * 6_000_000)
        assert answer.status_code == 413
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Type"].partition(";")[0] in ("application/json", "text/plain")


def test_without_https_one_is_sent_to_it_and_another_hosts_name_is_refused(proxied, https):
    plain = proxied.get("/sign-in/", headers={"Host": "mail.example.org"})
    assert (plain.status_code, plain.headers["Location"]) == (301, "https://mail.example.org/sign-in/")
    assert https.get("/sign-in/", headers={"Host": "evil.example"}).status_code == 400
    forwarded = https.get("/", headers={"X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in str(forwarded.headers) + forwarded.text


def test_without_a_proxy_forwarding_headers_are_ignored(bare):
    """By default, uvicorn would trust them from any client on this machine."""
    with bare.client() as ida:
        ida.headers["X-Forwarded-Proto"] = "https"
        assert ida.post("/api/applications/", json={}).json()["next_url"].startswith("http://")
    with httpx.Client(base_url=bare.url, timeout=DEADLINE) as visitor:
        page = visitor.get("/sign-in/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
        data = {"username": "ida", "password": "wrong", "csrfmiddlewaretoken": token}
        codes = [
            visitor.post("/sign-in/", data=data, headers={"X-Forwarded-For": f"198.51.100.{n}"}).status_code
            for n in range(6)
        ]
    assert codes == [400] * 5 + [429]


def check_deploy(tmp_path, env):
    plain = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    env = plain | {"DATA_DIR": str(tmp_path)} | env
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_documented_production_settings_have_no_finding(tmp_path):
    done = check_deploy(tmp_path, PRODUCTION | {"DATABASE_URL": POSTGRES_URL})
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout
    documented = (ROOT / "docs/how-to/configure.md").read_text()
    assert all(f"{name}=" in documented or f"{name}_FILE=" in documented for name in PRODUCTION)


def test_without_them_the_same_check_complains(tmp_path):
    done = check_deploy(tmp_path, {"SECRET_KEY": "short"})
    assert done.returncode != 0
    assert "security.W0" in done.stderr
