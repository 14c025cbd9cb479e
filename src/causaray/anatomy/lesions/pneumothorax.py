"""Pneumothorax: air between lung and chest wall, and the lung smaller, drawn back to its hilum."""

from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from causaray.anatomy.lesions.chest import Chest, Severity, as_tensor, present
from causaray.anatomy.shapes import ramp, smooth_minimum, stroke
from causaray.anatomy.warps import Move

HALF_CAGE = 0.69
"""Typical half width of the rib cage, in half image sides."""
ROUND = 0.11
"""How far within its edge a fallen lung has its full thickness, in half image sides."""
_HILUM = 0.1, -0.4
"""Where the root holds the lung: from the midline, and above the top of the dome."""


def left_of_lung(severity: Severity) -> Severity:
    """Length of the fallen lung as a share of its own."""
    return 1 - (0.06 + 0.2 * severity + 0.18 * severity**3)


@dataclass(frozen=True, eq=False)
class FallenLung:
    """A lung beside air, of a severity in (0, 1].

    `lean` in [-1, 1] says whether it falls more from the apex (1) or more from the wall (-1). All sheets are of the
    shape of the chest's.
    """

    chest: Chest
    severity: Severity
    lean: float = 0.0

    @cached_property
    def before(self) -> Move:
        """How far off, in pixels, each point of the fallen lung lay before: farther from the hilum.

        The apex falls more than the base, which stays on the dome until the lung has fallen far.
        """
        chest, lean = self.chest, self.lean
        side = 2 * chest.left - 1
        right, down = chest.x - side * _HILUM[0], chest.height - _HILUM[1]
        pull = 1 / left_of_lung(self.severity) - 1
        loose = (0.35 + 0.35 * lean) * ramp(as_tensor(self.severity) - 0.6, 0.4)
        share = (1 + 0.45 * lean) * (1 - (1 - loose) * ramp(down - 0.1, 0.6))
        across = (1 - 0.4 * lean) * (1.1 - (0.5 + 0.2 * lean) * (1 - loose) * ramp(down - 0.1, 0.9))
        dx, dy = pull * across * right / chest.pixel, pull * share * down / chest.pixel
        return Move(dx, dy)

    @cached_property
    def inside(self) -> Tensor:
        """How far inside its visceral pleura a pixel lies, in half image sides; negative in the air.

        A point lies inside if it lay within the full lung before the fall.
        """
        chest = self.chest
        lateral, above, dome = (0.965 - chest.t) * HALF_CAGE, 0.9 * chest.apex - 0.01, 0.08 - chest.below
        full = smooth_minimum(smooth_minimum(lateral, above, 0.03), dome, 0.07)
        fallen = self.before.apply(full.expand_as(self.before.dx))
        return left_of_lung(self.severity) * fallen - 0.03 * chest.tissue

    @cached_property
    def within(self) -> Tensor:
        """The pleural space: above the dome, below the apex, within the ribs, thinning out to the mediastinum."""
        chest = self.chest
        cage = ramp(0.97 - chest.t, 0.03) * ramp(-chest.below - 0.005, 0.03) * ramp(chest.apex - 0.01, 0.03)
        return cage * ramp(chest.across - 0.1, 0.14)

    def emptied(self) -> Tensor:
        """1 where air has taken the place of lung: no vessels there."""
        return ramp(-self.inside, 0.006 + self.chest.pixel) * self.within * present(self.severity)

    def line(self) -> Tensor:
        """The visceral pleura, seen on edge: one millimetre of tissue."""
        chest, half = self.chest, 0.003
        thin = min(1.0, 4 * half / (chest.pixel + 2 * half))
        line = stroke(self.inside - half, half + 0.3 * chest.pixel, 0.004 + chest.pixel)
        faint = (0.6 + 0.5 * chest.grain).clamp(0.1, 1)  # the rays meet it edge on here and there only
        return thin * line * faint * self.within * present(self.severity)

    @cached_property
    def lung(self) -> Tensor:
        """1 where it is."""
        return ramp(self.inside, 0.006 + self.chest.pixel) * self.within * present(self.severity)

    def rounded_edge(self) -> Tensor:
        """1 at its edge, where the rays meet none of it, falling to 0 within it; 0 in the air.

        It is as round there as a ball of radius ROUND.
        """
        depth = (self.inside / ROUND).clamp(0, 1)
        return (1 - (depth * (2 - depth)).sqrt()) * self.lung

    def denser(self) -> Tensor:
        """Share by which it has become denser: its tissue is the same, its area smaller."""
        denser = as_tensor(0.26 * (left_of_lung(self.severity) ** -2 - 1)).clamp(max=0.7) * present(self.severity)
        return ramp(self.inside - 0.12, 0.3) * denser * self.within
