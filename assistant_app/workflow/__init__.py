"""The email assistant's workflow: graph, steps, prompts, drafts and checks. Knows nothing of Django."""
