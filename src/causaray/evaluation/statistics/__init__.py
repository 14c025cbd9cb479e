"""Statistics that the measures share."""
