"""The first bytes by which an image file is known."""

from pathlib import Path

HEAD = 132
"""As many bytes of a file as telling its kind takes."""
RASTER_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*")


def first_bytes(path: Path) -> bytes:
    """The HEAD of the file."""
    with path.open("rb") as file:
        return file.read(HEAD)


def has_dicom_preamble(head: bytes) -> bool:
    """Whether these first bytes are those of a DICOM file (PS3.10, 7.1)."""
    return head[128:132] == b"DICM"


def has_raster_magic(head: bytes) -> bool:
    """Whether these first bytes are those of a PNG, JPEG or TIFF file."""
    return head.startswith(RASTER_MAGIC)
