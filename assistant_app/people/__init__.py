"""People: who comes in, what they want, who read their mail; what is kept, taken along and erased."""
