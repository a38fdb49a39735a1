"""Checks of a draft without a model: its facts and names, and whether a source supports them."""
