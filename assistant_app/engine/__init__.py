"""Runs any application: claim, save, continue, stop."""
