"""Where results go: names that do not clash, and the checks made before anything is computed."""

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from causaray.errors import BadInput
from causaray.extras import need
from causaray.imagefiles import SCAN_SUFFIXES
from causaray.writing import check_folder

LONGEST_STEM = 180
"""Bytes: file systems take names of 255, of which endings, and what marks an unfinished file, need some."""


def formats_of(dicom: bool, lesions: bool = False, sr: bool = False) -> tuple[str, ...]:
    """What `edit` writes of a counterfactual: the formats that its `save` takes.

    dicom: DICOM, too; lesions: where the findings are, too, as PNG and, beside DICOM, as a segmentation; sr: what was
    measured as a DICOM structured report, and the DICOM image that it refers to.
    Raises BadInput when a segmentation or a report is to be written, and highdicom is not installed.
    """
    dicom = dicom or sr
    if (dicom and lesions) or sr:
        need("highdicom", "segmentation")
    masks = ["lesions", *(["segmentation"] if dicom else [])] if lesions else []
    return ("png", "json", *(["dicom"] if dicom else []), "film", "difference", *masks, *(["sr"] if sr else []))


def stems(files: Sequence[Path]) -> list[str]:
    """A name for each file: its own without the ending, numbered where two would have the same ("scan", "scan-2").

    It is cut so that, with the endings of results, file systems take it.
    """
    names: list[str] = []
    taken: set[str] = set()
    for file in files:
        base = name = _cut(file.stem if file.suffix.lower() in SCAN_SUFFIXES else file.name)
        number = 1
        while name.casefold() in taken:  # file systems may not tell upper case from lower
            number += 1
            name = f"{base}-{number}"
        taken.add(name.casefold())
        names.append(name)
    return names


def _cut(stem: str) -> str:
    encoded = os.fsencode(stem)
    return stem if len(encoded) <= LONGEST_STEM else encoded[:LONGEST_STEM].decode("utf-8", "ignore")


def check_outputs(planned: Sequence[Path], force: bool, inputs: Collection[Path] = ()) -> None:
    """Refuse what could not be written, before anything is computed or written.

    Raises BadInput when a folder may not be written to, a planned file is one of `inputs`, or is there already and
    not to be replaced (`force`).
    """
    for folder in {file.parent for file in planned}:
        check_folder(folder)
    read = {os.path.realpath(file) for file in inputs}  # unlike Path.resolve, of links in a ring, too
    for file in planned:
        if os.path.realpath(file) in read:
            raise BadInput(f"{file} is an input and would be written over; choose another folder with --out.")
        if file.exists() and not force:
            raise BadInput(f"{file} is there already; choose another folder with --out, or replace it with --force.")
