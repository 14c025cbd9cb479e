"""Measures of edits: pure functions of images and labels."""
