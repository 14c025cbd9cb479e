"""One radiograph with what is known of it: whose, which findings, when, and in which part of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from causaray.findings import Findings
from causaray.scan import Scan

View = Literal["PA", "AP", "LL"]
Sex = Literal["F", "M"]


@dataclass(frozen=True)
class Study:
    """One row of a cohort. What is not known is None (or ""), never zero and never a guess.

    `image` is the file, read only by `scan()`. `age` is in years; `time` orders the images of one patient, a day or a
    follow-up number, and means nothing across patients. `split` is "train", "val", "test" or None; `fold` halves the
    training patients into "guide" and "judge" and is "" elsewhere. `open` says that the licence allows training weights
    that are given away. `row` keeps the columns of the source as they were written, missing cells left out;
    neither it nor the patient is printed.
    """

    image: Path
    findings: Findings
    patient: str = field(repr=False)
    cohort: str
    age: float | None = None
    sex: Sex | None = None
    view: View | None = None
    time: float | None = None
    split: str | None = None
    fold: str = ""
    open: bool = False
    row: Mapping[str, str] = field(default_factory=dict, repr=False)

    def scan(self, size: int | None = None) -> Scan:
        """Read the image, float32 (H, W) in [0, 1]; where the file is silent, view and patient are the study's.

        With `size` it is letterboxed to (size, size).

        Raises BadInput when the file is missing or is no radiograph.
        """
        from causaray.imagefiles import read_scan

        scan = read_scan(self.image, size)
        return replace(scan, view=scan.view or self.view, patient=scan.patient or self.patient)
