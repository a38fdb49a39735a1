"""The pages of every workflow that has none of its own."""
