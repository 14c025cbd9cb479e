"""Which files a path given by the user stands for."""

from pathlib import Path

from causaray.errors import BadInput
from causaray.imagefiles.magic import first_bytes, has_dicom_preamble

SCAN_SUFFIXES = frozenset({".dcm", ".dicom", ".png", ".jpg", ".jpeg", ".tif", ".tiff"})


def find_scans(path: str | Path) -> list[Path]:
    """The image files `path` stands for: itself when a file, else all under the folder, in sorted order.

    In a folder a file counts when it has one of SCAN_SUFFIXES (any case) or begins as a DICOM file does, whatever its
    name; hidden files and DICOMDIR indices do not count. The files are not read: `read_scan` may still refuse one.

    Raises:
        BadInput: `path` does not exist, or the folder holds no image.
    """
    path = Path(path)
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise BadInput(f"{path} does not exist; name an image file or a folder of images.")
    found = sorted(file for file in path.rglob("*") if _looks_readable(file, path))
    if not found:
        raise BadInput(f"{path} holds no DICOM, PNG, JPEG or TIFF image; name a folder that does.")
    return found


def _looks_readable(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    if hidden or file.name.upper() == "DICOMDIR" or not file.is_file():
        return False
    return file.suffix.lower() in SCAN_SUFFIXES or _begins_as_dicom(file)


def _begins_as_dicom(file: Path) -> bool:
    try:
        return has_dicom_preamble(first_bytes(file))
    except OSError:
        return False
