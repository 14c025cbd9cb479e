"""Pleural effusion: fluid that sinks to the base and is drawn up along the wall, or lies behind a supine lung."""

import torch
from torch import Tensor

from causaray.anatomy.lesions.chest import Chest, Severity, as_tensor, present
from causaray.anatomy.shapes import bump, ramp


def effusion(chest: Chest, severity: Severity) -> Tensor:
    """Share of the fluid in the upright patient, above the dome."""
    return _sunk(chest, severity) * _within(chest) * present(severity)


def hiding(chest: Chest, severity: Severity) -> Tensor:
    """The same and a little under the dome, whose outline fluid on it hides."""
    recess = 0.25 * ramp(chest.t - 0.72, 0.25)
    cage = _pleural(chest) * ramp(0.18 + recess - chest.below, 0.28)
    return _sunk(chest, severity) * cage * present(severity)


def _sunk(chest: Chest, severity: Severity) -> Tensor:
    """Fluid by height: the rays meet the more of it, before and behind the lung, the deeper under its level.

    The level stands highest at the wall, where the rays meet fluid alone, and lower toward the mediastinum, where it
    rises a little again (the meniscus). A small one lies in the outer angle alone.
    """
    out = chest.t.clamp(0, 1)
    at_wall = 0.17 - 0.96 * severity
    from_wall, v = 1 - out, as_tensor(severity)
    high = torch.minimum(0.27 - 0.19 * v, 0.08 + 0.22 * v)
    meniscus = (1 - (-from_wall / 0.16).exp()) * high + (0.1 - 0.07 * v) * from_wall
    inner = 0.26 * severity * bump((chest.t / 0.35).square())
    under = chest.height - at_wall - meniscus + inner + 0.022 * chest.tissue
    soft = 0.06 + (0.08 + 0.16 * from_wall) * severity
    veil = 0.38 * severity * ramp(under + 0.03, 0.4)
    return 1 - (1 - 0.97 * ramp(under, soft)) * (1 - veil)


def layered_effusion(chest: Chest, severity: Severity) -> Tensor:
    """Share of the fluid in the supine patient: a veil over the side, denser toward the base, a cap at the apex."""
    veil = (0.25 + 0.35 * chest.depth.clamp(0, 1.2)) * severity
    cap = 0.35 * severity * bump((chest.apex / 0.16).square()) * ramp(chest.apex, 0.04)
    return (veil + cap).clamp(max=0.85) * ramp(chest.apex, 0.05) * _within(chest)


def _within(chest: Chest) -> Tensor:
    """Inside the cage, no deeper than the edge of the dome, but at the wall, where the recess reaches deeper."""
    recess = 0.12 * ramp(chest.t - 0.72, 0.25)
    return _pleural(chest) * ramp(0.02 + recess - chest.below, 0.06)


def _pleural(chest: Chest) -> Tensor:
    """Between the mediastinum and the wall."""
    return ramp(0.99 - chest.t, 0.08) * ramp(chest.across - 0.035, 0.07)
