"""CSV tables that people or programs have written, with the line of each row for sentences about it."""

import csv
from collections.abc import Sequence
from pathlib import Path

from causaray.errors import BadInput

Row = dict[str, str]


def read_rows(table: Path, columns: Sequence[str]) -> list[tuple[str, Row]]:
    """Each row with where it stands ("Line 3 of answers.csv"); cells are stripped, and "" where there is nothing.

    Raises BadInput when the file is no CSV table in UTF-8 or lacks one of the columns.
    """
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = [(f"Line {reader.line_num} of {table}", _cells(row)) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{table} cannot be read ({error}); it should be a CSV file in UTF-8.") from error
    missing = [column for column in columns if column not in (reader.fieldnames or ())]
    if missing:
        raise BadInput(f"Line 1 of {table} names no column {missing[0]}; the columns should be {', '.join(columns)}.")
    return rows


def _cells(row: dict[str, str | None]) -> Row:
    return {name: (text or "").strip() for name, text in row.items() if name is not None}
