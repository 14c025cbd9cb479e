"""The reports of Indiana University as published: all of them are read, and none is printed here."""

import os
from pathlib import Path

import pytest

from causaray.reports.sections import sections
from causaray.reports.sources import read_reports

DATA = Path(os.environ.get("CAUSARAY_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "iu_reports"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no reports in {DATA} (set CAUSARAY_SHARED)")


def test_every_report_of_the_archive_is_read() -> None:
    reports = list(read_reports(DATA))
    assert len(reports) == len({report.key for report in reports}) == 3955
    assert sum(not report.text for report in reports) == 28  # published without a word
    assert sum(len(report.majors) for report in reports) == 8298
    named = [{section.name for section in sections(report.text)} for report in reports]
    assert sum("findings" in names for names in named) >= 3955 - 530
    assert sum("impression" in names for names in named) >= 3955 - 34
