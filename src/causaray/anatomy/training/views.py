"""How a film is altered so that a net trained on drawn chests reads real ones: pose, exposure, processing."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.anatomy.coordinates import Coordinates, mirrored
from causaray.anatomy.shapes import ramp, smooth_minimum, stroke
from causaray.nets.blocks import standardise
from causaray.nets.guide import blur


def altered(images: Tensor, sheets: Tensor) -> tuple[Tensor, Tensor]:
    """Images (B, 1, S, S) in [0, 1] and their coordinates (B, C, S, S) under one random pose, the images processed.

    The images come back standardised. A mirrored film has its sides exchanged, as the net cannot tell it from one that
    was never mirrored.
    """
    grid = _pose(len(images), images.shape[-1])
    images, sheets = (F.grid_sample(x, grid, padding_mode="border", align_corners=False) for x in (images, sheets))
    turned = torch.rand(len(images)) < 0.5
    images = torch.where(turned.view(-1, 1, 1, 1), images.flip(3), images)
    sheets = torch.where(turned.view(-1, 1, 1, 1), mirrored(sheets), sheets)
    return standardise(_framed(_patched(_degraded(_processed(images))))), sheets


def overlaid(images: Tensor, sheets: Tensor) -> Tensor:
    """Phantoms (B, 1, S, S) in [0, 1] with what real chests have beside: a first rib about the apex, gas in the bowel.

    Without them a net takes the first rib for the top of the lung, and gas under the left dome for lung.
    """
    place = Coordinates.of(sheets)
    n, size = len(images), images.shape[-1]

    def within(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(n, 1, 1, 1)

    inside = smooth_minimum((0.965 - place.t) * 0.69, 0.85 * place.apex, 0.05)
    rib = stroke(inside - within(-0.02, 0.1), within(0.012, 0.028), 0.025) * ramp(within(0.1, 0.4) - place.apex, 0.1)
    spots = ramp(field(n, size, 12) - within(0.6, 1.6), 0.5) * ramp(place.below - 0.03, 0.05) * ramp(1 - place.t, 0.2)
    haze = field(n, size, 6).clamp(min=0) * place.lungs
    change = within(0, 1.1) * rib - within(-0.6, 1.6).clamp(min=0) * spots + within(-0.5, 0.7).clamp(min=0) * haze
    return torch.sigmoid(torch.logit(images.clamp(1e-3, 1 - 1e-3)) + change)


def field(n: int, size: int, cells: int) -> Tensor:
    """Smooth random fields (n, 1, size, size) of about unit variance, `cells` bumps a side."""
    return F.interpolate(torch.randn(n, 1, cells, cells), size=(size, size), mode="bicubic", align_corners=False)


def _pose(n: int, size: int) -> Tensor:
    """A grid (n, S, S, 2): turned, enlarged, stretched, shifted, and bent a little."""
    angle, zoom, aspect = torch.randn(n) * 0.1, (torch.randn(n) * 0.15 + 0.01).exp(), (torch.randn(n) * 0.12).exp()
    cos, sin = angle.cos() * zoom, angle.sin() * zoom
    rows = (cos * aspect, -sin, torch.randn(n) * 0.08), (sin, cos / aspect, torch.randn(n) * 0.12)
    move = torch.stack([torch.stack(row, 1) for row in rows], 1)
    bend = torch.cat([field(n, size, 4), field(n, size, 4)], 1) * 0.025
    return F.affine_grid(move, [n, 1, size, size], align_corners=False) + bend.permute(0, 2, 3, 1)


def _processed(x: Tensor) -> Tensor:
    """Another exposure and slow shading; in a third of the films local contrast is raised, as stations do."""
    n, _, size, _ = x.shape
    contrast, exposure = (torch.randn(n, 1, 1, 1) * 0.35).exp(), torch.randn(n, 1, 1, 1) * 0.8
    shading = field(n, size, 3) * 0.5 * torch.rand(n, 1, 1, 1)
    x = torch.sigmoid(torch.logit(x.clamp(1e-3, 1 - 1e-3)) * contrast + exposure + shading)
    raised = (torch.rand(n) < 0.35).view(-1, 1, 1, 1)
    local = (x - blur(x, size * (0.06 + 0.1 * float(torch.rand(()))))) * 2.5 * torch.rand(n, 1, 1, 1) + x * 0.5
    return torch.where(raised, local, x)


def _degraded(x: Tensor) -> Tensor:
    n, _, size, _ = x.shape
    if torch.rand(()) < 0.5:
        x = blur(x, 0.4 + 1.2 * float(torch.rand(())))
    grain = 0.03 * torch.rand(n, 1, 1, 1) * torch.randn_like(x)
    return x + grain + field(n, size, size // 4) * 0.03 * torch.rand(n, 1, 1, 1)


def _patched(x: Tensor) -> Tensor:
    """Up to two boxes a film, as labels and devices are: lighter or darker."""
    size = x.shape[-1]
    for image in x:
        for _ in range(int(torch.randint(0, 3, ()))):
            height, width = (int(v) for v in torch.randint(3, size // 7, (2,)))
            top, left = (int(v) for v in torch.randint(0, size - size // 7, (2,)))
            image[0, top : top + height, left : left + width] += float(torch.randn(())) * 0.3
    return x


def _framed(x: Tensor) -> Tensor:
    """In a third of the films a white or black border on one or two opposite sides, as of letterboxing."""
    size, edge = x.shape[-1], math.nan
    for image in x:
        if torch.rand(()) > 0.35:
            continue
        width, edge = int(torch.randint(1, size // 7, ())), float(torch.rand(()) < 0.25) + 0.1 * float(torch.rand(()))
        both, across = torch.rand(()) < 0.6, torch.rand(()) < 0.5
        view = image[0].T if across else image[0]
        view[:width] = edge
        if both:
            view[-width:] = edge
    return x
