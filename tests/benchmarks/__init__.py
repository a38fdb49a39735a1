"""What it costs, against a floor measured in the same run. Prints figures and asserts nothing."""
