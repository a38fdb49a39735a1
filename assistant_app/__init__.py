"""The email assistant: a Burr state machine whose records, pages, API and admin are Django's."""
