"""Reports as they are published."""

from causaray.reports.sources.read import read_reports
from causaray.reports.sources.report import Report

__all__ = ["Report", "read_reports"]
