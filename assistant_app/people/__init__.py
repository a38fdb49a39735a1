"""Accounts, preferences, mail readings by staff, and the retention, export and erasure of data."""
