"""How a prepared cohort lies on disk: written whole or not at all, its table and card beside the pixels."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow as pa

from causaray import __version__
from causaray.cohorts.cohort import CARD, NUMBER_COLUMNS, PIXELS, TABLE, TEXT_COLUMNS
from causaray.digests import digest_of
from causaray.errors import BadInput
from causaray.findings import NAMES
from causaray.study import Study


def check_free(out: Path) -> None:
    """Raise BadInput when `out` is a file or a folder that holds anything."""
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise BadInput(f"{out} is there already; remove it, or choose another place to write to.")


@contextmanager
def written_whole(out: Path) -> Iterator[Path]:
    """A folder beside `out` that becomes `out` at the end, and vanishes when anything, Ctrl-C too, comes in between.

    Raises BadInput when it cannot be written, at once where it is not free (`check_free`).
    """
    check_free(out)
    made = [folder for folder in out.parents if not os.path.lexists(folder)]
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
    finally:
        for folder in made if not out.exists() else ():
            with suppress(OSError):  # another writes to it now
                folder.rmdir()


def describe(
    folder: Path, studies: Sequence[Study], size: int, source: str, unreadable: Mapping[str, str] | None = None
) -> None:
    """Write the table and the card of `studies` beside their pixels; `source` is the folder that images are named from.

    An image that does not lie below `source` keeps its path as it is.
    """
    table = table_of_studies(studies, source)
    table.to_parquet(folder / TABLE, index=False)
    card = {
        "name": studies[0].cohort,
        "size": size,
        "version": __version__,
        "source": source,
        "counts": _counts(table),
        "unreadable": dict(unreadable or {}),
        "digest": {name: digest_of(folder / name) for name in (TABLE, PIXELS)},
    }
    (folder / CARD).write_text(json.dumps(card, indent=2), encoding="utf-8")


def table_of_studies(studies: Sequence[Study], source: str) -> pd.DataFrame:
    """A row a study, as `Cohort.table` has them; images are named from the folder `source` where they lie below it."""
    rows = []
    for study in studies:
        row = {name: getattr(study, name) for name in (*TEXT_COLUMNS, *NUMBER_COLUMNS, "open")}
        row["image"] = _named(study.image, source)
        rows.append(row | study.findings.to_labels() | {"row": json.dumps(dict(study.row), ensure_ascii=False)})
    return pd.DataFrame(rows).astype(dict.fromkeys(NUMBER_COLUMNS, "float64") | dict.fromkeys(NAMES, "float32"))


def as_parquet(table: pd.DataFrame, more: Mapping[str, pa.DataType] | None = None) -> bytes:
    """A table as Parquet, of one schema whether or not a column is ever filled, so that any program reads many as one.

    `more` are the types of columns that `Cohort.table` does not have.
    """
    types = dict.fromkeys((*TEXT_COLUMNS, "row"), pa.string()) | dict.fromkeys(NUMBER_COLUMNS, pa.float64())
    types |= dict.fromkeys(NAMES, pa.float32()) | {"open": pa.bool_()} | dict(more or {})
    written: bytes = table.to_parquet(index=False, schema=pa.schema([(name, types[name]) for name in table.columns]))
    return written


def _named(image: Path, source: str) -> str:
    """The path of an image from the source, with forward slashes, or the whole path where it lies elsewhere."""
    return image.relative_to(source).as_posix() if image.is_relative_to(source) else str(image)


def _counts(table: pd.DataFrame) -> dict[str, Any]:
    return {
        "images": len(table),
        "patients": int(table["patient"].nunique()),
        "open": int(table["open"].sum()),
        "splits": table["split"].value_counts().to_dict(),
        "present": {name: n for name in NAMES if (n := int((table[name] == 1).sum()))},
    }
