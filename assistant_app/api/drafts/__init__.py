"""The endpoints for drafts, their checks, diffs and forks."""
