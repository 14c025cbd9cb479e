"""The folder that readers get: images, and set.json with what a reader may know."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from causaray.errors import BadInput
from causaray.vocabulary import NAMES, NORMAL, SIDES

READER, SET = "reader", "set.json"
UNSIDED = (*(NORMAL, "Cardiomegaly", "Enlarged Cardiomediastinum", "Edema", "Emphysema", "Support Devices", "Hernia"),)
"""Findings of which no side is asked."""
NOTICE = (
    "This set contains synthetic images among radiographs of patients, and they are not marked, because readers must "
    "not know which is which. For the study alone: do not pass the images on, and never use them for diagnosis."
)


@dataclass(frozen=True)
class ReaderSet:
    """A set as a reader sees it.

    Attributes:
        folder: where the images lie.
        id: tells this set from others.
        images: file names, in the order in which they are read.
        choices: the findings to choose from, each with the sides to choose from, none for what has no side.
    """

    folder: Path
    id: str
    images: tuple[str, ...]
    choices: Mapping[str, tuple[str, ...]]

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Read set.json of a set, or of its folder reader/ alone. Raises BadInput when there is none."""
        path = Path(path)
        folder = path / READER if (path / READER).is_dir() else path
        try:
            said = json.loads((folder / SET).read_text(encoding="utf-8"))
            choices = {name: tuple(sides) for name, sides in said["findings"].items()}
            made = cls(folder, said["set"], tuple(said["images"]), choices)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInput(f"{path} is no reading set; name a folder made by `causaray reading make`.") from error
        lost = [name for name in made.images if not (folder / name).is_file()]
        if lost:
            raise BadInput(f"{folder / lost[0]} is named in {SET} but is not there; copy the folder {READER} whole.")
        return made

    def write(self, side: int) -> None:
        """Write set.json and a notice beside the images, which are `side` pixels wide and high."""
        said = {"set": self.id, "notice": NOTICE, "side": side, "images": self.images, "findings": self.choices}
        (self.folder / SET).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
        (self.folder / "README.txt").write_text(NOTICE + "\n", encoding="utf-8")


def choices(findings: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """What a reader may choose: no finding, and the findings, in the order of NAMES, with their sides."""
    asked = {NORMAL, *findings}
    return {name: () if name in UNSIDED else SIDES for name in NAMES if name in asked}
