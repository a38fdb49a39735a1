"""The error for a file that is no email, or has no text."""


class Unreadable(ValueError):
    """The file is no email that can be answered. The message, for people, says why and what to do."""
