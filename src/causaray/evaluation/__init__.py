"""Measures, one file a family, the judge, and the report. What guides, filters or optimises never judges."""
