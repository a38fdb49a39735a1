"""The drafts of an email as versions."""
