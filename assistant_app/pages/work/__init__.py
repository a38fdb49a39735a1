"""The page of one email, in all its states."""
