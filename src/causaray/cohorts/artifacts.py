"""What is on a film and is no disease: a pacemaker, the letter of the side, and changes of a given size.

Images are (N, 1, S, S) in [0, 1], bone bright, the patient's left at the image's right. What is drawn into an image
depends on the seed and its row alone.
"""

import math

import torch
from torch import Tensor

from causaray.cohorts.phantom.devices import generator, letter, path

OPAQUE = 6.0
"""How much darker than bone metal is: the share of the light that passes is exp(-OPAQUE * attenuation)."""
WIRE = 0.009
"""Half the width of a lead, in half image sides."""
JITTER = 0.04
"""Deviation of the place of a device between images, in half image sides."""
CORNER = 0.2
"""Side of the corner that a letter stands in, as a share of the image's."""
WIDE = 0.17
"""Deviation of the envelope of a patch, as a share of the image's side."""
HALVINGS = 20


def with_pacemaker(images: Tensor, seed: int) -> Tensor:
    """The same films of patients with a pacemaker: a can under the left clavicle, and a lead into the right heart."""
    size = images.shape[-1]
    sheets = []
    for row in range(len(images)):
        shift = JITTER * torch.randn(2, generator=_generator(seed, row))
        sheets.append(_pacemaker(size, float(shift[0]), float(shift[1])))
    passing = torch.exp(-OPAQUE * torch.stack(sheets))[:, None]
    return 1 - (1 - images) * passing


def blank_corners(images: Tensor) -> Tensor:
    """The same films with both upper corners filled by their median, so that no letter stands there."""
    filled, side = images.clone(), _corner(images)
    for columns in (slice(0, side), slice(images.shape[-1] - side, None)):
        corner = images[..., :side, columns]
        filled[..., :side, columns] = corner.flatten(1).median(1).values[:, None, None, None]
    return filled


def with_letter(images: Tensor, name: str, at_left: bool) -> Tensor:
    """The same films with the letter `name`, "L" or "R", in the corner at the patient's left, or at the right."""
    size = images.shape[-1]
    glyph = letter(name, max(size / 100, 1))
    height, width = glyph.shape
    inset = (_corner(images) - width) // 2
    left = size - inset - width if at_left else inset
    marked = images.clone()
    place = marked[..., inset : inset + height, left : left + width]
    place.copy_(torch.maximum(place, 0.95 * glyph))
    return marked


def equal_change(images: Tensor, change: Tensor, seed: int) -> Tensor:
    """The images with a patch of blurred noise somewhere, of as large a change as `change` (N, 1, S, S) is.

    As large is the mean absolute change of grey values; where it takes more than the grey range allows, the most that
    is possible. The place of the patch is drawn, so it knows no anatomy.
    """
    pattern = torch.stack([_patch(images.shape[-1], seed, row) for row in range(len(images))])[:, None]
    wanted = change.abs().mean((1, 2, 3), keepdim=True)
    low, high = torch.zeros_like(wanted), torch.full_like(wanted, 64.0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        enough = ((images + middle * pattern).clamp(0, 1) - images).abs().mean((1, 2, 3), keepdim=True) >= wanted
        low, high = torch.where(enough, low, middle), torch.where(enough, middle, high)
    return torch.where(wanted > 0, (images + high * pattern).clamp(0, 1), images)


def _corner(images: Tensor) -> int:
    return math.ceil(CORNER * images.shape[-1])


def _pacemaker(size: int, right: float, down: float) -> Tensor:
    """Attenuation (size, size), moved by so many half image sides."""
    y, x = _grid(size)
    x, y = x - right, y - down
    wire = torch.from_numpy(path("lead", 3 * size)).float()
    pixels = torch.stack(torch.broadcast_tensors(x, y), -1).view(-1, 2)
    away = torch.cdist(pixels, wire).amin(1).view(size, size)
    width = max(WIRE, 1 / size)
    return torch.maximum(generator(x, y), 0.35 * torch.exp(-(away / width).square()))


def _patch(size: int, seed: int, row: int) -> Tensor:
    """Smooth noise (size, size) below a bump at a place that is drawn."""
    drawn = _generator(seed, row)
    coarse = torch.randn(1, 1, max(4, size // 8), max(4, size // 8), generator=drawn)
    noise = torch.nn.functional.interpolate(coarse, size=(size, size), mode="bicubic")[0, 0]
    centre = 0.6 * (2 * torch.rand(2, generator=drawn) - 1)
    y, x = _grid(size)
    away2 = (y - centre[0]).square() + (x - centre[1]).square()
    return noise * torch.exp(-away2 / (2 * (2 * WIDE) ** 2))


def _grid(size: int) -> tuple[Tensor, Tensor]:
    """y (size, 1) and x (1, size) of the pixels' centres, in half image sides from the middle."""
    axis = (torch.arange(size) + 0.5) * 2 / size - 1
    return axis[:, None], axis[None, :]


def _generator(seed: int, row: int) -> torch.Generator:
    return torch.Generator().manual_seed(1_000_003 * seed + row)
