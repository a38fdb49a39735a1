"""What only the email assistant can do: drafts as versions, their reports, forks at one, and replies."""
