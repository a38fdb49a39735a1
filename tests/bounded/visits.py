"""Requests every address of the URL table."""

from tests.bounded.door import fields_of
from tests.bounded.nasty import FEW, KINDS
from tests.test_access_matrix import ADDRESSES, ANYBODY

COMMON = [KINDS[name] for name in FEW]  # enough for pages that show no one's texts, and for refused methods
LAST = ("cancel", "revoke", "delete", "erase", "sign_out", "logout")  # what ends the email or the session

refused: set[tuple[str, str]] = set()  # methods and names of addresses that do not take them


def visit(door, app_id, kind):
    """Request every address: first what shows texts, then what takes them, and at the end what ends it."""
    names = {}
    for address in sorted(ADDRESSES, key=lambda each: place(each.name)):
        names.setdefault(address.of(app_id, str(app_id)), address.name)
    paths = [path for path in names if "/stream/" not in path and "/events/" not in path]

    def ask(method, path, data=None):
        if kind in COMMON or (method, names[path]) not in refused:
            answer = door.ask(method, path, data)
            if answer.status_code == 405:
                refused.add((method, names[path]))

    for path in paths:
        if kind in COMMON or (names[path] not in ANYBODY and is_ours(path)):
            ask("get", path)
    door.ask("get", f"/a/{app_id}/compare/?a=1&b=2")
    door.ask("get", f"/a/{app_id}/compare/?a=2&b=3&view=one")
    door.ask("get", f"/api/applications/{app_id}/drafts/2/diff/3/")
    for number in (1, 2, 3):
        door.ask("get", f"/api/applications/{app_id}/drafts/{number}/checks/")
    typed = fields_of(kind)
    door.ask("get", f"/?q={'%61' * 2000}")
    for path in paths:
        for method in ("put", "post") if path.startswith("/api/") else ("post",):
            if kind in COMMON or is_ours(path):
                ask(method, path, typed)


def place(name):
    """Return how late an address is to be requested: 0 unless it ends something."""
    return max((LAST.index(word) + 1 for word in LAST if word in name), default=0)


def is_ours(path):
    """Return whether the page is of our making: those that Django brings for its users see no other texts."""
    return not path.startswith(("/admin/auth/", "/admin/password_change/", "/admin/login/"))
