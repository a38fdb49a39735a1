"""Applications and their steps."""
