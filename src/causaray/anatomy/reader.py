"""The net of coordinates at work: it reads a frontal film, and says how far its reading is to be trusted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Self

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from causaray import weightfiles
from causaray.anatomy.coordinates import MASKS, SHEETS, Coordinates, mirrored
from causaray.anatomy.shapes import ramp
from causaray.anatomy.signs import Signs, measure
from causaray.errors import BadInput
from causaray.nets.blocks import standardise
from causaray.nets.guide import blur
from causaray.nets.unet import UNet
from causaray.scan import Scan

SHIPPED, METHOD = "anatomy-128", "anatomy"
_SHIFT = 4
"""Pixels by which the second view of a film is shifted."""
FEW, RECENT = 4, 8
"""So few films are each looked up among those that were read last: an edit reads the same film three times."""


@dataclass(frozen=True, eq=False)
class Reading:
    """Coordinates of n films at the net's own size, and how much its two views of each disagree.

    `doubt` (n,) is in [0, 1]: 0 where both views, and the lungs and the coordinates, agree to the pixel. Above `limit`
    a film cannot be read.
    """

    films: Tensor
    place: Coordinates
    doubt: Tensor
    limit: float

    def signs(self, i: int) -> Signs:
        """The signs of film i."""
        return measure(self.films[i : i + 1], self.place.rows([i]))

    def readable(self, i: int) -> bool:
        """Whether the reading of film i is to be believed."""
        return float(self.doubt[i]) <= self.limit


@dataclass(frozen=True, eq=False)
class AnatomyReader:
    """Reads films; made by `AnatomyReader.load`. `size` is the side at which it looks."""

    net: UNet
    size: int
    limit: float
    digest: str

    @classmethod
    def load(cls, folder: str | Path = SHIPPED) -> Self:
        """Read a weights folder, or the shipped weights of that name: those, once for all who ask.

        Raises BadInput when it holds no such net.
        """
        return cls._shipped() if folder == SHIPPED else cls._of(weightfiles.find(folder))

    @classmethod
    @cache
    def _shipped(cls) -> Self:
        return cls._of(weightfiles.find(SHIPPED))

    @classmethod
    def _of(cls, folder: Path) -> Self:
        config = weightfiles.config(folder)
        try:
            if config["method"] != METHOD or tuple(config["sheets"]) != SHEETS:
                raise KeyError(METHOD)
            net = UNet(len(SHEETS), config["widths"])
            net.load_state_dict({k: v.float() for k, v in load_file(folder / weightfiles.MODEL).items()})
        except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
            raise BadInput(f"{folder} holds no net of anatomy; train one, or name another.") from error
        net = net.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return cls(net, int(config["size"]), float(config["limit"]), weightfiles.digest(folder))

    def read(self, images: Tensor, batch: int = 16) -> Reading:
        """Films (n, 1, S, S) in [0, 1], square, of any resolution; a film is read as it would be alone."""
        films = resized(images, self.size)
        parts = [self._recent(film.numpy().tobytes()) for film in films] if len(films) <= FEW else []
        sheets, doubts = zip(*(parts or map(self._read, films.split(batch))), strict=True)
        return Reading(films, Coordinates.of(torch.cat(sheets)), torch.cat(doubts), self.limit)

    @cached_property
    def _recent(self) -> Callable[[bytes], tuple[Tensor, Tensor]]:
        """`_read` of one film, given as its bytes; what was read last is not read again."""

        def read(film: bytes) -> tuple[Tensor, Tensor]:
            pixels = torch.frombuffer(bytearray(film), dtype=torch.float32)
            return self._read(pixels.view(1, 1, self.size, self.size))

        return lru_cache(RECENT)(read)

    def read_scans(self, scans: Sequence[Scan]) -> Reading:
        """The same of scans of any shape, letterboxed."""
        return self.read(torch.stack([torch.from_numpy(scan.square(self.size).pixels)[None] for scan in scans]))

    @torch.inference_mode()
    def _read(self, films: Tensor) -> tuple[Tensor, Tensor]:
        straight = self._sheets(films)
        moved = F.pad(films, (_SHIFT, 0, _SHIFT, 0), mode="replicate")[..., : self.size, : self.size]
        other = mirrored(self._sheets(moved.flip(3)))
        back = F.pad(other, (0, _SHIFT, 0, _SHIFT), mode="replicate")[..., _SHIFT:, _SHIFT:]
        both = (straight + back) / 2
        return both, disagreement(straight, back, both).maximum(not_dark(films, Coordinates.of(both)))

    def _sheets(self, films: Tensor) -> Tensor:
        return activated(self.net(standardise(films).contiguous(memory_format=torch.channels_last)).contiguous())


def activated(made: Tensor) -> Tensor:
    """What the net gives (n, C, S, S) as sheets: masks in [0, 1], places smoothed, as they vary smoothly."""
    masks, places = made[:, : len(MASKS)].sigmoid(), made[:, len(MASKS) :]
    n, count = places.shape[:2]
    smooth = blur(places.reshape(n * count, 1, *places.shape[2:]), 1.0).view_as(places)
    return torch.cat([masks, smooth], 1)


def resized(images: Tensor, size: int) -> Tensor:
    """Square images (n, 1, S, S) at another side, smoothed when they shrink."""
    if images.shape[-1] == size:
        return images.float()
    return F.interpolate(images.float(), size=(size, size), mode="bilinear", antialias=True).clamp(0, 1)


def disagreement(one: Tensor, other: Tensor, both: Tensor) -> Tensor:
    """How far two readings, and the lungs and coordinates of their mean, are from saying the same: (n,) in [0, 1].

    The greater of two: one less the Dice coefficient of each lung in either reading, and the same between the lungs
    and the part of the chest that by the coordinates is lung.
    """
    place = Coordinates.of(both)
    by_place = ramp(0.965 - place.t, 0.03) * ramp(-place.below, 0.03) * ramp(place.apex, 0.05)
    inner = place.x.abs() > 0.14
    views = torch.maximum(*(1 - dice(one[:, i], other[:, i]) for i in (0, 1)))
    return torch.maximum(views, 1 - dice((place.lungs * inner)[:, 0], (by_place * inner)[:, 0]))


def not_dark(films: Tensor, place: Coordinates) -> Tensor:
    """1 for each film (n, 1, S, S) whose lungs are no darker than soft tissue, as of inverted ones, else 0: (n,)."""
    lung, solid = place.aerated > 0.7, (place.heart > 0.7) | ((place.below > 0.06) & (place.t < 0.7))

    def mean(where: Tensor) -> Tensor:
        return (films * where).sum((1, 2, 3)) / where.sum((1, 2, 3)).clamp(min=1)

    return (mean(lung) > mean(solid) - 0.02).float()


def dice(one: Tensor, other: Tensor) -> Tensor:
    """Dice coefficient of masks (n, H, W), which are where they exceed a half: (n,)."""
    one, other = (x > 0.5 for x in (one, other))
    return 2 * (one & other).sum((1, 2)) / (one.sum((1, 2)) + other.sum((1, 2))).clamp(min=1)
