"""The JSON API: one viewset with an action for each human step of `steps`."""
