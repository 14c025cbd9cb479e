"""The rules: report -> mentions by a lexicon and a small grammar, with no network and no model."""

from causaray.reports.rules.engine import read_report

__all__ = ["read_report"]
