"""The pages that list, create and delete emails."""
