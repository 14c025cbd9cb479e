"""A folder of images, with a table or without, as a list of studies."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Self
from warnings import warn

import pandas as pd

from causaray.cohorts.columns import Columns
from causaray.cohorts.headers import untabled_study
from causaray.cohorts.labels import row_findings, table_vocabulary
from causaray.cohorts.sources import ImageFolder, table_of
from causaray.cohorts.splits import complete_parts
from causaray.cohorts.values import FOLDS, SPLITS, is_radiograph, read_age, read_open, read_part, read_sex, read_time
from causaray.errors import BadInput
from causaray.imagefiles import find_scans
from causaray.study import Study
from causaray.views import read_view

PIECE = 20_000
"""Rows of a table that are in memory at a time."""


def read_studies(
    source: Path | str, columns: Columns | None = None, tell: Callable[[str], object] = warn
) -> list[Study]:
    """The studies of one cohort, which is called as its folder is; no image is opened yet.

    `source` is a folder with metadata.csv or one CSV of any name, or a CSV file with its images beside or below it;
    `columns` says which column is what where the names do not tell. Of a folder with no table no findings are known,
    and every image that is no DICOM file is its own patient. Split and fold are the table's own; what it leaves open
    is drawn by patient. Rows that are said to be of another modality than radiography are left out, and `tell` is
    called with a sentence that says how many.

    Raises BadInput when a column is missing, a patient is in two splits or folds, or there is no image.
    """
    source = Path(source)
    path = table_of(source)
    studies = list(each_study(source, columns, tell))
    twice = [image.name for image, n in Counter(study.image for study in studies).items() if n > 1]
    if twice:
        raise BadInput(f"{path} has {len(twice)} images in several rows, such as {twice[0]}; each should have one row.")
    return complete_parts(studies, str(path or source))


def each_study(source: Path, columns: Columns | None, tell: Callable[[str], object]) -> Iterator[Study]:
    """The studies of one cohort one after the other, split and fold left open where the table leaves them so.

    The table is read in pieces, so that it may be longer than memory. Raises BadInput as `read_studies`, but for
    images in several rows and patients in several splits.
    """
    path = table_of(source)
    return _from_table(path, columns or Columns(), tell) if path else _each_image(source)


def _each_image(folder: Path) -> Iterator[Study]:
    name = folder.resolve().name
    return (untabled_study(_named(path), folder, name) for path in find_scans(folder))


def _named(path: Path) -> Path:
    """The path itself. Raises BadInput for one that no table can hold."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise BadInput(f"The name of {path} is not in UTF-8; rename it.") from None
    return path


def _from_table(path: Path, columns: Columns, tell: Callable[[str], object]) -> Iterator[Study]:
    rows = TableRows.open(str(path), columns, tell)
    images, cohort = ImageFolder(path.parent), path.resolve().parent.name
    for number, row in rows:
        where = f"row {number} of {path}"
        yield study_of(row, rows.columns, rows.vocabulary, images.find, cohort, where)


class TableRows:
    """The rows of a table that are of radiographs, read in pieces: (number as a spreadsheet counts, {column: text})."""

    def __init__(self, where: str, columns: Columns, vocabulary: frozenset[str]) -> None:
        self.where, self.columns, self.vocabulary = where, columns, vocabulary

    @classmethod
    def open(cls, where: str, columns: Columns, tell: Callable[[str], object]) -> Self:
        """Find the columns, and read the table once for its modalities and all the labels that it uses.

        where: a file, or an address that fsspec opens. Raises BadInput.
        """
        every = _pieces(where)
        first = next(every)
        columns = columns.complete(list(first.columns), where)
        others, labels, total = Counter[str](), set[str](), 0
        for piece in chain([first], every):
            total += len(piece)
            if columns.modality:
                said = piece[columns.modality].dropna()
                others.update(said[~said.map(is_radiograph).astype(bool)].str.strip())
            if isinstance(columns.findings, str):
                labels.update(piece[columns.findings].dropna())
        _check_modalities(others, total, where, columns, tell)
        rows = [{columns.findings: label} for label in labels] if isinstance(columns.findings, str) else []
        return cls(where, columns, table_vocabulary(rows, columns, where))

    def __iter__(self) -> Iterator[tuple[int, dict[str, str]]]:
        number = 1
        for piece in _pieces(self.where):
            for row in piece.to_dict("records"):
                number += 1
                cells = {name: cell for name, cell in row.items() if isinstance(cell, str)}
                if is_radiograph(cells.get(self.columns.modality or "", "")):
                    yield number, cells


def _check_modalities(
    others: Counter[str], total: int, where: str, columns: Columns, tell: Callable[[str], object]
) -> None:
    kinds = ", ".join(f"{n} of {modality[:40]}" for modality, n in others.most_common(5))
    if others.total() == total:
        raise BadInput(
            f"No row of {where} is of a radiograph by its column {columns.modality!r} ({kinds}); "
            "map `modality` to null if they are."
        )
    if others:
        tell(f"{others.total()} of {total} rows of {where} are left out, as they are no radiographs: {kinds}.")


def _pieces(where: str) -> Iterator[pd.DataFrame]:
    """A table of text in pieces of so many rows, blank cells missing; the first has a row at least."""
    separator = "\t" if where.endswith(".tsv") else ","
    try:
        with pd.read_csv(where, dtype=str, sep=separator, encoding="utf-8-sig", chunksize=PIECE) as pieces:
            some = False
            for piece in pieces:
                if some or not piece.empty:
                    some = True
                    yield piece
    except (OSError, ValueError) as error:  # pandas' parser errors are ValueErrors
        raise BadInput(f"{where} cannot be read as a table ({error}); it should be a CSV file in UTF-8.") from error
    if not some:
        raise BadInput(f"{where} has no rows; it should have a header and one row for every image.")


def study_of(
    row: Mapping[str, str],
    columns: Columns,
    vocabulary: frozenset[str],
    find: Callable[[str], Path],
    cohort: str,
    where: str,
) -> Study:
    """The study of one row. `find` says where the image of a name is, `where` names the row in an error."""
    cells = {what: row.get(column) for what, column in columns.single().items()}
    name = cells["image"]
    if name is None:
        raise BadInput(f"Column {columns.image!r} is empty in {where}; it should name a file in every row.")
    return Study(
        image=find(name),
        findings=row_findings(row, columns, vocabulary, where),
        patient=_patient(cells.get("patient"), name, columns, where),
        cohort=cohort,
        age=read_age(cells.get("age")),
        sex=read_sex(cells.get("sex")),
        view=read_view(cells.get("view")) or ("LL" if "lateral" in name.lower() else None),
        time=read_time(cells.get("time")),
        split=read_part(cells.get("split"), SPLITS, "split", where),
        fold=read_part(cells.get("fold"), FOLDS, "fold", where) or "",
        open=read_open(cells.get("open"), cells.get("licence")),
        row=row,
    )


def _patient(given: str | None, image: str, columns: Columns, where: str) -> str:
    match = columns.patient_pattern.search(image) if columns.patient_pattern else None
    patient = given or (match[1] if match else None)
    if patient is None:
        raise BadInput(
            f"There is no patient in {where}; map `patient` to a column that is never empty, "
            f"or to {columns.image!r} if every image is of another patient."
        )
    return patient
