"""Reading images in a process of their own, so that a file that kills a decoder kills nothing else."""

import atexit
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset

from causaray.childprocess import Child, Ended, TookTooLong
from causaray.errors import BadInput
from causaray.imagefiles.dicom.dataset import read_dataset
from causaray.imagefiles.dicom.dicom_out import LOSSY
from causaray.imagefiles.limits import MOST_PIXELS
from causaray.scan import UNNAMED, Scan

SECONDS = 30.0
"""In which an image that was sent here must be read."""
OWN_SECONDS = 300.0
"""In which a file that the user names must be read, on a busy machine and from a slow disk."""
KEPT = (*LOSSY, "PatientOrientation", "SOPInstanceUID")
"""What a DICOM result takes from the header of its source, nothing of the patient: the record of lossy compression, how
the film lies, and that from which its own UIDs follow."""


class ApartReader:
    """Reads images in a child process that may end in any way (`child.py`), one after the other.

    Damaged DICOM files of the compressed kinds make GDCM abort now and then (4 of 10,000 of `benchmarks.mutated`), and
    a small file may ask for gigabytes. The child has limits of memory and time, writes no file, and answers with
    numbers and JSON, never with pickles. It starts with the first image, and anew after it has ended.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._child, self._seconds = Child("causaray.imagefiles.child", seconds), seconds

    def start(self) -> None:
        """Start the child now, so that the first image does not wait for it."""
        self._child.start()

    def read(self, data: bytes, size: int | None = None, kept: Sequence[str] = KEPT) -> Scan:
        """The image in a file's content, letterboxed to (size, size) unless `size` is None; of its header only the
        elements `kept`.

        Raises BadInput as `read_scan`, and for a file that kills its reader or takes longer than `seconds`.
        """
        told, pixels = self._asked({"size": size, "kept": [*kept]}, UNNAMED, data)
        return Scan(pixels, header=told["header"] and _told_header(told), **_facts(told))

    def read_file(self, path: Path, size: int | None) -> Scan:
        """The image in a file, letterboxed to (size, size) unless `size` is None, with its patient and whole header.

        Raises BadInput as `read`.
        """
        told, pixels = self._asked({"file": str(path.absolute()), "size": size, "kept": []}, path)
        header, patient = (None, None) if told["header"] is None else _whole_header(path)
        return Scan(pixels, patient=patient, source=path, header=header, **_facts(told))

    def read_squares(
        self, source: Path | bytes, sizes: Sequence[int], kept: Sequence[str], name: str
    ) -> tuple[list[np.ndarray], Dataset | None]:
        """A file, or its content, letterboxed to each of `sizes`: float32 (size, size) each; of its header, where it is
        DICOM, only the elements `kept`. It is decoded once. `name` is what sentences call it.

        Raises BadInput as `read`.
        """
        where = {"file": str(source.absolute())} if isinstance(source, Path) else {}
        data = source if isinstance(source, bytes) else b""
        told, pixels = self._asked({**where, "sizes": [*sizes], "kept": [*kept]}, name, data)
        squares = np.split(pixels, np.cumsum([size * size for size in sizes])[:-1])
        header = told["header"] and _told_header(told)
        return [square.reshape(size, size) for square, size in zip(squares, sizes, strict=True)], header

    def read_header(self, path: Path, keywords: Sequence[str]) -> Dataset:
        """Those of the elements `keywords` that a DICOM file has and that can be read.

        Raises BadInput for a file that is no DICOM file, kills its reader or takes longer than `seconds`.
        """
        told, _ = self._asked({"file": str(path.absolute()), "elements": [*keywords]}, path)
        return _told_header(told)

    def close(self) -> None:
        """End the child."""
        self._child.close()

    def _asked(self, asked: dict[str, Any], name: object, data: bytes = b"") -> tuple[dict[str, Any], np.ndarray]:
        """What the child answers: an object, and the pixels as float32 (H, W)."""
        try:
            told, answer = self._child.exchange({**asked, "name": str(name)}, data, _bytes)
        except TookTooLong:
            raise BadInput(
                f"{name} takes longer than {self._seconds:g} s to decode; save it again, or as PNG."
            ) from None
        except Ended as end:
            if not end.fresh:  # it may have been an earlier file that spoiled the child's memory
                return self._asked(asked, name, data)
            raise BadInput(
                f"{name} is damaged or not as its header says, so that it cannot be decoded; save it again, or as PNG."
            ) from None
        if "error" in told:
            raise BadInput(told["error"])
        return told, answer.view(np.float32).reshape(told["shape"])


def read_scan(path: str | Path, size: int | None = None) -> Scan:
    """Read one radiograph from a DICOM (with or without its preamble), PNG, JPEG or TIFF file.

    It is decoded in another process, which is kept for further files, so that no file can end this one. With `size` it
    is letterboxed to (size, size) there, as `Scan.square` does it: cheaper than to do so here.

    Raises:
        BadInput: the file is missing, unreadable, damaged, not a single grey image, or not a plain radiograph.
    """
    path = Path(path)
    _check_readable(path)
    with _a_reader() as reader:
        return reader.read_file(path, size)


def read_squares(
    source: Path | bytes, sizes: Sequence[int], kept: Sequence[str], name: str
) -> tuple[list[np.ndarray], Dataset | None]:
    """Read one radiograph in several sizes, as `ApartReader.read_squares`, in another process as by `read_scan`."""
    if isinstance(source, Path):
        _check_readable(source)
    with _a_reader() as reader:
        return reader.read_squares(source, sizes, kept, name)


def read_header(path: str | Path, keywords: Sequence[str]) -> Dataset:
    """Those of the elements `keywords` of a DICOM file that it has, parsed in another process as by `read_scan`.

    Raises:
        BadInput: the file is missing, unreadable, or no DICOM file.
    """
    path = Path(path)
    _check_readable(path)
    with _a_reader() as reader:
        return reader.read_header(path, keywords)


_idle: list[ApartReader] = []
"""Readers that wait for the next file: as many as were ever needed at a time."""


@contextmanager
def _a_reader() -> Iterator[ApartReader]:
    try:
        reader = _idle.pop()
    except IndexError:
        reader = ApartReader(OWN_SECONDS)
    try:
        yield reader
    finally:
        _idle.append(reader)


def _close_all() -> None:
    while _idle:
        _idle.pop().close()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # two processes must not talk to one child


def _check_readable(path: Path) -> None:
    if not os.path.exists(path):  # unlike Path.exists, of names that no file can have, too
        fault = "is a link to nothing" if os.path.islink(path) else "does not exist"
        raise BadInput(f"{path} {fault}; name a DICOM, PNG, JPEG or TIFF file.")
    if path.is_dir():
        raise BadInput(f"{path} is a folder, where one image file was expected.")
    if not path.is_file():
        raise BadInput(f"{path} is no ordinary file, where a DICOM, PNG, JPEG or TIFF file was expected.")
    try:
        path.open("rb").close()
    except OSError as error:
        raise BadInput(f"{path} cannot be opened ({error.strerror}); name a file you may read.") from error


def _whole_header(path: Path) -> tuple[Dataset, str | None]:
    """The header, but for the pixel data, of a file that the child has read without harm, and the patient it names."""
    try:
        with warnings.catch_warnings(action="ignore"):  # pydicom's may quote the header, so the patient
            header = read_dataset(path, stop_before_pixels=True)
            return header, str(header.get("PatientID") or "") or None
    except Exception as error:
        raise BadInput(f"{path} was changed while it was read; try again.") from error


def _told_header(told: dict[str, Any]) -> Dataset:
    with warnings.catch_warnings(action="ignore"):  # pydicom's may quote the header, so the patient
        return Dataset.from_json(told["header"])


def _facts(told: dict[str, Any]) -> dict[str, Any]:
    """What a scan knows beside its pixels, patient, source and header."""
    return {"view": told["view"], "spacing": told["spacing"] and tuple(told["spacing"]), "turned": told["turned"]}


def _bytes(told: dict[str, Any]) -> int:
    """How many bytes of pixels follow. Raises ValueError for more than an image may have."""
    pixels = int(np.prod(told["shape"]))
    if not 0 <= pixels <= MOST_PIXELS:
        raise ValueError(f"{pixels} pixels")
    return 4 * pixels
