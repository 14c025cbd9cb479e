"""One door for every image file; the content decides, not the file's name."""

from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from causaray.errors import BadInput
from causaray.imagefiles.dicom_in import read_dicom
from causaray.imagefiles.magic import HEAD, has_dicom_preamble, has_raster_magic
from causaray.imagefiles.raster import read_raster
from causaray.scan import Scan


def read_scan(path: str | Path) -> Scan:
    """Read one radiograph from a DICOM (with or without its preamble), PNG, JPEG or TIFF file.

    Raises:
        BadInput: the file is missing, unreadable, damaged, not a single grey image, or not a plain radiograph.
    """
    path = Path(path)
    with _opened(path) as file:
        return _read(file, path)


def read_scan_bytes(data: bytes) -> Scan:
    """The same of the content of such a file, which has no name then: `source` is None. No file is written.

    Raises:
        BadInput: as `read_scan`; the sentence calls it "The image".
    """
    return _read(BytesIO(data), None)


def _read(file: BinaryIO, source: Path | None) -> Scan:
    head = file.read(HEAD)
    file.seek(0)
    if has_raster_magic(head) and not has_dicom_preamble(head):
        return read_raster(file, source)
    return read_dicom(file, source)


def _opened(path: Path) -> BinaryIO:
    if not path.exists():
        raise BadInput(f"{path} does not exist; name a DICOM, PNG, JPEG or TIFF file.")
    if path.is_dir():
        raise BadInput(f"{path} is a folder, where one image file was expected.")
    try:
        return path.open("rb")
    except OSError as error:
        raise BadInput(f"{path} cannot be opened ({error.strerror}); name a file you may read.") from error
