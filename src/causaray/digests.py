"""Digests by which files are known again."""

from hashlib import file_digest, sha256
from pathlib import Path


def digest_of(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as opened:
        return file_digest(opened, sha256).hexdigest()
