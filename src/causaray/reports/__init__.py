"""Radiology reports: text -> what it says of the findings, by rules or by a language model."""

from causaray.reports.reading import Change, Mention, Reading

__all__ = ["Change", "Mention", "Reading"]
