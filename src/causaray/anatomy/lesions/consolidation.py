"""Consolidation: alveoli filled, in a lobe that ends at its fissures, or in a zone without sharp borders."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from causaray.anatomy.lesions.chest import Chest, Severity, as_tensor, present
from causaray.anatomy.shapes import ramp

MINOR_FISSURE = 0.5
"""Where the minor fissure lies on the way down the right lung."""


def upper_lobe(chest: Chest, lean: float = 0.0) -> Tensor:
    """Right: above the minor fissure, a sharp and nearly level border. Left: no such border, fading at the lingula.

    `lean` in [-1, 1] says how high the fissure stands and how it is tilted: its middle is drawn up where the lobe has
    lost volume (1).
    """
    fissure = _fissure(chest, lean)
    sharp = 0.05 + 0.18 * ramp(0.3 * chest.grain - chest.tissue, 1.6)  # where the lobe reaches the fissure
    right = ramp(fissure + 0.012 * chest.tissue - 0.3 * (sharp - 0.05) - chest.depth, sharp)
    left = ramp(0.62 - chest.depth + 0.06 * chest.tissue, 0.4)
    return torch.where(chest.x > 0, left, right)


def middle_lobe(chest: Chest, lean: float = 0.0) -> Tensor:
    """Below the minor fissure and before the right border of the heart, which it hides; thinner outward and down."""
    fissure = _fissure(chest, lean)
    outer = 0.72 - 0.4 * (chest.depth - 0.5) + 0.07 * chest.tissue
    return (
        ramp(chest.depth - fissure + 0.012 * chest.tissue, 0.07)
        * ramp(outer - chest.t, 0.5)
        * ramp(0.95 - chest.depth, 0.5)
    )


def lower_lobe(chest: Chest, lean: float = 0.0) -> Tensor:
    """Dense at the base, where it hides the diaphragm, fading upward; the outer angle stays clear."""
    top = 0.67 + 0.06 * lean - 0.12 * chest.t.clamp(0, 1)
    angle = ramp(chest.t - 0.8, 0.25) * ramp(chest.height + 0.04, 0.2)
    lobe = ramp(chest.depth - top + 0.09 * chest.tissue, 0.36) * ramp(chest.t - 0.1, 0.12)
    return lobe * (1 - 0.75 * angle)


def _fissure(chest: Chest, lean: float) -> Tensor:
    """The minor fissure on the way down the lung."""
    return MINOR_FISSURE - 0.03 * lean + (0.05 + 0.14 * lean) * (chest.t - 0.4) - 0.12 * lean * (chest.t - 0.5).square()


def zone(chest: Chest, depth: float | Tensor, out: float | Tensor, severity: Severity) -> Tensor:
    """A patch about the given place (depth and t), with an uneven border."""
    v = as_tensor(severity)
    reach = 0.15 + 0.17 * v
    r2 = ((chest.depth - depth) / (1.2 * reach)).square() + ((chest.t - out) / (1.9 * reach)).square()
    return ramp(0.62 - r2 + 0.5 * chest.tissue * ramp(1.6 - r2, 1.2), 1.7)


LOBES: Mapping[str, Callable[[Chest, float], Tensor]] = {
    "upper lobe": upper_lobe,
    "middle lobe": middle_lobe,
    "lower lobe": lower_lobe,
}
ZONES: Mapping[str, tuple[float, float]] = {
    "upper zone": (0.24, 0.5),
    "middle zone": (0.56, 0.5),
    "lower zone": (0.86, 0.55),
    "apical": (0.1, 0.45),
    "basal": (0.95, 0.55),
    "perihilar": (0.56, 0.3),
    "retrocardiac": (0.88, 0.18),
}
"""Where a zone's patch has its middle: depth and t."""


def in_place(chest: Chest, location: str, severity: Severity, lean: float = 0.0) -> Tensor:
    """Share of the lung in a lobe or zone of LOBES and ZONES that has no air left, in [0, 1].

    `lean` in [-1, 1] is the form of a lobe, which differs from patient to patient.
    """
    v = as_tensor(severity)
    if location in LOBES:
        lobe = LOBES[location](chest, lean)
        patchy = ramp(chest.tissue + 2.4 * v - 0.3, 2.4)  # mild ones leave parts of the lobe out
        spread = lobe * patchy * _toward_hilum(chest)
    else:
        spread = zone(chest, *ZONES[location], v)
    uneven = (1 + 0.14 * chest.tissue + 0.06 * chest.grain).clamp(0.6, 1.12)
    return (spread * (0.36 + 0.5 * v) * uneven).clamp(max=0.95) * _cage(chest) * present(severity)


def _toward_hilum(chest: Chest) -> Tensor:
    """Air is left in a lobe where it is farthest from its bronchus, at apex and wall."""
    far = ((chest.depth - 0.55) / 0.8).square() + ((chest.t - 0.3) / 0.95).square()
    return 1 - 0.3 * ramp(far - 0.6, 0.9)


def air_bronchograms(chest: Chest) -> Tensor:
    """Shares of air in branching bronchi, which stay dark in consolidated lung: lines that leave the hilum."""
    down, out = chest.depth - 0.55, chest.t - 0.16
    far = (down.square() + (0.8 * out).square()).sqrt()
    angle = torch.atan2(down, 0.8 * out + 1e-4)
    lines = torch.zeros_like(far)
    for middle, bend in ((-1.15, 0.5), (-0.7, -0.5), (-0.25, 0.35), (0.15, -0.4), (0.55, 0.45), (0.95, -0.4)):
        off = (angle - middle - bend * far - 0.18 * chest.tissue) * far
        width = 0.014 * (1 - 1.2 * far).clamp(min=0.2) + 0.5 * chest.pixel
        lines = torch.maximum(lines, ramp(width - off.abs(), width))
    seen = ramp(chest.tissue + 0.2, 1.2)  # of a few only the course lies along the rays
    return lines * seen * ramp(0.55 - far, 0.3) * ramp(far - 0.04, 0.05)


def _cage(chest: Chest) -> Tensor:
    """Inside the ribs, above the edge of the dome, below the apex, beside the spine."""
    outer = ramp(1.0 - chest.t, 0.05) * ramp(0.05 - chest.below, 0.08) * ramp(chest.apex + 0.03, 0.05)
    return outer * ramp(chest.across - 0.07, 0.1)
