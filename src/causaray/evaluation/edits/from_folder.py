"""Edits that somebody else's editor made: a folder of images and a table that says what each of them is."""

import csv
import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts import Cohort
from causaray.errors import BadInput
from causaray.evaluation.edits.edited_cohort import EditedCohort, Progress
from causaray.finding import Finding
from causaray.imagefiles import find_scans, read_scan
from causaray.vocabulary import canonical_name
from causaray.writing import make_folder

TABLE = "edits.csv"
COLUMNS = ("image", "finding", "state", "file")
STATES = ("present", "absent")
Key = tuple[str, str, str]
"""Image (as in the table of the cohort), finding, state."""


@dataclass(frozen=True, eq=False)
class EditedFolder:
    """A `Candidate` known by its images alone; `files` says which image answers what was asked."""

    folder: Path
    files: dict[Key, Path]
    digest: str

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read edits.csv. Raises BadInput when it and the images of the folder do not belong together."""
        if not (folder / TABLE).is_file():
            columns = ", ".join(COLUMNS)
            raise BadInput(f"{folder} holds no {TABLE}, whose columns {columns} would say what was edited.")
        files = _answers(folder)
        _check_files(folder, set(files.values()))
        digest = hashlib.sha256()
        for file in (folder / TABLE, *sorted(set(files.values()))):
            digest.update(file.read_bytes())
        return cls(folder, files, digest.hexdigest())

    @property
    def name(self) -> str:
        return self.folder.resolve().name

    @property
    def adds_only(self) -> bool:
        """Whether no image was asked to lose a finding."""
        return all(state == "present" for _, _, state in self.files)

    def check(self, cohort: Cohort, split: str, allow_trained: bool) -> None:
        """Refuse edits of images that are not in the split: they are of another cohort, or were learned from."""
        images = cohort.subset(split=split).table["image"]
        if not images.is_unique:
            twice = images[images.duplicated()].iloc[0]
            raise BadInput(f"{twice} is the name of several images; measure {self.folder} on one cohort at a time.")
        strange = sorted({image for image, _, _ in self.files} - set(images))
        if strange:
            raise BadInput(
                f"{self.folder / TABLE} names {strange[0]}, which is not in split {split} of {cohort.name}"
                f"{f', and {len(strange) - 1} more' * (len(strange) > 1)}; leave out what is not measured."
            )

    def findings(self, name: str, rows: Cohort) -> tuple[str, ...]:
        """The findings edited in any of the rows. Raises BadInput unless they were, both ways, in each of them."""
        images = set(rows.table["image"])
        findings = tuple(dict.fromkeys(finding for image, finding, _ in self.files if image in images))
        for key in itertools.product(rows.table["image"], findings, STATES):
            if key not in self.files:
                raise BadInput(
                    f"{self.folder / TABLE} holds no edit of {key[0]} with {key[1]} {key[2]}; "
                    f"each finding is to be edited both ways in every image of {name}."
                )
        return findings

    def about(self) -> dict[str, Any]:
        """Name and digest; of settings nothing is known."""
        about = {"weights": self.name, "digest": self.digest, "guidance": None, "strength": None}
        return {**about, "adds_only": self.adds_only}

    def answerable(self, rows: Cohort, requests: Sequence[Finding]) -> np.ndarray:
        """True for every row (N,). Raises BadInput where what a row asks for is not answered."""
        states = STATES[:1] if self.adds_only else STATES
        for (image, one), state in itertools.product(zip(rows.table["image"], requests, strict=True), states):
            if (image, one.name, state) not in self.files:
                raise BadInput(
                    f"{self.folder / TABLE} holds no edit of {image} with {one.name} {state}; every pair is to be "
                    "edited with its finding present, and with it absent either all pairs or none."
                )
        return np.ones(len(rows), bool)

    def answers(
        self, rows: Cohort, images: Tensor, requests: Sequence[Finding], work: Path, progress: Progress
    ) -> Tensor:
        """Read the answer to the request of each row, letterboxed to the cohort's size: (N, 1, S, S)."""
        asked = zip(rows.table["image"], requests, strict=True)
        return _read([self.files[image, one.name, one.state] for image, one in asked], rows.size, progress)

    def segmented(self, images: Tensor, names: Sequence[str]) -> None:
        """Images do not tell where their findings are."""

    def edits(self, name: str, rows: Cohort, findings: tuple[str, ...], work: Path, progress: Progress) -> EditedCohort:
        """Read the edits of all rows, letterboxed to the cohort's size."""
        factual = torch.from_numpy(rows.images(np.arange(len(rows))))
        store = work / hashlib.sha256(self.digest.encode() + factual.numpy().tobytes()).hexdigest()[:16]
        make_folder(store)
        made = EditedCohort(name, rows, factual, factual, None, store)
        for finding in findings:
            sides = [[self.files[image, finding, state] for image in rows.table["image"]] for state in STATES]
            added, removed = (_read(files, rows.size, progress) for files in sides)
            made.pairs[finding] = (added, removed)
        return made


def _answers(folder: Path) -> dict[Key, Path]:
    """What each line of the table answers, and by which file."""
    table, files = folder / TABLE, {}
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            lines = list(enumerate(csv.DictReader(file), 2))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{table} cannot be read ({error}); it should be a CSV file in UTF-8.") from error
    for line, row in lines:
        key = _key(row, f"Line {line} of {table}")
        if key in files:
            raise BadInput(f"Line {line} of {table} is the second edit of {key[0]} with {key[1]} {key[2]}.")
        files[key] = folder / row["file"]
    if not files:
        raise BadInput(f"{table} names no edit; each line should be one, with the columns {', '.join(COLUMNS)}.")
    return files


def _key(row: dict[str, str | None], where: str) -> Key:
    image, finding, state, _ = (row.get(column) or "" for column in COLUMNS)
    empty = [column for column in COLUMNS if not row.get(column)]
    if empty:
        raise BadInput(f"{where} says no {empty[0]}; the columns should be {', '.join(COLUMNS)}.")
    if state not in STATES:
        raise BadInput(f"{where} has the state {state}; it should be {' or '.join(STATES)}.")
    try:
        return image, canonical_name(finding), state
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error


def _check_files(folder: Path, named: set[Path]) -> None:
    missing = sorted(file for file in named if not file.is_file())
    if missing:
        raise BadInput(f"{missing[0]} is named in {folder / TABLE} but is not there.")
    extra = sorted(set(find_scans(folder)) - named)
    if extra:
        raise BadInput(f"{extra[0]} is not named in {folder / TABLE}; say what it is, or take it out.")


def _read(files: list[Path], size: int, progress: Progress) -> Tensor:
    pixels = np.empty((len(files), 1, size, size), np.float32)
    for i, file in enumerate(files):
        pixels[i, 0] = read_scan(file, size).pixels
        progress("reading edits", i + 1, len(files))
    return torch.from_numpy(pixels)
