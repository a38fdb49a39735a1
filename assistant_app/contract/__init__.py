"""What a workflow is: its human steps, and what each step changed. Does not import Django."""
