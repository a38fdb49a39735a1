"""Parses email text (header, quoted messages, hidden characters), reads .eml files and builds replies."""
