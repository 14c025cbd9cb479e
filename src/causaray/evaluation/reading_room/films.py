"""The films that a reading set may be made of: edited, untouched and diseased ones."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from causaray.cohorts.reader import read_studies
from causaray.cohorts.sources import table_of
from causaray.errors import BadInput
from causaray.evaluation.edits.from_folder import COLUMNS, STATES, TABLE
from causaray.evaluation.reading_room.tables import Row, read_rows
from causaray.finding import Finding
from causaray.study import Study
from causaray.vocabulary import NORMAL

UNTOUCHED, DISEASED = "untouched", "diseased"
WANTED: Mapping[str, tuple[str, ...]] = {**{state: (state,) for state in STATES}, "both": STATES}


@dataclass(frozen=True)
class Film:
    """One image, and what a reader should say of it.

    Attributes:
        file: the image.
        source: the editor's name, or UNTOUCHED or DISEASED.
        finding: what it shows: present, or, where an editor took it out, absent.
        image: what the tables call the image that was edited; of an unedited film its own name.
        patient: as the table has it; None where nobody says.
    """

    file: Path
    source: str
    finding: Finding
    image: str
    patient: str | None = None


def edited_films(name: str, folder: Path, state: str = "present") -> list[Film]:
    """The films of an editor called `name`, from edits.csv of its folder; `state` is present, absent or both.

    Beside image, finding, state and file the table may have the columns side, severity, location and patient, blank
    where nothing is known. Raises BadInput for a row that cannot be read, and for a file of several rows.
    """
    table = folder / TABLE
    if not table.is_file():
        raise BadInput(f"{folder} holds no {TABLE}, whose columns {', '.join(COLUMNS)} would say what was edited.")
    films: dict[Path, Film] = {}
    for where, row in read_rows(table, COLUMNS):
        film = _edited(row, name, folder, where)
        if film.finding.state not in WANTED[state]:
            continue
        if film.file in films:
            raise BadInput(f"{where} names {row['file']} a second time; a film that is read shows one finding.")
        films[film.file] = film
    if not films:
        raise BadInput(f"{table} names no edit with the state {state}, so there is nothing of {name} to read.")
    return list(films.values())


def untouched_films(folder: Path) -> list[Film]:
    """The unedited films of a folder in which its table, if there is one, names no finding."""
    return _unedited(folder, UNTOUCHED, lambda study: [] if _diseases(study) else [NORMAL])


def diseased_films(folder: Path) -> list[Film]:
    """The unedited films of a folder of which its table names exactly one finding: one answer cannot name two."""
    if table_of(folder) is None:
        raise BadInput(
            f"{folder} holds no table; one with the columns image, patient, findings would name what is seen."
        )
    return _unedited(folder, DISEASED, lambda study: found if len(found := _diseases(study)) == 1 else [])


def with_patients(films: Iterable[Film]) -> list[Film]:
    """The same with every patient known: as another table says of an image of this name, else the image itself."""
    films = list(films)
    known = {Path(film.image).stem: film.patient for film in films if film.patient}
    return [
        film if film.patient else replace(film, patient=known.get(stem := Path(film.image).stem, stem))
        for film in films
    ]


def _edited(row: Row, name: str, folder: Path, where: str) -> Film:
    empty = [column for column in COLUMNS if not row[column]]
    if empty:
        raise BadInput(f"{where} says no {empty[0]}; the columns should be {', '.join(COLUMNS)}.")
    if row["state"] not in STATES:
        raise BadInput(f"{where} has the state {row['state']}; it should be {' or '.join(STATES)}.")
    file = folder / row["file"]
    if not file.is_file():
        raise BadInput(f"{where} names {row['file']}, which is not in {folder}.")
    return Film(
        file, name, _finding(row, row["finding"], row["state"], where), row["image"], row.get("patient") or None
    )


def _finding(row: Mapping[str, str], name: str, state: str, where: str) -> Finding:
    severity, side, location = (
        (row.get(key) or "").strip().lower() or None for key in ("severity", "side", "location")
    )
    try:
        return Finding(name, state, severity, side, location)
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error


def _unedited(folder: Path, source: str, shown: Callable[[Study], list[str]]) -> list[Film]:
    if not folder.exists():
        raise BadInput(f"There is no {folder}; name a folder of {source} films.")
    tabled = table_of(folder) is not None
    return [
        Film(study.image, source, _of(study, name), study.image.name, _patient(study, tabled))
        for study in read_studies(folder)
        for name in shown(study)
        if study.view != "LL"
    ]


def _of(study: Study, name: str) -> Finding:
    row = {} if name == NORMAL else {"side": study.row.get("side", "")}
    return _finding(row, name, "present", f"The row of {study.image.name}")


def _diseases(study: Study) -> list[str]:
    return [name for name in study.findings.present if name != NORMAL]


def _patient(study: Study, tabled: bool) -> str | None:
    """Whose film it is; None where `read_studies` had nothing but the file's name to go by."""
    return study.patient if tabled or Path(study.patient).name != study.image.name else None
