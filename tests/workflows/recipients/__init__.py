"""The email assistant with one more human step before the first draft, in two files."""
