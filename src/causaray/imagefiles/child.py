"""The process in which `apart.py` has images read: `python -m causaray.imagefiles.child`.

Asked with `name`, which sentences call the image, and with the name of a `file` or the content of one (`confined.py`),
it answers `error`, or

- to `elements`, keywords: `header`, those elements of a DICOM file as DICOM's JSON;
- to `sizes` and `kept`: `shape`, how many pixels follow, `header` as below, then float32 squares of these sides, one
  after the other;
- to `size` and `kept`: `shape`, `spacing`, `view`, `turned` and `header`, those `kept` or null, then float32 pixels.
"""

import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset

from causaray.confined import answer_parent
from causaray.errors import BadInput
from causaray.imagefiles.dicom.dataset import read_dataset
from causaray.imagefiles.magic import is_dicom_file
from causaray.imagefiles.read import read_file, read_scan_bytes
from causaray.memory import keep_freed_memory
from causaray.scan import Scan

MEMORY = 2 * 2**30
"""Bytes of address space: the largest image that may be read, stored in colour, takes 1.5 GiB while it is decoded."""
Answer = tuple[dict[str, Any], bytes | memoryview]


def _answer(data: bytes, asked: dict[str, Any]) -> Answer:
    try:
        return _header(asked) if "elements" in asked else _image(data, asked)
    except BadInput as error:
        return {"error": str(error)}, b""
    except MemoryError:
        sentence = f"{asked['name']} takes more memory to decode than a radiograph does; save it again, or as PNG."
        return {"error": sentence}, b""
    except OSError as error:
        return {"error": f"{asked['name']} cannot be read ({error.strerror}); name a file you may read."}, b""


def _header(asked: dict[str, Any]) -> Answer:
    path = Path(asked["file"])
    try:
        if not is_dicom_file(path):
            raise ValueError("no DICOM file")
        with warnings.catch_warnings(action="ignore"):
            header = read_dataset(path, stop_before_pixels=True, specific_tags=asked["elements"])
    except (MemoryError, OSError):
        raise
    except Exception:  # pydicom meets damage with many exceptions
        raise BadInput(f"{asked['name']} is no DICOM file, or damaged.") from None
    return {"header": _elements(header, asked["elements"]), "shape": [0]}, b""


def _image(data: bytes, asked: dict[str, Any]) -> Answer:
    scan = read_file(Path(asked["file"]), Path(asked["name"])) if "file" in asked else read_scan_bytes(data)
    header = None if scan.header is None else _elements(scan.header, asked["kept"])
    if "sizes" in asked:
        squares = np.concatenate([scan.square(size).pixels.ravel() for size in asked["sizes"]])
        return {"shape": squares.shape, "header": header}, squares.data.cast("B")
    if asked["size"] is not None:
        scan = scan.square(asked["size"])
    told = {"shape": scan.pixels.shape, "spacing": scan.spacing, "view": scan.view, "turned": scan.turned}
    return {**told, "header": header}, _content(scan)


def _content(scan: Scan) -> memoryview:
    return np.ascontiguousarray(scan.pixels).data.cast("B")


def _elements(header: Dataset, kept: list[str]) -> dict[str, Any]:
    few = Dataset()
    for keyword in kept:
        # Not there, or damaged: of that pydicom would only warn, and the parent's warning would quote it in a log.
        with suppress(Exception), warnings.catch_warnings(action="error"):
            few[keyword] = header[keyword]
    return few.to_json_dict(suppress_invalid_tags=True)


if __name__ == "__main__":
    keep_freed_memory()
    answer_parent(_answer, MEMORY)
