"""The process in which `apart.ApartReader` has images read: `python -m causaray.imagefiles.child`.

Asked with `size`, `kept` and an image file (`confined.py`), it answers `error`, or `spacing`, `view` and `header` and
after it size x size float32.
"""

import warnings
from contextlib import suppress
from typing import Any

from pydicom import Dataset

from causaray.confined import answer_parent
from causaray.errors import BadInput
from causaray.imagefiles.read import read_scan_bytes
from causaray.scan import UNNAMED

MEMORY = 2 * 2**30
"""Bytes of address space: the largest image that may be read, stored in colour, takes 1.5 GiB while it is decoded."""


def _answer(data: bytes, asked: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    try:
        scan = read_scan_bytes(data).square(asked["size"])
    except BadInput as error:
        return {"error": str(error)}, b""
    except MemoryError:
        return {
            "error": f"{UNNAMED} takes more memory to decode than a radiograph does; save it again, or as PNG."
        }, b""
    header = None if scan.header is None else _elements(scan.header, asked["kept"])
    return {"spacing": scan.spacing, "view": scan.view, "header": header}, scan.pixels.tobytes()


def _elements(header: Dataset, kept: list[str]) -> dict[str, Any]:
    few = Dataset()
    for keyword in kept:
        # Not there, or damaged: of that pydicom would only warn, and the parent's warning would quote it in a log.
        with suppress(Exception), warnings.catch_warnings(action="error"):
            few[keyword] = header[keyword]
    return few.to_json_dict(suppress_invalid_tags=True)


if __name__ == "__main__":
    answer_parent(_answer, MEMORY)
