"""Writing files so that nothing half-written is ever left behind."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from causaray.errors import BadInput

_PART = ".part"


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; it takes the name `path` only when the block ends without an error.

    What another `whole_file` has yielded is written to as it is, so several files can appear together or not at all.

    Raises:
        BadInput: the folder is missing or may not be written to, or the disk is full; `path` is as it was before.
    """
    path = Path(path)
    if path.suffix == _PART:
        yield path
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}{_PART}")
    try:
        yield beside
        beside.replace(path)
    except OSError as error:
        reason = error.strerror or "the file system refused"
        raise BadInput(f"{path} cannot be written ({reason}); name a file in a folder you may write to.") from error
    finally:
        with suppress(OSError):
            beside.unlink()


def make_folder(folder: str | Path) -> None:
    """Make a folder, and those above it, where they are missing.

    Raises:
        BadInput: it cannot be made.
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(_refusal(folder, error.strerror or str(error))) from error


def check_folder(folder: str | Path) -> None:
    """Refuse a folder that `make_folder` could not make or no file could be written to. Nothing is made.

    Raises:
        BadInput: it is a file, lies below one, or may not be written to.
    """
    folder = Path(folder).absolute()
    there = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    if not there.is_dir():
        raise BadInput(_refusal(folder, f"{there.name} is {'a file' if there.is_file() else 'no folder'}"))
    if not os.access(there, os.W_OK | os.X_OK):
        raise BadInput(_refusal(folder, "permission denied"))


def without_nan(value: Any) -> Any:
    """Nested dicts and lists with None for every number that is not finite: JSON has none of these."""
    if isinstance(value, dict):
        return {key: without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _refusal(folder: str | Path, reason: str) -> str:
    return f"{folder} cannot be written to ({reason}); name a folder that you may write to."
