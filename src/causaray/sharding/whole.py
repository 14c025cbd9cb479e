"""Folders that outlive a power cut: written beside, flushed to the disk, renamed, and known again by their digests."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from causaray import __version__
from causaray.digests import digest_of
from causaray.errors import BadInput

MANIFEST = "shard.json"
_BESIDE = ".part-"


@contextmanager
def whole_shard(place: Path, settings: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A folder beside `place`, and what its manifest is to say; at the end it is on the disk under the name `place`.

    The manifest also holds `version`, `settings` and `files`, the SHA-256 of each. Where another has made the same
    shard in the meantime, that one stays. Raises BadInput when it cannot be written.
    """
    beside = place.with_name(f"{_BESIDE}{place.name}-{uuid4().hex}")
    try:
        beside.mkdir(parents=True)
        said: dict[str, Any] = {}
        yield beside, said
        files = {path.name: digest_of(path) for path in sorted(beside.iterdir())}
        manifest = {"version": __version__, "settings": settings, **said, "files": files}
        (beside / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        for path in beside.iterdir():
            _flush(path)
        _flush(beside)
        if finished(place, settings) is None:
            shutil.rmtree(place, ignore_errors=True)
            beside.rename(place)
            _flush(place.parent)
    except OSError as error:
        raise BadInput(f"{place} cannot be written ({error.strerror}); choose a place you may write to.") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def finished(place: Path, settings: str) -> dict[str, Any] | None:
    """The manifest of a shard that is there, of these settings, each file as it was written; None of any other."""
    try:
        manifest: dict[str, Any] = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        whole = all(digest_of(place / name) == told for name, told in manifest["files"].items())
        return manifest if whole and manifest["settings"] == settings else None
    except (OSError, ValueError, KeyError):
        return None


def durable_file(path: Path, content: bytes) -> None:
    """Write a file that is whole or as it was, whatever ends the program or the machine."""
    beside = path.with_name(f"{_BESIDE}{path.name}-{uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        _flush(beside)
        beside.replace(path)
        _flush(path.parent)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and path.is_file() and path.read_bytes() == content:
            return  # another job has written the same, and taken this one's for what a killed one has left
        raise BadInput(f"{path} cannot be written ({error.strerror}); choose a place you may write to.") from error
    finally:
        beside.unlink(missing_ok=True)


def remove_unfinished(out: Path) -> None:
    """Remove what killed programs have left in a folder of shards, and in those below it; no shard is to be made."""
    for folder in (out, *(one for one in out.iterdir() if one.is_dir())):
        for left in (*folder.glob(f"{_BESIDE}*"), *folder.glob(".progress*.part"), *folder.glob("progress*.json")):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def settings_digest(settings: Mapping[str, Any]) -> str:
    """A short name of settings: equal ones have an equal one."""
    return sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
