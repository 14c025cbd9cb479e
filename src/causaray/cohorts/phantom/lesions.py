"""What each finding does to the lungs and ribs, drawn where the model says, as strong as it says.

Every shape vanishes at severity 0 and is drawn only for those who have the finding.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from causaray.anatomy.shapes import bump, dome, ramp, stroke
from causaray.cohorts.phantom.bones import RIBS, Ribs, rib_profile
from causaray.cohorts.phantom.drawing import Frame
from causaray.cohorts.phantom.model import slug
from causaray.cohorts.phantom.thorax import Thorax


@dataclass(frozen=True, eq=False)
class Lesions:
    """What the findings do, each (n, M, M).

    `fluid` and `filled` are the shares of lung that effusion and consolidation have taken, `airless` that of all
    together. `empty` is 1 where a pneumothorax is, `solid` the attenuation of pleura, masses and the walls of bullae.
    `ribs` has a broken rib moved, `bruise` is the attenuation at the break.
    """

    fluid: Tensor
    filled: Tensor
    airless: Tensor
    empty: Tensor
    solid: Tensor
    ribs: Ribs
    bruise: Tensor


def lesions(frame: Frame, chest: Thorax, rib: Ribs, tissue: Tensor) -> Lesions:
    """Draw all findings; `tissue` (n, M, M) of about unit variance makes their borders uneven."""

    def drawn(name: str, draw: Callable[..., Tensor], *more: Tensor) -> Tensor:
        sheet = torch.zeros_like(chest.t)
        rows = np.flatnonzero(frame.values[slug(name)].any(1))
        if len(rows):
            sheet[torch.from_numpy(rows)] = draw(frame.rows(rows), chest.rows(rows), *(one[rows] for one in more))
        return sheet

    fluid = drawn("Pleural Effusion", effusion)
    filled = drawn("Consolidation", consolidation, tissue)
    plates, water = drawn("Atelectasis", atelectasis), drawn("Edema", edema, tissue)
    lump = drawn("Lung Lesion", nodule, tissue)
    dry = 1 - fluid  # fluid sinks below the air
    empty, line = dry * drawn("Pneumothorax", emptied), dry * drawn("Pneumothorax", pleural_line)
    moved = drawn("Fracture", displacement, rib.behind)
    behind = rib.behind - moved
    return Lesions(
        fluid, filled, _any_of(fluid, filled, plates, water, lump) * (1 - empty), empty,
        (0.1 * line + 0.06 * drawn("Emphysema", bullae) + 0.12 * lump) * chest.field,
        Ribs(behind, rib.before), drawn("Fracture", bruise, rib.behind, behind),
    )  # fmt: skip


def effusion(frame: Frame, chest: Thorax) -> Tensor:
    """Share of the lung that is fluid: level at the bottom, drawn up along the wall by the meniscus."""
    severity = frame.sided("pleural_effusion")
    foot = frame.sided("diaphragm") + 0.22
    meniscus = (1 - chest.t.clamp(max=1).square_()) * (0.34 - 0.16 * severity)
    return ramp(frame.y - foot + 0.9 * severity - meniscus, 0.12 + 0.14 * severity) * (severity > 0)


def _from_pleura(frame: Frame, chest: Thorax) -> Tensor:
    """How far inside the visceral pleura of a fallen lung a pixel lies; air gathers most of all at the apex."""
    from_wall = torch.minimum((0.965 - chest.t) * frame.value("cage_width"), 0.8 * chest.apex)
    return from_wall - (0.04 + 0.34 * frame.sided("pneumothorax")) * (1 - 0.5 * ramp(frame.y + 0.1, 1.0))


def emptied(frame: Frame, chest: Thorax) -> Tensor:
    """1 where air has taken the place of lung: no markings there."""
    inside = _from_pleura(frame, chest)
    return ramp(-inside, 0.01 + 0.5 * frame.pixel) * (frame.sided("pneumothorax") > 0)


def pleural_line(frame: Frame, chest: Thorax) -> Tensor:
    """The visceral pleura, seen on edge."""
    inside = _from_pleura(frame, chest)
    return stroke(inside, 0.008, 0.008 + frame.pixel) * (frame.sided("pneumothorax") > 0)


def consolidation(frame: Frame, chest: Thorax, tissue: Tensor) -> Tensor:
    """Share of the lung without air in a part of a lobe, with a fuzzy, uneven border."""
    severity = frame.sided("consolidation")
    size = 0.14 + 0.2 * severity
    r2 = _from_spot(frame, "Consolidation", 0.75) / size.square() * (1 + 0.8 * tissue).clamp_(min=0.3)
    return ramp(1 - r2, 1.1) * (0.3 + 0.65 * severity) * (severity > 0)


def _from_spot(frame: Frame, name: str, flat: float) -> Tensor:
    """Squared distance from where the finding lies: as high as the model says, as far out as the draw says."""
    height = frame.value(f"{slug(name)}_height")
    y0, x0 = -0.45 + 0.75 * height, 0.29 + 0.24 * frame.drawn(f"{name} reach") * (0.6 + 0.4 * height)
    return (frame.across - x0).square() + ((frame.y - y0) / flat).square()


def atelectasis(frame: Frame, chest: Thorax) -> Tensor:
    """Share without air: plates above the diaphragm, and with severity the collapsed base itself."""
    severity = frame.sided("atelectasis")
    lean = 0.35 * (frame.drawn("Atelectasis reach") - 0.5)
    off = frame.y - frame.sided("diaphragm") + 0.2 - lean * (frame.across - 0.35)
    plates = torch.maximum(
        stroke(off, 0.012 + 0.02 * severity, 0.025), 0.7 * stroke(off + 0.1, 0.006 + 0.012 * severity, 0.025)
    )
    span = ramp(0.12 + 0.1 * severity - (frame.across - 0.36).abs(), 0.12) * (0.3 + 0.6 * severity)
    base = ramp(chest.below + 0.26 * severity - 0.1, 0.3) * ramp(0.75 - chest.t, 0.5) * severity
    return torch.maximum(plates * span, 0.9 * base) * (severity > 0)


def edema(frame: Frame, chest: Thorax, tissue: Tensor) -> Tensor:
    """Share of water in the lungs: haze about the hila, and Kerley B lines at the lower wall."""
    r2 = ((frame.xm.abs() - 0.2) / 0.5).square_() + ((frame.y - 0.06) / 0.62).square()
    wings = (bump(r2) * 0.8 + 0.15) * (1 + 0.35 * tissue)
    lines = stroke((frame.y / 0.05) % 1 - 0.5, 0.12, 0.3) * bump(((frame.y - 0.32) / 0.32).square()) * 0.4
    return (frame.sided("edema") * (wings + lines * ramp(chest.t - 0.84, 0.06))).clamp_(0, 1)


def nodule(frame: Frame, chest: Thorax, tissue: Tensor) -> Tensor:
    """A round lesion, from a nodule to a mass, a little lobulated."""
    severity = frame.sided("lung_lesion")
    radius = 0.035 + 0.09 * severity
    r2 = _from_spot(frame, "Lung Lesion", 1.0) / radius.square() * (1 + 0.3 * tissue).clamp_(min=0.3)
    return dome(r2) * (0.35 + 0.6 * severity) * (severity > 0)


def bullae(frame: Frame, chest: Thorax) -> Tensor:
    """Walls of air spaces that have burst into one another, in the upper lungs."""
    severity = frame.sided("emphysema")
    walls = torch.zeros_like(chest.t)
    for x0, y0, radius in ((0.3, -0.45, 0.13), (0.42, -0.22, 0.1), (0.26, -0.2, 0.08)):
        reach = ((frame.across - x0).square() + (frame.y - y0).square()).sqrt_()
        walls = torch.maximum(walls, stroke(reach - radius * (0.5 + 0.5 * severity), 0.006, 0.02))
    return walls * severity


def _at_break(frame: Frame, chest: Thorax, behind: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Way along the rib from its break, height above the broken rib, and severity where that rib is, else 0."""
    number = (3 + (RIBS - 5) * frame.drawn("Fracture height")).floor()
    off = behind - number
    return chest.t - 0.55 - 0.25 * frame.drawn("Fracture reach"), off, frame.sided("fracture") * (off.abs() < 0.5)


def displacement(frame: Frame, chest: Thorax, behind: Tensor) -> Tensor:
    """How far the outer piece of a broken posterior arc is moved down, most at the break; in distances of two ribs."""
    beyond, _, severity = _at_break(frame, chest, behind)
    return ramp(beyond, 0.015) * ramp(0.2 - beyond, 0.25) * (0.14 + 0.26 * severity) * (severity > 0)


def bruise(frame: Frame, chest: Thorax, behind: Tensor, moved: Tensor) -> Tensor:
    """Attenuation of the swelling around a break, less that of the gap in the bone."""
    beyond, off, severity = _at_break(frame, chest, behind)
    swelling = bump((beyond / 0.13).square_() + (off / 0.5).square_())
    gap = stroke(beyond, 0.01 + 0.015 * severity, 0.02) * rib_profile(moved, 0.1)
    return 0.12 * severity * swelling - (0.08 + 0.08 * severity) * gap * (severity > 0)


def _any_of(*shares: Tensor) -> Tensor:
    """Share of the lung without air where several causes meet."""
    left = 1 - shares[0]
    for share in shares[1:]:
        left.mul_(1 - share)
    return 1 - left
