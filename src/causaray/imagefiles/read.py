"""One door for every image file, in this process; the content decides, not the file's name."""

from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from causaray.errors import BadInput
from causaray.imagefiles.dicom.dicom_in import read_dicom
from causaray.imagefiles.magic import HEAD, begins_as_dicom, has_dicom_preamble, has_raster_magic, other_format
from causaray.imagefiles.raster import read_raster
from causaray.scan import UNNAMED, Scan


def read_file(path: Path, name: Path) -> Scan:
    """The radiograph in a file, which sentences and `source` call `name`. Decoded here: `apart.read_scan` is safer.

    Raises:
        BadInput: as `apart.read_scan`.
    """
    # In one piece: asked for more bytes than there are, a file takes the memory for all of them.
    return _read(BytesIO(path.read_bytes()), name)


def read_scan_bytes(data: bytes) -> Scan:
    """The same of the content of such a file, which has no name then: `source` is None. No file is written.

    Raises:
        BadInput: as `read_file`; the sentence calls it "The image".
    """
    return _read(BytesIO(data), None)


def _read(file: BinaryIO, source: Path | None) -> Scan:
    head = file.read(HEAD)
    file.seek(0)
    if has_raster_magic(head) and not has_dicom_preamble(head):
        return read_raster(file, source)
    if not begins_as_dicom(head) and (kind := other_format(head)):
        raise BadInput(f"{source or UNNAMED} is {kind}, where a DICOM, PNG, JPEG or TIFF file was expected.")
    return read_dicom(file, source)
