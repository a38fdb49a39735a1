"""The pages for sign-in, sign-up and passwords."""
