"""Pleural effusion: fluid that sinks to the base and is drawn up along the wall, or lies behind a supine lung."""

from torch import Tensor

from causaray.anatomy.lesions.chest import Chest, Severity, present
from causaray.anatomy.shapes import bump, ramp


def effusion(chest: Chest, severity: Severity) -> Tensor:
    """Share of the fluid in the upright patient.

    The level stands highest at the wall, lower toward the mediastinum, where it rises a little again (the meniscus). A
    small one lies in the outer angle alone.
    """
    at_wall = 0.2 - 0.98 * severity
    meniscus = (1 - chest.t.clamp(0, 1).square()) * (0.36 - 0.3 * severity)
    inner = 0.18 * severity * bump((chest.t / 0.35).square())
    under = chest.height - at_wall - meniscus + inner + 0.018 * chest.tissue
    body = 0.92 * ramp(under, 0.1 + 0.12 * severity) + 0.16 * ramp(under, 0.4)
    return body.clamp(max=1) * _within(chest) * present(severity)


def layered_effusion(chest: Chest, severity: Severity) -> Tensor:
    """Share of the fluid in the supine patient: a veil over the side, denser toward the base, a cap at the apex."""
    veil = (0.25 + 0.35 * chest.depth.clamp(0, 1.2)) * severity
    cap = 0.35 * severity * bump((chest.apex / 0.16).square()) * ramp(chest.apex, 0.04)
    return (veil + cap).clamp(max=0.85) * ramp(chest.apex, 0.05) * _within(chest)


def _within(chest: Chest) -> Tensor:
    """Inside the cage, no deeper than the edge of the dome, but at the wall, where the recess reaches deeper."""
    recess = 0.12 * ramp(chest.t - 0.72, 0.25)
    return ramp(0.985 - chest.t, 0.04) * ramp(0.02 + recess - chest.below, 0.06)
