"""Sign in, sign up, passwords."""
