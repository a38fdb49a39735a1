"""Steps, model calls, states and usage."""
