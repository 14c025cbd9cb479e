"""Which files a path given by the user stands for."""

import os
from pathlib import Path

from causaray.errors import BadInput
from causaray.imagefiles.magic import is_dicom_file

SCAN_SUFFIXES = frozenset({".dcm", ".dicom", ".png", ".jpg", ".jpeg", ".tif", ".tiff"})


def find_scans(path: str | Path) -> list[Path]:
    """The image files `path` stands for: itself when a file, else all under the folder, in sorted order.

    In a folder a file counts when it has one of SCAN_SUFFIXES (any case) or begins as a DICOM file does, with its
    preamble or without, whatever its name; hidden files and DICOMDIR indices do not count. Links are followed, and
    what several lead to is found once. The files are not read: `read_scan` may still refuse one, such as a link to a
    file that is gone.

    Raises:
        BadInput: `path` does not exist, or the folder cannot be searched or holds no image.
    """
    path = Path(path)
    if not os.path.exists(path):  # unlike Path.exists, of names that no file can have, too
        raise BadInput(f"{path} does not exist; name an image file or a folder of images.")
    if not path.is_dir():
        return [path]
    found = sorted(file for file in _files(path) if _looks_readable(file))
    if not found:
        raise BadInput(f"{path} holds no DICOM, PNG, JPEG or TIFF image; name a folder that does.")
    return found


def _files(folder: Path) -> list[Path]:
    """Every file under a folder once, by a way without links where there is one."""
    found, searched = dict[str, Path](), set[str]()
    folders, links = [folder], list[Path]()
    while folders or links:
        way = folders.pop() if folders else links.pop(0)
        real = os.path.realpath(way)
        if not way.is_dir():
            found.setdefault(real, way)
        elif real not in searched:
            searched.add(real)
            for entry in _entries(way):
                if entry.is_symlink():
                    links.append(Path(entry.path))
                elif entry.is_dir():
                    folders.append(Path(entry.path))
                else:
                    found.setdefault(os.path.join(real, entry.name), Path(entry.path))
    return list(found.values())


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted((one for one in entries if not one.name.startswith(".")), key=lambda one: one.name)
    except OSError as error:
        raise BadInput(f"{folder} cannot be searched ({error.strerror}); name a folder you may read.") from error


def _looks_readable(file: Path) -> bool:
    if file.name.upper() == "DICOMDIR":
        return False
    return file.suffix.lower() in SCAN_SUFFIXES or (file.is_file() and is_dicom_file(file))
