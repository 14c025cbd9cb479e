"""Where a cohort's table and images lie: one folder, a folder of folders, or a CSV file."""

from functools import cached_property
from pathlib import Path

from causaray.errors import BadInput
from causaray.imagefiles import find_scans

USUAL_TABLE = "metadata.csv"
TABLE_ENDINGS = (".csv", ".csv.gz", ".tsv")


def cohort_sources(source: Path | str) -> list[Path]:
    """The cohorts in `source`: itself when it is or holds a table, else its folders that hold one, else itself.

    Raises BadInput when it does not exist.
    """
    source = Path(source)
    if not source.exists():
        raise BadInput(f"There is no {source}; name a folder of images, a folder of such folders, or a CSV file.")
    if source.is_file() or _tables(source):
        return [source]
    return [folder for folder in sorted(source.iterdir()) if folder.is_dir() and _tables(folder)] or [source]


def table_of(source: Path) -> Path | None:
    """The table of one cohort: the file itself, metadata.csv of a folder, or its only table; None when it has none.

    Raises BadInput when there are several to choose from.
    """
    if source.is_file():
        return source
    tables = _tables(source)
    usual = [path for path in tables if path.name == USUAL_TABLE]
    if len(tables) > 1 and not usual:
        names = ", ".join(path.name for path in tables)
        raise BadInput(f"{source} has several tables ({names}); name the one to read as the source.")
    return next(iter(usual or tables), None)


def _tables(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name.lower().endswith(TABLE_ENDINGS))


class ImageFolder:
    """Finds the file that a table names: a path from `folder` or the one above it, else a bare name anywhere below."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, name: str) -> Path:
        """The file, or where it was looked for first when there is none (or several of a bare name)."""
        for base in (self.folder, self.folder.parent):
            if (base / name).is_file():
                return base / name
        elsewhere = self._by_name.get(name) if name == Path(name).name else None
        return elsewhere or self.folder / name

    @cached_property
    def _by_name(self) -> dict[str, Path | None]:
        """Files by name, with and without ending; None for a name that two files have."""
        found: dict[str, Path | None] = {}
        for path in find_scans(self.folder):
            for name in {path.name, path.stem}:
                found[name] = None if name in found else path
        return found
