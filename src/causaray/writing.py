"""Writing files so that nothing half-written is ever left behind."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from causaray.errors import BadInput


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; it takes the name `path` only when the block ends without an error.

    Raises:
        BadInput: the folder is missing or may not be written to, or the disk is full; `path` is as it was before.
    """
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield beside
        beside.replace(path)
    except OSError as error:
        reason = error.strerror or "the file system refused"
        raise BadInput(f"{path} cannot be written ({reason}); name a file in a folder you may write to.") from error
    finally:
        with suppress(OSError):
            beside.unlink()
