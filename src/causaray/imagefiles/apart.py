"""Reading images of strangers in a process of its own, so that a file that kills a decoder kills nothing else."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from threading import Lock, Timer
from typing import IO, Any

import numpy as np
from pydicom import Dataset

from causaray.errors import BadInput
from causaray.imagefiles.dicom_out import LOSSY
from causaray.scan import UNNAMED, Scan

SECONDS = 30.0
COMMAND = [sys.executable, "-P", "-m", "causaray.imagefiles.child"]
KEPT = (*LOSSY, "SOPInstanceUID")
"""What a DICOM result takes from the header of its source, nothing of the patient: the record of lossy compression, and
that from which its own UIDs follow."""


class ApartReader:
    """Reads images as `read_scan_bytes` does, in a child process that may end in any way (`child.py`).

    Damaged DICOM files of the compressed kinds make GDCM abort now and then (4 of 10,000 of `benchmarks.mutated`), and
    a small file may ask for gigabytes. The child has limits of memory and time, writes no file, and answers with
    numbers and JSON, never with pickles. It starts with the first image, and anew after it has ended.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = Lock()

    def start(self) -> None:
        """Start the child now, so that the first image does not wait for it."""
        with self._lock:
            self._running()

    def read(self, data: bytes, size: int, kept: Sequence[str] = KEPT) -> Scan:
        """The image in a file's content, letterboxed to (size, size); of its header only the elements `kept`.

        Raises BadInput as `read_scan_bytes`, and for a file that kills its reader or takes longer than `seconds`.
        """
        with self._lock:
            try:
                told, pixels = self._exchange(data, {"size": size, "kept": [*kept]})
            except (EOFError, OSError, ValueError):  # it ended before its answer, or within it
                self._end()
                raise BadInput(
                    f"{UNNAMED} is damaged, so that it cannot be decoded; save it again, or as PNG."
                ) from None
            except BaseException:
                self._end()  # half an answer would be taken for the next one
                raise
        if "error" in told:
            raise BadInput(told["error"])
        header = told["header"] and Dataset.from_json(told["header"])
        grey = np.frombuffer(pixels, np.float32).reshape(size, size).copy()  # torch wants to be allowed to write
        return Scan(grey, spacing=told["spacing"] and tuple(told["spacing"]), view=told["view"], header=header)

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._end()

    def _exchange(self, data: bytes, asked: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        child = self._running()
        out, back = _pipes(child)
        alarm = Timer(self._seconds, child.kill)
        alarm.start()
        try:
            out.write(json.dumps({**asked, "bytes": len(data)}).encode() + b"\n")
            out.write(data)
            out.flush()
            told = json.loads(_whole(back.readline(), 1))
            return told, b"" if "error" in told else _whole(back.read(4 * asked["size"] ** 2), 4 * asked["size"] ** 2)
        finally:
            alarm.cancel()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._end()
            self._child = subprocess.Popen(
                COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # decoders print what they think of a file
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENBLAS_NUM_THREADS": "1"},
                start_new_session=True,  # Ctrl-C is for the parent
            )
        return self._child

    def _end(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            for pipe in _pipes(self._child):
                with suppress(OSError):
                    pipe.close()
            self._child = None


def _pipes(child: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert child.stdin is not None and child.stdout is not None
    return child.stdin, child.stdout


def _whole(read: bytes, least: int) -> bytes:
    """What was read. Raises EOFError when the child ended before."""
    if len(read) < least:
        raise EOFError
    return read
