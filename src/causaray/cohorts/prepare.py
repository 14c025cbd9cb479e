"""From a folder of images and a table to a prepared cohort: one size, one vocabulary, one file of pixels."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from warnings import warn

from causaray.cohorts.cohort import PIXELS, Cohort
from causaray.cohorts.columns import Columns
from causaray.cohorts.pixels import Progress, write_pixels
from causaray.cohorts.reader import read_studies
from causaray.cohorts.sources import cohort_sources
from causaray.cohorts.store import check_free, describe, written_whole
from causaray.errors import BadInput
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
    tell: Callable[[str], object] = warn,
) -> Cohort:
    """Read a cohort, letterbox every image to `size` x `size`, and write table.parquet, pixels.npy and cohort.json.

    `source` is what `read_studies` reads, written to `out`; of a folder of cohort folders each is written to
    `out`/<name>, and they are returned as one. `columns`, a YAML file or a `Columns`, says which column is what where
    the names do not tell. `open_only` leaves out images whose licence does not allow training weights that are given
    away. `jobs` images are read at a time; `progress(done, total)` counts those of one cohort. Unreadable images are
    left out and listed in cohort.json; more than 1 % of them refuse the cohort, unless `skip_bad`. `tell` is called
    with a sentence on rows that are left out, as they are of no radiographs.

    All is written, or nothing. Raises BadInput when the source cannot be read or `out` is there already.
    """
    source, out = Path(source), Path(out)
    if size < SMALLEST_SIDE:
        raise BadInput(f"Images of {size} x {size} pixels show no finding; the size should be {SMALLEST_SIDE} or more.")
    mapping = Columns.from_yaml(columns) if isinstance(columns, Path | str) else columns
    places = {one: out if one == source else out / one.name for one in cohort_sources(source)}
    for place in places.values():
        check_free(place)
    chosen = {one: _chosen(one, mapping, open_only, tell) for one in places}
    with ExitStack() as stack:  # all of them, or none
        folders = {one: stack.enter_context(written_whole(place)) for one, place in places.items()}
        for one, studies in chosen.items():
            folder = folders[one]
            bad = write_pixels(studies, folder / PIXELS, size, jobs, progress)
            _check_bad(bad, len(studies), one, skip_bad)
            kept = [_resolved(study) for i, study in enumerate(studies) if i not in bad]
            root = (one if one.is_dir() else one.parent).resolve()
            describe(folder, kept, size, str(root), {str(studies[i].image): reason for i, reason in bad.items()})
    return Cohort.concat([Cohort.open(place) for place in places.values()])


def _chosen(source: Path, columns: Columns | None, open_only: bool, tell: Callable[[str], object]) -> list[Study]:
    studies = [study for study in read_studies(source, columns, tell) if study.open or not open_only]
    if not studies:
        raise BadInput(f"No image of {source} is open; say which are in a column `open` or `licence`, or take all.")
    return studies


def _resolved(study: Study) -> Study:
    return replace(study, image=study.image.resolve())


def _check_bad(bad: dict[int, str], total: int, source: Path, skip_bad: bool) -> None:
    if len(bad) == total or (len(bad) > BAD_SHARE * total and not skip_bad):
        raise BadInput(
            f"{len(bad)} of {total} images of {source} cannot be read; correct them, or skip what is bad. "
            f"The first: {next(iter(bad.values()))}"
        )
