"""The editor that draws: it adds findings by their mechanisms, at the film's own resolution, and learns nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.anatomy.coordinates import Coordinates
from causaray.anatomy.drawing import DRAWABLE, Drawn, Lesion, draw
from causaray.anatomy.reader import SHIPPED, AnatomyReader, Reading
from causaray.anatomy.requests import PATCHES, lesions
from causaray.anatomy.signs import SIDES, Signs, measure
from causaray.editors.edit import Edit, EditRequest
from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.findings import Findings
from causaray.scan import letterbox

METHOD = "drawn"
_WHITE, _BLUNT, _LARGE = 0.75, 0.95, 0.6
"""Opacity of a lung, blunting of an angle, and cardiothoracic ratio from which on nothing more is drawn there."""


@dataclass(frozen=True, eq=False)
class DrawnEdit(Edit):
    """The films, and what is drawn on them: (B, 1, H, W) in [0, 1]; `share` of each pixel is the findings'."""

    share: Tensor


@dataclass(frozen=True, eq=False)
class DrawnEditor:
    """Draws on films of any size by their anatomy. It adds findings and takes none away."""

    reader: AnatomyReader
    name: str = SHIPPED

    names = tuple(sorted((*DRAWABLE, *PATCHES)))

    @classmethod
    def load(cls, folder: str | Path = SHIPPED) -> Self:
        """By the net of coordinates of a weights folder. Raises BadInput when it holds none."""
        reader = AnatomyReader.load(folder)
        return cls(reader, Path(folder).name)

    @property
    def digest(self) -> str:
        """SHA-256 of the weights of the net of coordinates."""
        return self.reader.digest

    def reconstruct(self, images: Tensor) -> Tensor:
        """The films themselves: what is not drawn on is not touched."""
        return images

    def check(self, request: Finding) -> None:
        """Raises BadInput for a finding that cannot be drawn, whatever the film."""
        lesions(Findings([request]), 0)

    def edit(self, images: Tensor, request: EditRequest) -> DrawnEdit:
        """Films (B, 1, H, W) in [0, 1] with the request drawn, each as it would be alone; strength 0 gives the input.

        Raises BadInput for what cannot be drawn, a film that cannot be read, and a finding that is there already and
        severe.
        """
        if not 0 <= request.strength <= 1:
            raise BadInput(f"The strength of an edit is between 0 and 1, not {request.strength}.")
        seed = request.first_seed
        asked = lesions(request.findings, seed, request.strength, request.support_device)
        if not asked:
            return DrawnEdit(images, images.clone(), torch.zeros_like(images))
        reading = self.read(images)
        drawn = [self.draw_on(images[i : i + 1], reading, i, asked, seed) for i in range(len(images))]
        made = torch.cat([one.film for one in drawn])
        return DrawnEdit(images, request.confined(made, images), torch.cat([one.share for one in drawn]))

    def read(self, images: Tensor) -> Reading:
        """The coordinates of films (B, 1, H, W), letterboxed, read as one batch."""
        return self.reader.read(squared(images, self.reader.size))

    def draw_on(self, film: Tensor, reading: Reading, i: int, asked: list[Lesion], seed: int) -> Drawn:
        """Lesions on a film (1, 1, H, W) of which reading i is. Raises BadInput as `edit`."""
        if not reading.readable(i):
            raise BadInput(
                f"No chest can be read in the film (doubt {float(reading.doubt[i]):.2f}, limit {reading.limit:.2f}); "
                "give an upright frontal radiograph of the whole chest."
            )
        place = reading.place.rows([i])
        check_room(measure(reading.films[i : i + 1], place, with_lucency=False), asked)
        return draw(film, unsquared(place, *film.shape[-2:]), asked, seed)


def check_room(signs: Signs, asked: list[Lesion]) -> None:
    """Raises BadInput where a lesion is there already and severe, or its lung holds no air to draw in."""
    for lesion in asked:
        if lesion.name == "Cardiomegaly" and (signs.cardiothoracic_ratio or 0) > _LARGE:
            raise BadInput(f"The heart is large already (cardiothoracic ratio {signs.cardiothoracic_ratio:.2f}).")
        for side in lesion.sides if lesion.name != "Support Devices" else ():
            i = SIDES.index(side)
            zones = signs.opacity[i] if signs.opacity else (0.0, 0.0, 0.0)
            if sum(zones) / 3 > _WHITE:
                raise BadInput(f"The {side} lung holds too little air to draw {lesion.name.lower()} in.")
            if lesion.name == "Pleural Effusion" and zones[2] > _WHITE and signs.angle_blunting[i] > _BLUNT:  # type: ignore[index]
                raise BadInput(f"The base of the {side} lung is opaque already; an effusion there would not be seen.")


def squared(film: Tensor, size: int) -> Tensor:
    """Films (B, 1, H, W) letterboxed to (B, 1, size, size), as `Scan.square` does."""
    (height, width), (top, left) = letterbox(film.shape[-2], film.shape[-1], size)
    small = film
    if (height, width) != tuple(film.shape[-2:]):
        small = F.interpolate(film, size=(height, width), mode="bicubic", antialias=True, align_corners=False).clamp(
            0, 1
        )
    return F.pad(small, (left, size - width - left, top, size - height - top))


def unsquared(place: Coordinates, height: int, width: int) -> Coordinates:
    """Of the coordinates of a letterboxed film (1, 1, S, S) the part that is film."""
    (rows, columns), (top, left) = letterbox(height, width, place.t.shape[-1])
    return Coordinates.of(place.sheets()[..., top : top + rows, left : left + columns])
