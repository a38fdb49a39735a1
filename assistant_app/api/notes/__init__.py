"""The endpoints of the user's notes."""
