"""A second workflow: a trip is planned by a model until its person likes the plan."""
