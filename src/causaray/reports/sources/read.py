"""Reports as they are published: in which form a file or folder holds them."""

from collections.abc import Iterator
from pathlib import Path

from causaray.errors import BadInput
from causaray.reports.sources.openi import archived_reports, xml_reports
from causaray.reports.sources.report import Report
from causaray.reports.sources.tables import is_report_table, table_reports
from causaray.reports.sources.textfiles import files_below, text_reports

__all__ = ["Report", "read_reports"]

FORMS = "a .txt, .xml, .csv or .tgz of reports, or a folder of them"
ARCHIVE = "NLMCXR_reports.tgz"
_OF_FILE = {
    ".txt": text_reports,
    ".xml": xml_reports,
    ".csv": table_reports,
    ".tgz": archived_reports,
    ".tar.gz": archived_reports,
}


def read_reports(source: str | Path) -> Iterator[Report]:
    """The reports of a file or folder as published, read one by one as they are asked for.

    - Indiana University (Open-i): NLMCXR_reports.tgz, a folder of *.xml, or one of them; or indiana_reports.csv, as on
      Kaggle.
    - MIMIC-CXR: the folder `files`, one above or below it, or one study's .txt; and any folder of *.txt.
    - CheXpert Plus: its CSV table; and any other with a column `report` or `text`, or with columns of sections.

    A folder is read as the one table or archive of reports that lies in it, else as all XML files below it, else as all
    text files below it.

    Raises BadInput when there are no reports or several tables to choose from; and, where the reading meets it, for a
    file that is empty, damaged, binary, or not in UTF-8.
    """
    source = Path(source)
    if not source.exists():
        raise BadInput(f"There is no {source}; name {FORMS}.")
    if source.is_dir():
        return _of_folder(source)
    for ending, read in _OF_FILE.items():
        if source.name.lower().endswith(ending):
            return read(source)
    raise BadInput(f"{source} ends in none of {', '.join(_OF_FILE)}; name {FORMS}.")


def _of_folder(folder: Path) -> Iterator[Report]:
    whole = [path for path in sorted(folder.glob("*.csv")) if is_report_table(path)] + sorted(folder.glob(ARCHIVE))
    if len(whole) > 1:
        names = ", ".join(path.name for path in whole)
        raise BadInput(f"{folder} has reports in several forms ({names}); name the one to read.")
    if whole:
        return read_reports(whole[0])
    for ending, read in ((".xml", xml_reports), (".txt", text_reports)):
        if any(files_below(folder, ending)):
            return read(folder)
    raise BadInput(f"There are no reports in {folder}; name {FORMS}.")
