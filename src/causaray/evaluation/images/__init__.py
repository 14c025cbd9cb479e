"""Measures of images alone."""
