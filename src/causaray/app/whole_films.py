"""The films of one call at their own pixels: kept while they are few, read again in their turn when they are many."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from causaray.app.inputs import Region, frontal
from causaray.app.outputs import formats_of
from causaray.imagefiles import read_scan
from causaray.scan import Scan

KEPT = 200_000_000
"""Pixels of all films together that are kept in memory."""


class Films(Sequence[Scan]):
    """Frontal films that have been read once, and found to be such."""

    def __init__(self) -> None:
        self._files: list[Path] = []
        self._kept: dict[int, Scan] = {}
        self._dicom: list[bool] = []
        self._pixels = 0

    def add(self, file: Path, region: Region | None = None) -> None:
        """Read one more. Raises BadInput for what is no frontal radiograph, or has not the pixels of the region."""
        scan = frontal(read_scan(file))
        if region:
            region.check(scan)
        self._pixels += scan.pixels.size
        if self._pixels <= KEPT:
            self._kept[len(self._files)] = scan
        self._files.append(file)
        self._dicom.append(scan.header is not None)

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, i: int) -> Scan:  # type: ignore[override]
        return self._kept[i] if i in self._kept else frontal(read_scan(self._files[i]))

    def formats(self, i: int, dicom: bool, lesions: bool = False, sr: bool = False) -> tuple[str, ...]:
        """What is written of the counterfactual of film i; DICOM for a film that is, or where it is asked for."""
        return formats_of(dicom or self._dicom[i], lesions, sr)
