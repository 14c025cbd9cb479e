"""The first bytes by which an image file is known."""

from pathlib import Path
from struct import unpack

from pydicom.valuerep import VR

HEAD = 132
"""As many bytes of a file as telling its kind takes."""
_OTHER_MAGIC = {
    b"%PDF": "a PDF file",
    b"GIF8": "a GIF file",
    b"BM": "a BMP file",
    b"RIFF": "a WebP file",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "a gzip file",
    b"\x00\x00\x00\x0cjP": "a bare JPEG 2000 file",
    b"\xff\x4f\xff\x51": "a bare JPEG 2000 file",
    b"SIMPLE": "a FITS file",
    b"\x5c\x01\x00\x00": "a NIfTI file",
}
"""First bytes of common files that are not read, and what to call them."""
RASTER_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")

_ELEMENT = 8
"""Bytes of the tag, and the length or value representation and length, of an element."""
_FIRST_GROUPS, _LAST_ELEMENT, _LONGEST = (0x0002, 0x0008), 0x0100, 1024
"""Group, element and length of what a header begins with: such as (0008,0005), the character set."""
_REPRESENTATIONS = frozenset(representation.value.encode() for representation in VR)


def first_bytes(path: Path) -> bytes:
    """The HEAD of the file."""
    with path.open("rb") as file:
        return file.read(HEAD)


def is_dicom_file(path: Path) -> bool:
    """Whether a file can be opened and begins as a DICOM file does."""
    try:
        return begins_as_dicom(first_bytes(path))
    except OSError:
        return False


def has_dicom_preamble(head: bytes) -> bool:
    """Whether these first bytes are those of a DICOM file (PS3.10, 7.1)."""
    return head[128:132] == b"DICM"


def begins_as_dicom(head: bytes) -> bool:
    """Whether a DICOM file begins so: with its preamble, or, where that was left out, with the elements of a header.

    These are of group 0002 or 0008, in either byte order, with their value representation or without.
    """
    return has_dicom_preamble(head) or (len(head) >= _ELEMENT and any(_is_element(head, order) for order in "<>"))


def _is_element(head: bytes, order: str) -> bool:
    group, element = unpack(f"{order}HH", head[:4])
    if group not in _FIRST_GROUPS or element > _LAST_ELEMENT:
        return False
    (length,) = unpack(f"{order}L", head[4:_ELEMENT])
    return head[4:6] in _REPRESENTATIONS or (order == "<" and length % 2 == 0 and length <= _LONGEST)


def has_raster_magic(head: bytes) -> bool:
    """Whether these first bytes are those of a PNG, JPEG or TIFF file."""
    return head.startswith(RASTER_MAGIC)


def other_format(head: bytes) -> str | None:
    """What common file of another kind begins so, such as "a PDF file"; None where that is not known."""
    return next((kind for magic, kind in _OTHER_MAGIC.items() if head.startswith(magic)), None)
