"""The error for a file that is no email, or has no text."""


class Unreadable(ValueError):
    """The file is not an email that can be answered. The message says why and what to do, and is shown to the user."""
