"""Read-only views of the history for pages, API and admin: steps, states, calls, usage and cost."""
