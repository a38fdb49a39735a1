"""Which account a token or a session is of, so that people take turns with all they have of these."""

from __future__ import annotations

from django.http import HttpRequest

from assistant_app.observing.logs import known_user_id

MOST = 10_000  # tokens and sessions to remember


class Accounts:
    """The accounts of the tokens and sessions that this process has answered. It asks no database.

    For the event loop only. What is forgotten, or has not been answered yet, is a person of its own.
    """

    def __init__(self) -> None:
        self._of: dict[str, str] = {}

    def person(self, credential: str) -> str:
        return self._of.get(credential, credential)

    def learn(self, credential: str, request: HttpRequest | None) -> None:
        """Note whose credential it is after the view has looked that up, if it has."""
        user_id = known_user_id(request)
        if not credential or user_id is None:
            return
        self._of.pop(credential, None)  # to move it to the end
        self._of[credential] = f"account {user_id}"
        if len(self._of) > MOST:
            del self._of[next(iter(self._of))]
