"""Requests every address of the URL table."""

from tests.bounded.door import fields_of
from tests.bounded.nasty import FEW, KINDS
from tests.test_access_matrix import ADDRESSES, ANYBODY

COMMON = [KINDS[name] for name in FEW]  # enough for what shows or stores texts without looking into them
LAST = ("cancel", "revoke", "delete", "erase", "sign_out", "logout")  # what ends the email or the session
# No rules read a text there. An address that is new is none of these.
WITHOUT_RULES = {
    *("application-archive", "application-unarchive", "archive", "trash", "undo", "email_delete"),
    *("application-call", "application-calls", "email_call"),
    *("application-step", "application-steps", "email_history_step"),
    *("application-cancel", "email_cancel", "application-retry", "email_retry"),
    *("application-skip-questions", "email_skip_questions", "application-regenerate", "application-reopen"),
    *("application-use", "application-fork", "email_fork", "email_aside", "email_sample"),
    *("api-root", "limits", "usage", "identity-list", "identity-detail", "identities", "delete_identity"),
    *("keys", "settings_model", "settings_data", "tokens", "revoke_token", "password"),
    *("export_notes", "delete_note", "export_own", "erase_own", "sign_out"),
}

assert {address.name for address in ADDRESSES} >= WITHOUT_RULES


def visit(door, app_id, kind):
    """Request every address: first what shows texts, then what takes them, and at the end what ends it."""
    names = {}
    for address in sorted(ADDRESSES, key=lambda each: place(each.name)):
        names.setdefault(address.of(app_id, str(app_id)), address.name)
    paths = [path for path in names if "/stream/" not in path and "/events/" not in path]
    if kind not in COMMON:
        left_out = {path for path in paths if names[path] in WITHOUT_RULES or path.startswith("/admin/")}
        paths = [path for path in paths if path not in left_out]
    for path in paths:
        if names[path] not in ANYBODY or kind in COMMON:
            door.ask("get", path)
    door.ask("get", f"/a/{app_id}/compare/?a=1&b=2")
    door.ask("get", f"/a/{app_id}/compare/?a=2&b=3&view=one")
    door.ask("get", f"/api/applications/{app_id}/drafts/2/diff/3/")
    for number in (1, 2, 3):
        door.ask("get", f"/api/applications/{app_id}/drafts/{number}/checks/")
    typed = fields_of(kind)
    door.ask("get", f"/?q={'%61' * 2000}")
    for path in paths:
        for method in ("put", "post") if path.startswith("/api/") else ("post",):
            door.ask(method, path, typed)


def place(name):
    """Return how late an address is to be requested: 0 unless it ends something."""
    return max((LAST.index(word) + 1 for word in LAST if word in name), default=0)
