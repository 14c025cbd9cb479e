"""Edits to be measured, and where they come from."""
