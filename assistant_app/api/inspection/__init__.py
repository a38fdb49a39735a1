"""The endpoints for steps, model calls and usage."""
