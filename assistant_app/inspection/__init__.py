"""What happened, for all doors to show: an email's steps, states and calls, usage, and what it cost."""
