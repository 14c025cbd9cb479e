"""Drawn findings, measured."""
