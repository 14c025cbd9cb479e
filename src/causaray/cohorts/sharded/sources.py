"""Every source that a cohort may be read from, as studies and the places of their images, one after the other."""

import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from causaray.cohorts.columns import Columns
from causaray.cohorts.labels import table_vocabulary
from causaray.cohorts.reader import TableRows, each_study, study_of
from causaray.cohorts.sharded.locations import Location, is_address
from causaray.cohorts.sources import USUAL_TABLE
from causaray.errors import BadInput
from causaray.imagefiles import SCAN_SUFFIXES
from causaray.study import Study

Placed = tuple[Study, Location]


def placed_studies(source: str, columns: Columns | None, tell: Callable[[str], object]) -> Iterator[Placed]:
    """The studies of a folder, a table, tar files or an address, each with the place of its image.

    source: what `read_studies` reads; a tar file, or a folder of tar files, in the layout of WebDataset, where the
    columns of a study are in a JSON file beside its image; or the address of a folder with metadata.csv, or of a CSV
    file, in an object store. Split and fold are open where the source leaves them so. Raises BadInput.
    """
    if is_address(source):
        return _at_address(source.rstrip("/"), columns or Columns(), tell)
    if archives := tar_files(Path(source)):
        return _in_archives(Path(source), archives, columns or Columns())
    return ((study, Location(str(study.image.absolute()))) for study in each_study(Path(source), columns, tell))


def tar_files(source: Path) -> list[Path]:
    """The tar files that a source is: itself, or those of a folder that holds no table."""
    if source.is_file():
        return [source] if source.suffix == ".tar" else []
    found = sorted(source.glob("*.tar")) if source.is_dir() else []
    return [] if any(source.glob("*.csv")) else found


def _at_address(address: str, columns: Columns, tell: Callable[[str], object]) -> Iterator[Placed]:
    table = address if address.endswith((".csv", ".csv.gz", ".tsv")) else f"{address}/{USUAL_TABLE}"
    folder = table.rpartition("/")[0]
    rows = TableRows.open(table, columns, tell)
    for number, row in rows:
        where = f"row {number} of {table}"
        study = study_of(row, rows.columns, rows.vocabulary, Path, folder.rpartition("/")[2], where)
        yield study, Location(f"{folder}/{study.image.as_posix()}")


def _in_archives(source: Path, archives: list[Path], columns: Columns) -> Iterator[Placed]:
    """The names and JSON files are passed over three times: for the columns, for the labels in use, for the studies."""
    present = dict[str, None]()
    for _, _, row in _samples(archives):
        present |= dict.fromkeys(row)
    columns = columns.complete(["image", *(name for name in present if name != "image")], source)
    one = columns.findings if isinstance(columns.findings, str) else None
    said = {row[one] for _, _, row in _samples(archives) if one in row} if one else set()
    vocabulary = table_vocabulary([{one: text} for text in said], columns, source) if one else frozenset[str]()
    name = (source if source.is_dir() else source.parent).resolve().name
    for location, member, row in _samples(archives):
        row = {"image": member} | row
        yield study_of(row, columns, vocabulary, Path, name, f"{member} of {location.place}"), location


def _samples(archives: list[Path]) -> Iterator[tuple[Location, str, dict[str, str]]]:
    """The place of each image, its name in the tar file, and what the JSON file of the same key says of it."""
    for archive in archives:
        held: dict[str, tuple[Location, str]] = {}
        told: dict[str, dict[str, str]] = {}
        try:
            with tarfile.open(archive, "r:") as tar:
                for member in tar:
                    path = PurePosixPath(member.name)
                    key = str(path.parent / path.name.partition(".")[0])
                    if path.suffix.lower() in SCAN_SUFFIXES:
                        held[key] = Location(str(archive.absolute()), member.offset_data, member.size), member.name
                    elif path.suffix == ".json" and (file := tar.extractfile(member)):
                        told[key] = _texts(json.load(file))
        except (OSError, ValueError, tarfile.TarError) as error:
            raise BadInput(f"{archive} cannot be read ({error}); it should be an uncompressed tar file.") from error
        for key, (location, name) in held.items():
            yield location, f"{archive.name}/{name}", told.get(key, {})


def _texts(row: object) -> dict[str, str]:
    if not isinstance(row, dict):
        raise ValueError("a JSON file in it holds no object")
    return {str(name): str(value) for name, value in row.items() if value is not None and str(value) != ""}
