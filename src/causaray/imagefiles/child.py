"""The process in which `apart.ApartReader` has images read: `python -m causaray.imagefiles.child`.

It reads, again and again until its input ends, a line of JSON (`bytes`, `size`, `kept`) and so many bytes of an image
file, and answers with a line of JSON: `error`, or `spacing`, `view` and `header` and after it size x size float32.
"""

import json
import os
import sys
import warnings
from contextlib import suppress
from typing import Any, BinaryIO

from pydicom import Dataset

from causaray.errors import BadInput
from causaray.imagefiles.read import read_scan_bytes
from causaray.scan import UNNAMED

MEMORY = 2 * 2**30
"""Bytes of address space: the largest image that may be read, stored in colour, takes 1.5 GiB while it is decoded."""


def main() -> None:
    """Answer until the parent ends."""
    answers = _own_output()
    _take_limits()
    while line := sys.stdin.buffer.readline():
        asked = json.loads(line)
        told, pixels = _answer(sys.stdin.buffer.read(asked["bytes"]), asked["size"], asked["kept"])
        answers.write(json.dumps(told).encode() + b"\n" + pixels)
        answers.flush()


def _answer(data: bytes, size: int, kept: list[str]) -> tuple[dict[str, Any], bytes]:
    try:
        scan = read_scan_bytes(data).square(size)
    except BadInput as error:
        return {"error": str(error)}, b""
    except MemoryError:
        return {
            "error": f"{UNNAMED} takes more memory to decode than a radiograph does; save it again, or as PNG."
        }, b""
    header = None if scan.header is None else _elements(scan.header, kept)
    return {"spacing": scan.spacing, "view": scan.view, "header": header}, scan.pixels.tobytes()


def _elements(header: Dataset, kept: list[str]) -> dict[str, Any]:
    few = Dataset()
    for keyword in kept:
        # Not there, or damaged: of that pydicom would only warn, and the parent's warning would quote it in a log.
        with suppress(Exception), warnings.catch_warnings(action="error"):
            few[keyword] = header[keyword]
    return few.to_json_dict(suppress_invalid_tags=True)


def _own_output() -> BinaryIO:
    """Standard output for the answers alone: what decoders print goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return answers


def _take_limits() -> None:
    """Limit the memory, and write no file. Not on Windows, which has no such limits."""
    if sys.platform == "win32":
        return
    import resource

    for limit, value in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # macOS knows no limit of address space
            resource.setrlimit(limit, (value, value))


if __name__ == "__main__":
    main()
