"""From a folder of images and a table to a prepared cohort: one size, one vocabulary, one file of pixels."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from causaray import __version__
from causaray.cohorts.cohort import CARD, NUMBER_COLUMNS, PIXELS, TABLE, TEXT_COLUMNS, Cohort
from causaray.cohorts.columns import Columns
from causaray.cohorts.pixels import Progress, write_pixels
from causaray.cohorts.reader import read_studies
from causaray.cohorts.sources import cohort_sources
from causaray.errors import BadInput
from causaray.findings import NAMES
from causaray.scan import SMALLEST_SIDE
from causaray.study import Study

BAD_SHARE = 0.01  # more unreadable images than this are a fault of the source, not of single files


def prepare(
    source: Path | str,
    out: Path | str,
    size: int = 128,
    columns: Columns | Path | str | None = None,
    open_only: bool = False,
    jobs: int = 2,
    skip_bad: bool = False,
    progress: Progress | None = None,
) -> Cohort:
    """Read a cohort, letterbox every image to `size` x `size`, and write table.parquet, pixels.npy and cohort.json.

    `source` is what `read_studies` reads, written to `out`; of a folder of cohort folders each is written to
    `out`/<name>, and they are returned as one. `columns`, a YAML file or a `Columns`, says which column is what where
    the names do not tell. `open_only` leaves out images whose licence does not allow training weights that are given
    away. `jobs` images are read at a time; `progress(done, total)` counts those of one cohort. Unreadable images are
    left out and listed in cohort.json; more than 1 % of them refuse the cohort, unless `skip_bad`.

    A cohort is written whole or not at all. Raises BadInput when the source cannot be read or `out` is there already.
    """
    source, out = Path(source), Path(out)
    if size < SMALLEST_SIDE:
        raise BadInput(f"Images of {size} x {size} pixels show no finding; the size should be {SMALLEST_SIDE} or more.")
    mapping = Columns.from_yaml(columns) if isinstance(columns, Path | str) else columns
    places = {one: out if one == source else out / one.name for one in cohort_sources(source)}
    for place in places.values():
        if place.is_file() or (place.is_dir() and any(place.iterdir())):
            raise BadInput(f"{place} is there already; remove it, or choose another place to write to.")
    chosen = {one: _chosen(one, mapping, open_only) for one in places}
    for one, studies in chosen.items():
        with _written_whole(places[one]) as folder:
            bad = write_pixels(studies, folder / PIXELS, size, jobs, progress)
            _check_bad(bad, len(studies), one, skip_bad)
            _describe(studies, bad, one if one.is_dir() else one.parent, size, folder)
    return Cohort.concat([Cohort.open(place) for place in places.values()])


def _chosen(source: Path, columns: Columns | None, open_only: bool) -> list[Study]:
    studies = [study for study in read_studies(source, columns) if study.open or not open_only]
    if not studies:
        raise BadInput(f"No image of {source} is open; say which are in a column `open` or `licence`, or take all.")
    return studies


def _check_bad(bad: dict[int, str], total: int, source: Path, skip_bad: bool) -> None:
    if len(bad) == total or (len(bad) > BAD_SHARE * total and not skip_bad):
        raise BadInput(
            f"{len(bad)} of {total} images of {source} cannot be read; correct them, or skip what is bad. "
            f"The first: {next(iter(bad.values()))}"
        )


@contextmanager
def _written_whole(out: Path) -> Iterator[Path]:
    """A folder beside `out` that becomes `out` at the end, and vanishes when anything, Ctrl-C too, comes in between."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as beside:
            folder = Path(beside) / out.name
            folder.mkdir()
            yield folder
            if out.exists():
                out.rmdir()  # known to be empty
            folder.rename(out)
    except OSError as error:
        raise BadInput(f"{out} cannot be written ({error.strerror}); choose a place you may write to.") from error


def _describe(studies: list[Study], bad: dict[int, str], source: Path, size: int, folder: Path) -> None:
    """Write the table and the card beside the pixels."""
    table = _table([study for i, study in enumerate(studies) if i not in bad], source.resolve())
    table.to_parquet(folder / TABLE, index=False)
    card = {
        "name": studies[0].cohort,
        "size": size,
        "version": __version__,
        "source": str(source.resolve()),
        "counts": _counts(table),
        "unreadable": {str(studies[i].image): reason for i, reason in bad.items()},
        "digest": {name: _digest(folder / name) for name in (TABLE, PIXELS)},
    }
    (folder / CARD).write_text(json.dumps(card, indent=2), encoding="utf-8")


def _table(studies: list[Study], source: Path) -> pd.DataFrame:
    rows = []
    for study in studies:
        image = study.image.resolve()
        row = {name: getattr(study, name) for name in (*TEXT_COLUMNS, *NUMBER_COLUMNS, "open")}
        row["image"] = image.relative_to(source).as_posix() if image.is_relative_to(source) else str(image)
        rows.append(row | study.findings.to_labels() | {"row": json.dumps(dict(study.row), ensure_ascii=False)})
    return pd.DataFrame(rows).astype(dict.fromkeys(NUMBER_COLUMNS, "float64") | dict.fromkeys(NAMES, "float32"))


def _counts(table: pd.DataFrame) -> dict[str, Any]:
    return {
        "images": len(table),
        "patients": int(table["patient"].nunique()),
        "open": int(table["open"].sum()),
        "splits": table["split"].value_counts().to_dict(),
        "present": {name: n for name in NAMES if (n := int((table[name] == 1).sum()))},
    }


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, sha256).hexdigest()
