"""Reading images of strangers in a process of its own, so that a file that kills a decoder kills nothing else."""

from collections.abc import Sequence

import numpy as np
from pydicom import Dataset

from causaray.childprocess import Child, Ended
from causaray.errors import BadInput
from causaray.imagefiles.dicom_out import LOSSY
from causaray.scan import UNNAMED, Scan

SECONDS = 30.0
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
        self._child = Child("causaray.imagefiles.child", seconds)

    def start(self) -> None:
        """Start the child now, so that the first image does not wait for it."""
        self._child.start()

    def read(self, data: bytes, size: int, kept: Sequence[str] = KEPT) -> Scan:
        """The image in a file's content, letterboxed to (size, size); of its header only the elements `kept`.

        Raises BadInput as `read_scan_bytes`, and for a file that kills its reader or takes longer than `seconds`.
        """
        try:
            told, pixels = self._child.exchange({"size": size, "kept": [*kept]}, data, lambda told: 4 * size**2)
        except Ended:
            raise BadInput(f"{UNNAMED} is damaged, so that it cannot be decoded; save it again, or as PNG.") from None
        if "error" in told:
            raise BadInput(told["error"])
        header = told["header"] and Dataset.from_json(told["header"])
        grey = np.frombuffer(pixels, np.float32).reshape(size, size).copy()  # torch wants to be allowed to write
        return Scan(grey, spacing=told["spacing"] and tuple(told["spacing"]), view=told["view"], header=header)

    def close(self) -> None:
        """End the child."""
        self._child.close()
