"""The signs by which a finding is known on a film, measured where it was asked for."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from torch import Tensor

from causaray.anatomy.reader import AnatomyReader, Reading, resized
from causaray.anatomy.signs import SIDES, Signs, measure
from causaray.finding import Finding

Sign = Callable[[Signs, Sequence[int]], float]
"""The signs of a film and the numbers of the sides asked for (of SIDES) -> one figure, NaN where it is not known."""


def _mean(values: Sequence[float] | None, sides: Sequence[int]) -> float:
    return float(np.mean([values[i] for i in sides])) if values else float("nan")


def _opacity(signs: Signs, sides: Sequence[int]) -> float:
    return _mean([float(np.mean(zones)) for zones in signs.opacity], sides) if signs.opacity else float("nan")


def _lower_opacity(signs: Signs, sides: Sequence[int]) -> float:
    return _mean([zones[2] for zones in signs.opacity], sides) if signs.opacity else float("nan")


def _heart(signs: Signs, sides: Sequence[int]) -> float:
    return float("nan") if signs.cardiothoracic_ratio is None else signs.cardiothoracic_ratio


HEART = "cardiothoracic_ratio"
MEASURES: Mapping[str, Sign] = {
    HEART: _heart,
    "angle_blunting": lambda signs, sides: _mean(signs.angle_blunting, sides),
    "lower_opacity": _lower_opacity,
    "lucency": lambda signs, sides: _mean(signs.lucency, sides),
    "opacity": _opacity,
}
SIGNS: Mapping[str, tuple[str, ...]] = {
    "Cardiomegaly": (HEART,),
    "Pleural Effusion": ("angle_blunting", "lower_opacity"),
    "Pneumothorax": ("lucency",),
    **dict.fromkeys(
        ("Consolidation", "Pneumonia", "Atelectasis", "Edema", "Lung Opacity", "Infiltration"), ("opacity",)
    ),
}
"""Finding -> the signs that grow with it."""


class SignReader:
    """Measures images of the same films, whose coordinates are read once, of the films as they were before any edit."""

    def __init__(self, reader: AnatomyReader, films: Tensor) -> None:
        self.reader = reader
        self.reading: Reading = reader.read(films)

    def left_half(self, size: int) -> Tensor:
        """1 on the patient's left of the midline of each film, 0 on the right: (n, 1, size, size)."""
        return self.reading.place.resized(size, size).left_half

    def measure(self, images: Tensor, requests: Sequence[Finding]) -> dict[str, np.ndarray]:
        """Sign -> its value (n,) on images (n, 1, S, S), on the side asked for, or of both sides.

        NaN for findings without that sign, and for what cannot be read. A heart is measured where it lies in the image,
        all else where the film has its lungs.
        """
        found = {sign: np.full(len(requests), np.nan) for sign in MEASURES}
        small = resized(images, self.reader.size)
        for i, request in enumerate(requests):
            if names := SIGNS.get(request.name, ()):
                signs, sides = self._signs(small[i : i + 1], i, names), sides_of(request)
                for name in names:
                    found[name][i] = MEASURES[name](signs, sides) if signs else np.nan
        return found

    def _signs(self, image: Tensor, i: int, names: Sequence[str]) -> Signs | None:
        if HEART not in names:
            return measure(image, self.reading.place.rows([i])) if self.reading.readable(i) else None
        anew = self.reader.read(image)
        return anew.signs(0) if anew.readable(0) else None


def sides_of(request: Finding) -> list[int]:
    """The numbers, of SIDES, of the sides asked for; both where none is."""
    return [SIDES.index(request.side)] if request.side in SIDES else [0, 1]
