"""Settings, usage and one's own data."""
