"""A folder of images, with a table or without, as a list of studies."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
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
    studies = _from_table(path, columns or Columns(), tell) if path else _from_images(source)
    return complete_parts(studies, str(path or source))


def _from_images(folder: Path) -> list[Study]:
    name = folder.resolve().name
    return [untabled_study(_named(path), folder, name) for path in find_scans(folder)]


def _named(path: Path) -> Path:
    """The path itself. Raises BadInput for one that no table can hold."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise BadInput(f"The name of {path} is not in UTF-8; rename it.") from None
    return path


def _from_table(path: Path, columns: Columns, tell: Callable[[str], object]) -> list[Study]:
    every, present = _read_rows(path)
    columns = columns.complete(present, path)
    numbered = _radiographs(every, columns, path, tell)
    rows = [row for _, row in numbered]
    vocabulary = table_vocabulary(rows, columns, path)
    images = ImageFolder(path.parent)
    studies = [
        _study(row, columns, vocabulary, images, path.resolve().parent.name, f"row {number} of {path}")
        for number, row in numbered
    ]
    twice = [image.name for image, n in Counter(study.image for study in studies).items() if n > 1]
    if twice:
        raise BadInput(f"{path} has {len(twice)} images in several rows, such as {twice[0]}; each should have one row.")
    return studies


def _radiographs(
    rows: list[dict[str, str]], columns: Columns, path: Path, tell: Callable[[str], object]
) -> list[tuple[int, dict[str, str]]]:
    """The rows that are not of another modality, each with its number as a spreadsheet counts them."""
    said = [row.get(columns.modality or "", "") for row in rows]
    others = Counter(modality.strip() for modality in said if not is_radiograph(modality))
    kinds = ", ".join(f"{n} of {modality[:40]}" for modality, n in others.most_common(5))
    if others.total() == len(rows):
        raise BadInput(
            f"No row of {path} is of a radiograph by its column {columns.modality!r} ({kinds}); "
            "map `modality` to null if they are."
        )
    if others:
        tell(f"{others.total()} of {len(rows)} rows of {path} are left out, as they are no radiographs: {kinds}.")
    return [(number, row) for number, (row, what) in enumerate(zip(rows, said, strict=True), 2) if is_radiograph(what)]


def _read_rows(path: Path) -> tuple[list[dict[str, str]], list[str]]:
    """The rows, as {column: text} without the empty cells, and the names of all columns."""
    try:
        table = pd.read_csv(path, dtype=str, sep="\t" if path.suffix == ".tsv" else ",", encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # pandas' parser errors are ValueErrors
        raise BadInput(f"{path} cannot be read as a table ({error}); it should be a CSV file in UTF-8.") from error
    if table.empty:
        raise BadInput(f"{path} has no rows; it should have a header and one row for every image.")
    rows = [{name: cell for name, cell in row.items() if isinstance(cell, str)} for row in table.to_dict("records")]
    return rows, list(table.columns)


def _study(
    row: Mapping[str, str], columns: Columns, vocabulary: frozenset[str], images: ImageFolder, cohort: str, where: str
) -> Study:
    cells = {what: row.get(column) for what, column in columns.single().items()}
    name = cells["image"]
    if name is None:
        raise BadInput(f"Column {columns.image!r} is empty in {where}; it should name a file in every row.")
    return Study(
        image=images.find(name),
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
