"""One door for every image file; the content decides, not the file's name."""

from pathlib import Path

from causaray.errors import BadInput
from causaray.imagefiles.dicom_in import read_dicom
from causaray.imagefiles.magic import first_bytes, has_dicom_preamble, has_raster_magic
from causaray.imagefiles.raster import read_raster
from causaray.scan import Scan


def read_scan(path: str | Path) -> Scan:
    """Read one radiograph from a DICOM (with or without its preamble), PNG, JPEG or TIFF file.

    Raises:
        BadInput: the file is missing, unreadable, damaged, not a single grey image, or not a plain radiograph.
    """
    path = Path(path)
    head = _head(path)
    if has_raster_magic(head) and not has_dicom_preamble(head):
        return read_raster(path)
    return read_dicom(path)


def _head(path: Path) -> bytes:
    if not path.exists():
        raise BadInput(f"{path} does not exist; name a DICOM, PNG, JPEG or TIFF file.")
    if path.is_dir():
        raise BadInput(f"{path} is a folder, where one image file was expected.")
    try:
        return first_bytes(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be opened ({error.strerror}); name a file you may read.") from error
