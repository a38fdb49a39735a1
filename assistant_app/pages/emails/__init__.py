"""The list of emails."""
