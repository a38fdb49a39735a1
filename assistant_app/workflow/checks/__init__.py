"""What can be said of a draft without a model: the facts and names in it, and who wrote them before."""
