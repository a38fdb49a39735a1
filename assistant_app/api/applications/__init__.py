"""The endpoints for applications and their steps."""
