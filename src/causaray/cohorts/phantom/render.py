"""From the values of the model to the image: attenuation along each ray, posture, exposure, blur and noise."""

import numpy as np
import torch
from torch import Tensor

from causaray.anatomy.shapes import ramp
from causaray.cohorts.phantom import devices, vessels
from causaray.cohorts.phantom.bones import bones, ribs
from causaray.cohorts.phantom.drawing import Frame, canvas, posture
from causaray.cohorts.phantom.exogenous import Draws, draw_noise, draw_tissue, draw_vessels
from causaray.cohorts.phantom.lesions import lesions
from causaray.cohorts.phantom.model import Values
from causaray.cohorts.phantom.thorax import airways, belly, body, heart, stomach, thorax

_BATCH_PIXELS = 2**17  # drawn at once: so much stays in the cache of a core
_OCTAVES = (4, 8, 16, 32, 64)
TISSUE = (sum(side**2 for side in _OCTAVES),)
"""Shape of the draws of `unevenness`."""


def render(values: Values, draws: Draws, seed: int, indices: np.ndarray, size: int) -> Tensor:
    """The radiographs (n, 1, size, size) of phantoms with these values, float32 in [0, 1], bone bright.

    An image depends on the values, draws, seed and index of its own phantom alone.
    """
    images = torch.empty(len(indices), 1, size, size)
    for part in batches(len(indices), size):
        images[part, 0] = _render(part_of(values, part), part_of(draws, part), seed, indices[part], size)
    return images


def regions(values: Values, draws: Draws, size: int) -> dict[str, Tensor]:
    """Boolean (n, 1, size, size): "right lung", "left lung" (each with the heart before it) and "heart"."""
    n = len(values["age"])
    found = {name: torch.empty(n, 1, size, size, dtype=torch.bool) for name in ("right lung", "left lung", "heart")}
    for part in batches(n, size):
        frame = canvas(part_of(values, part), part_of(draws, part), size)
        chest, core = thorax(frame), heart(frame)
        sheets = (chest.field * (frame.x < 0), chest.field * (frame.x > 0), core * (1 - belly(frame, chest)))
        for name, sheet in zip(found, sheets, strict=True):
            found[name][part, 0] = posture(frame, sheet, size) > 0.5
    return found


def batches(n: int, size: int) -> list[slice]:
    """So many phantoms of n at a time that what is drawn of them stays in the cache of a core."""
    step = max(1, _BATCH_PIXELS // size**2)
    return [slice(start, start + step) for start in range(0, n, step)]


def part_of(table: Values, part: slice) -> Values:
    """The rows of a part."""
    return {name: column[part] for name, column in table.items()}


@torch.inference_mode()
def _render(values: Values, draws: Draws, seed: int, indices: np.ndarray, size: int) -> Tensor:
    frame = canvas(values, draws, size)
    tree = vessels.draw_trees(frame, vessels.grow(draw_vessels(seed, indices, vessels.SHAPE)))
    tissue = unevenness(draw_tissue(seed, indices, TISSUE), frame.x.shape[-1])
    shadow = posture(frame, attenuation(frame, tree, tissue), size)
    return expose(frame, shadow, torch.from_numpy(draw_noise(seed, indices, size)))


def unevenness(draws: np.ndarray, size: int) -> Tensor:
    """Smooth random fields (n, size, size) of about unit variance: octave by octave, each finer one weaker."""
    drawn, first = torch.from_numpy(draws), 0
    field = torch.zeros(len(draws), 1, 2, 2)
    for side in _OCTAVES:
        octave = drawn[:, first : first + side**2].view(-1, 1, side, side)
        field = _resized(field, side) + octave * 1.6 * (2 / side)
        first += side**2
    return _resized(field, size)[:, 0]


def _resized(field: Tensor, side: int) -> Tensor:
    return torch.nn.functional.interpolate(field, size=(side, side), mode="bilinear", align_corners=False)


def attenuation(frame: Frame, tree: Tensor, tissue: Tensor) -> Tensor:
    """Attenuation (n, M, M) along each ray through the canvas: 0 in free air, about 1 through the belly."""
    chest = thorax(frame)
    lesion = lesions(frame, chest, ribs(frame, chest), tissue)
    trunk, below, core = body(frame), belly(frame, chest), heart(frame)
    air = chest.air * (frame.sided("aeration") * (1 + 0.2 * lesion.empty)) * (1 - lesion.airless) * (1 - 0.85 * core)
    markings = tree * chest.field * (1 - lesion.empty) * (1 - lesion.fluid) * (1 - 1.6 * lesion.filled)
    dense = markings * (1 - 0.7 * core) + lesion.solid + bones(frame, chest, lesion.ribs) + lesion.bruise
    dense += 0.02 * tissue - 0.18 * airways(frame)
    heavy = torch.maximum(0.16 * below, 0.15 * torch.maximum(core * (1 - below), lesion.fluid * chest.field))
    inside = ramp(trunk - 0.05, 0.1)
    total = (
        trunk
        + heavy
        - 0.2 * stomach(frame, chest)
        + inside * dense
        - air * (0.5 - 0.02 * tissue)
        + devices.metal(frame)
    )
    return total.clamp_(min=0)


def expose(frame: Frame, shadow: Tensor, noise: Tensor) -> Tensor:
    """The film (n, size, size) in [0, 1]: grained by the photons that come through, windowed, collimated, marked."""
    size = shadow.shape[-1]
    grain = 0.0025 * (0.3 * frame.drawn("quanta")).exp() * (0.9 * shadow).exp()
    film = _window(shadow + grain * noise, frame) * devices.collimation(frame, size)
    return torch.maximum(film, 0.95 * devices.marker(frame, size)).clamp_(0, 1)


def _window(attenuation: Tensor, frame: Frame) -> Tensor:
    """The display curve of a radiograph: a sigmoid of the logarithm of the dose, black where nothing attenuates."""
    middle = 0.52 - 0.08 * frame.drawn("brightness")
    slope = 3.0 * (0.2 * frame.drawn("contrast")).exp()
    black, white = torch.sigmoid(-slope * middle), torch.sigmoid(slope * (1.55 - middle))
    return (torch.sigmoid(slope * (attenuation - middle)) - black) / (white - black)
