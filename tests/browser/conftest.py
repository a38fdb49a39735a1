"""A real headless Chromium before an ASGI server with the scripted model."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import expect, sync_playwright

from tests.asgi_server import AsgiServer
from tests.browser.stage import Stage
from tests.services import chromium_path

LAUNCHER = Path(__file__).with_name("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 30_000  # milliseconds; a safety net, nothing is judged by it
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture
def site(transactional_db, settings):
    # The sources as they are, not what `make run` once collected from them: that is not served here.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    server = AsgiServer().start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def chromium():
    path = chromium_path()
    # Playwright's loop runs in this thread, and Django refuses the database beside a loop.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        environment = os.environ | {"CHROMIUM": str(path)}
        browser = playwright.chromium.launch(executable_path=LAUNCHER, args=ARGUMENTS, env=environment)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass
class Watch:
    """What must not happen in any page: errors, violations of the policy, foreign requests, dialogs."""

    home: str
    complaints: list[str] = field(default_factory=list)

    def over(self, page):
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._request)
        page.on("dialog", self._dialog)

    def _console(self, message):
        # Refusals have statuses of their own, which Chromium reports as errors.
        if message.type in ("error", "warning") and "the server responded with a status" not in message.text:
            self.complaints.append(message.text)

    def _request(self, request):
        if not request.url.startswith((self.home, "data:")):
            self.complaints.append(request.url)

    def _dialog(self, dialog):
        if dialog.type != "beforeunload":
            self.complaints.append(f"{dialog.type}: {dialog.message}")
        dialog.accept()


@pytest.fixture
def watch(site):
    watch = Watch(site.url)
    yield watch
    assert watch.complaints == []


@pytest.fixture
def open_window(chromium, site, watch):
    """Open a browser window of its own; signed in if a user is given."""
    contexts = []

    def open_window(user=None, viewport=WIDE, **options):
        context = chromium.new_context(viewport=viewport, base_url=site.url, **options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        if user is not None:
            client = Client()
            client.force_login(user)
            session = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": site.url}])
        page = context.new_page()
        watch.over(page)
        return page

    yield open_window
    for context in contexts:
        context.close()


@pytest.fixture
def stage(open_window, owner, model):
    """The owner's window, with helpers to bring it into any state."""
    stage = Stage(open_window(owner), owner, model)
    yield stage
    stage.let_go()
