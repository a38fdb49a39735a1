"""The pages for settings, usage and the user's own data."""
