"""The email assistant's workflow: graph, steps, prompts, drafts and checks. Does not import Django."""
