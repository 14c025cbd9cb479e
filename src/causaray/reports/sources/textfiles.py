"""Reports as plain text, one a file: MIMIC-CXR, or any folder of *.txt."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from causaray.reports.sources.report import Report, decoded, read_bytes

_NO_REPORTS = ("license.txt", "sha256sums.txt", "readme.txt")  # what PhysioNet puts beside the reports
_MIMIC_PATIENT, _MIMIC_STUDY = re.compile(r"p(\d{8})"), re.compile(r"s(\d{8})")


def text_reports(source: Path) -> Iterator[Report]:
    """The reports of one text file, or of all below a folder, in the order of their paths.

    files/p10/p10000032/s50414267.txt, the layout of MIMIC-CXR, is study "50414267" of patient "10000032", as its
    tables write them. Any other file is called by its path in the folder, without the ending, and has no patient.
    Raises BadInput for a file that is not one report's text.
    """
    folder = source if source.is_dir() else source.parent
    for path in files_below(source, ".txt"):
        text = decoded(read_bytes(path), path)
        place = path.absolute()
        patient, study = _MIMIC_PATIENT.fullmatch(place.parent.name), _MIMIC_STUDY.fullmatch(place.stem)
        if patient and study:
            yield Report(text, path, key=study[1], patient=patient[1])
        else:
            yield Report(text, path, key=path.relative_to(folder).with_suffix("").as_posix())


def files_below(source: Path, ending: str) -> Iterator[Path]:
    """The file itself, or the files of an ending below a folder, found as they are asked for: there may be many."""
    if source.is_file():
        yield source
    for folder, folders, names in os.walk(source):
        folders.sort()
        of_ending = (name for name in sorted(names) if name.lower().endswith(ending))
        yield from (Path(folder, name) for name in of_ending if name.lower() not in _NO_REPORTS)
