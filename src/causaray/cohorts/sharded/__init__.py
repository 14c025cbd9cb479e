"""Cohorts larger than memory: listed, read in shards by any number of machines, opened without being read."""
