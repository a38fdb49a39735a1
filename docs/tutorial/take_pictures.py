"""Answers one email in a real browser, as the tutorial tells it, and takes its pictures: `make tutorial`.

It needs Chromium. The server is the real one, on a fresh database, with the embedded model.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.real_server import RealServer
from tests.services import find_chromium

FOLDER = Path(__file__).parent / "pictures"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]
EMAIL = """From: Anna Lindqvist <anna@harbour-books.example>
Subject: Reading on 14 May

Dear Paul,

we would love to have you read from your new book at our shop on Thursday 14 May at 19:00. Could you tell \
me whether the date suits you, and whether you need a projector?

Best regards,
Anna Lindqvist"""
INSTRUCTIONS = "Yes, the date suits me. I need no projector. I arrive at 18:30."
FEEDBACK = "Say that I am looking forward to the evening."


class Tour:
    def __init__(self, page: Page) -> None:
        self.page = page

    def picture(self, name: str) -> None:
        self.page.screenshot(path=FOLDER / f"{name}.png", full_page="/a/" not in self.page.url)
        print(f"{name}.png", flush=True)  # noqa: T201  (a script)

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def sees(self, text: str) -> None:
        self.page.get_by_text(text).first.wait_for(timeout=120_000)

    def walk(self) -> None:
        self.page.goto("/")
        self.fill("Username", "paul")
        self.fill("Password", "a long evening in May")
        self.fill("Confirm password", "a long evening in May")
        self.picture("1-first-account")
        self.press("Create account")
        self.page.goto("/new/")
        self.fill("The email you’re replying to", EMAIL)
        self.fill("What do you want to say? Optional", INSTRUCTIONS)
        self.picture("2-the-email")
        self.press("Draft a reply")
        self.page.locator(".state.turn").wait_for(timeout=120_000)
        if self.page.locator("textarea[name=answers]").count():
            self.picture("3-questions")
            self.press("Skip questions")
        self.sees("Draft 1 is ready")
        self.picture("4-first-draft")
        self.fill("Any changes?", FEEDBACK)
        self.press("Send feedback")
        self.page.locator("#run").wait_for(timeout=60_000)
        self.picture("5-being-written")
        self.sees("Draft 2 is ready")
        self.picture("6-second-draft")
        self.press("Accept")
        self.sees("Ready to send")
        self.picture("7-finished")
        self.page.goto("/")
        self.picture("8-your-emails")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with (
        RealServer(env={"EMBEDDED_MODEL": "1"}, people=(), collect=True) as server,
        sync_playwright() as tool,
    ):
        browser = tool.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 900, "height": 640}, base_url=server.url)
        Tour(page).walk()
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
