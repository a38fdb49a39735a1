"""The page of one email in all its states, and the pages for comparing and forking."""
