"""Which attributes a prior ties to each other."""
