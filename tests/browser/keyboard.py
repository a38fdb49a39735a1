"""A person who uses only the keyboard."""

from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import expect

SEES_COPIED = """button => {
    window.saidCopied = false;
    new MutationObserver(() => { window.saidCopied ||= button.textContent.includes("Copied"); })
        .observe(button, {subtree: true, characterData: true, childList: true});
}"""


@contextmanager
def is_said_to_be_copied(button):
    """Expect the button to say so, which it does for two seconds only."""
    button.evaluate(SEES_COPIED)
    yield
    button.page.wait_for_function("() => window.saidCopied")


class Keyboard:
    """A person with a narrow screen and no pointer."""

    def __init__(self, page):
        self.page = page

    def go_to(self, role, name):
        self.reach(self.page.get_by_role(role, name=name, exact=True))

    def reach(self, target):
        """Press Tab until the element is reached, as long as the page has anything to reach."""
        expect(target).to_be_visible()
        self.page.wait_for_load_state()  # what the keys do comes with the scripts
        for _ in range(60):
            if target.evaluate("element => element === document.activeElement"):
                self.assert_seen()
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{target} cannot be reached")

    def assert_seen(self):
        """Check that the focused element is visibly focused."""
        assert self.page.evaluate(
            "const style = getComputedStyle(document.activeElement),"
            " after = getComputedStyle(document.activeElement, '::after');"
            " [style, after].some(one => one.outlineStyle !== 'none' && parseFloat(one.outlineWidth) >= 2)"
        )

    def type_in(self, name, text):
        self.go_to("textbox", name)
        self.page.keyboard.insert_text(text)

    def press(self, role, name):
        self.go_to(role, name)
        self.page.keyboard.press("Enter")

    def create_first_account(self):
        self.page.goto("/")
        self.type_in("Username", "ida")
        self.type_in("Password", "correct horse")
        self.type_in("Confirm password", "correct horse")
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/welcome/you/")
        self.type_in("Your name", "Ida")
        self.page.keyboard.press("Enter")
        self.press("link", "Write your first reply")

    def send_email(self, email, instructions):
        self.type_in("The email you’re replying to", email)
        self.type_in("What do you want to say? Optional", instructions)
        self.page.keyboard.press("Control+Enter")

    def send_feedback(self, text):
        self.type_in("Any changes?", text)
        self.page.keyboard.press("Control+Enter")

    def copy(self):
        with is_said_to_be_copied(self.page.get_by_role("button", name="Copy", exact=True)):
            self.press("button", "Copy")
        return self.page.evaluate("navigator.clipboard.readText()")

    def download(self):
        self.reach(self.page.locator("#ways > summary"))
        self.page.keyboard.press("Enter")
        self.go_to("link", "Download as plain text")
        with self.page.expect_download() as info:
            self.page.keyboard.press("Enter")
        return Path(info.value.path()).read_text()

    def delete(self):
        self.page.goto(self.page.url)  # restart the tab order
        self.reach(self.page.locator(".work-head .menu > summary"))
        self.page.keyboard.press("Enter")
        self.press("link", "Delete…")
        self.press("button", "Delete")
        expect(self.page.get_by_role("heading", name="Paste an email, get a reply")).to_be_visible()
