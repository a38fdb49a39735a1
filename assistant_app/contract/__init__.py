"""What a workflow is: its human steps, and what each step changed. Knows nothing of Django."""
