"""Runs applications: claim, save, continue, stop."""
