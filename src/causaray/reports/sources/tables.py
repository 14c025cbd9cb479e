"""Reports in a CSV table, one or several rows a report: CheXpert Plus, Indiana University on Kaggle, or any like."""

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from causaray.errors import BadInput
from causaray.reports.sources.report import Report, composed

WHOLE = ("report", "text")
SECTIONS = (  # each may be called "section_..." too, as in CheXpert Plus
    *("examination", "narrative", "clinical_history", "history", "indication", "comparison", "technique"),
    *("procedure_comments", "findings", "impression", "end_of_impression", "summary"),
)
ENOUGH = ("findings", "impression")
_KEYS = ("study", "study_id", "report_id", "uid", "key", "id")
_PATIENTS = ("deid_patient_id", "patient", "patient_id", "subject_id")
_ORDERS = ("patient_report_date_order", "order")
_STUDY_OF_IMAGE = re.compile(r"patient\d+/study\d+")

Row = Mapping[str, str]


def table_reports(path: Path) -> Iterator[Report]:
    """The reports of a CSV table, read row by row; a row that repeats one is of another of its images, and left out.

    The text is the column `report` or `text`, or where that is blank the columns of SECTIONS put together. CheXpert
    Plus: the study is that of `path_to_image` ("patient00001/study1"). Kaggle's Indiana University: `uid` 2 is "CXR2",
    as on Open-i, and `MeSH` holds its majors. Any other: the study, the patient and the order are columns of one of
    the usual names, and without a study the row number is the key.

    Raises BadInput when no column holds text, or when it is no CSV file in UTF-8.
    """
    seen: set[int] = set()
    for number, row in _rows(path):
        report = _report(row, path, number)
        fingerprint = hash((report.patient, report.key, report.text))
        if fingerprint not in seen:
            seen.add(fingerprint)
            yield report


def is_report_table(path: Path) -> bool:
    """Whether a CSV file has a column of reports; False for one that cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _has_text(next(csv.reader(file), []))
    except (OSError, ValueError, csv.Error):
        return False


def _rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Row numbers as a spreadsheet counts them, and {column in lower case: cell}."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.reader(file, strict=True)
            columns = [column.strip().lower() for column in next(table, [])]
            _require_text(columns, path)
            number = 1
            for number, cells in enumerate(table, 2):
                yield number, dict(zip(columns, cells, strict=False))
            if number == 1:
                raise BadInput(f"{path} has no rows; it should have a header and one row for every report.")
    except (OSError, ValueError, csv.Error) as error:
        raise BadInput(f"{path} cannot be read as a table ({error}); it should be a CSV file in UTF-8.") from error


def _require_text(columns: list[str], path: Path) -> None:
    if not _has_text(columns):
        needed = " or ".join(f"`{column}`" for column in (*WHOLE, *ENOUGH))
        raise BadInput(
            f"No column of {path} holds reports; it needs {needed}, and its columns are {', '.join(columns)}."
        )


def _has_text(columns: list[str]) -> bool:
    plain = {column.strip().lower().removeprefix("section_") for column in columns}
    return not plain.isdisjoint((*WHOLE, *ENOUGH))


def _report(row: Row, path: Path, number: int) -> Report:
    sections = ((name.replace("_", " ").upper(), _first(row, (name, f"section_{name}")) or "") for name in SECTIONS)
    return Report(
        text=_first(row, WHOLE) or composed(sections),
        source=path,
        key=_study(row) or f"row {number}",
        patient=_first(row, _PATIENTS),
        order=_number(_first(row, _ORDERS)),
        majors=tuple(term.strip() for term in row.get("mesh", "").split(";") if term.strip()),
    )


def _study(row: Row) -> str | None:
    of_image = _STUDY_OF_IMAGE.search(row.get("path_to_image", ""))
    if of_image:
        return of_image[0]
    study = _first(row, _KEYS)
    return f"CXR{study}" if study and {"uid", "mesh"} <= set(row) else study


def _first(row: Row, columns: tuple[str, ...]) -> str | None:
    """The first cell of these columns that holds something."""
    return next((cell for column in columns if (cell := row.get(column, "").strip())), None)


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
