"""Films as the net of coordinates reads them, with a sentence about each that cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from torch import Tensor

from causaray import weightfiles
from causaray.anatomy.reader import SHIPPED, AnatomyReader, Reading
from causaray.anatomy.signs import SIDES
from causaray.classifiers.judge import Judge
from causaray.evaluation.ood.mahalanobis import Typical
from causaray.scan import Scan

TYPICAL_OF = "cxr-128"
"""Weights beside which it is written what ordinary frontal films are like."""
ADVICE = "give an upright frontal radiograph of the whole chest, with bright bones"
_UNLIKE, _DOUBTFUL = 1.15, 0.25
"""A film so many limits from ordinary ones is not read when its doubt is above this share of the limit of doubt, too:
phantoms and films of other hospitals are unlike but certain, turned and inverted films are unlike and doubtful."""
_SURER = 0.6
"""A film whose negative is read with so much less doubt is taken for inverted."""
_BLACK, _BLACK_SHARE = 0.01, 0.2
"""Grey value below which a pixel is black, and the share of a lung that is not black on any film but a cut one."""


@dataclass(frozen=True, eq=False)
class FilmReader:
    """The net of coordinates, and what ordinary films are like, where that is known for this judge."""

    anatomy: AnatomyReader
    typical: Typical | None = None

    @classmethod
    def load(cls, judge: Judge | None = None, weights: str | Path = SHIPPED) -> Self:
        """By the net of a weights folder, and the judge that ships. Raises BadInput when one cannot be read."""
        known = {folder.name: folder for folder in weightfiles.shipped()}
        judge = judge or Judge.load()
        typical = Typical.load(known[TYPICAL_OF], judge) if TYPICAL_OF in known else None
        anatomy = AnatomyReader.load(weights)
        return cls(anatomy, typical)

    def read(self, scans: Sequence[Scan]) -> Reading:
        """The coordinates of scans of any shape, read as one batch."""
        return self.anatomy.read_scans(scans)

    def faults(self, reading: Reading, rows: Sequence[int]) -> list[str | None]:
        """Why each of some films cannot be read, to follow a name for it ("The film"), or None where it can."""
        shares = self._distances(reading.films[list(rows)])
        return [self._fault(reading, i, share) for i, share in zip(rows, shares, strict=True)]

    def _distances(self, films: Tensor) -> list[float]:
        """How far films (n, 1, S, S) are from ordinary ones, in limits; 0 where that is not known."""
        if self.typical is None or not len(films):
            return [0.0] * len(films)
        features = self.typical.extract(films).numpy()
        return [float(distance) / self.typical.limit for distance in self.typical.distance(features)]

    def _doubt_inverted(self, reading: Reading, i: int) -> float:
        """The doubt with which the negative of film i is read."""
        return float(self.anatomy.read(1 - reading.films[i : i + 1]).doubt[0])

    def _fault(self, reading: Reading, i: int, distance: float) -> str | None:
        doubt = float(reading.doubt[i])
        if doubt > reading.limit:
            return f"shows no chest that can be read (doubt {doubt:.2f}, the limit is {reading.limit:.2f}); {ADVICE}."
        if (cut := cut_off(reading, i)) is not None:
            side, share = cut
            return f"is black over {share:.0%} of the {side} lung, as if cut off or masked; {ADVICE}."
        if doubt > _DOUBTFUL * reading.limit and self._doubt_inverted(reading, i) < _SURER * doubt:
            return f"looks like an inverted film, of which the negative is read more surely; {ADVICE}."
        if distance > _UNLIKE and doubt > _DOUBTFUL * reading.limit:
            return f"is unlike frontal chest radiographs, as turned, inverted and partial ones are; {ADVICE}."
        return None


def cut_off(reading: Reading, i: int) -> tuple[str, float] | None:
    """The side of which more of the lung is black than on any whole film, and how much; None where none is."""
    place = reading.place.rows([i])
    for side in SIDES:
        lung = reading.films[i : i + 1][getattr(place, side) > 0.5]
        share = float((lung < _BLACK).float().mean()) if lung.numel() else 0.0
        if share > _BLACK_SHARE:
            return side, share
    return None


def open_films(judge: Judge) -> FilmReader | None:
    """What reads films where the weights for it ship, else None."""
    ships = SHIPPED in {folder.name for folder in weightfiles.shipped()}
    return FilmReader.load(judge) if ships else None
