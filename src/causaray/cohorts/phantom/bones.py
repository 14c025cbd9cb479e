"""Ribs, spine, clavicles, scapulae and upper arms as attenuation."""

from dataclasses import dataclass

import torch
from torch import Tensor

from causaray.anatomy.shapes import dome, ramp, stroke
from causaray.cohorts.phantom.drawing import Frame
from causaray.cohorts.phantom.thorax import Thorax

RIBS = 10
"""Pairs of ribs that are drawn, numbered from 0 at the top."""
_HALF = 0.19  # of a rib's height, as a share of the distance between two


@dataclass(frozen=True, eq=False)
class Ribs:
    """Height of each pixel (n, M, M) on the ladder of ribs: rib k has its middle line where this is k.

    `behind` counts the posterior arcs, `before` the anterior ones, which run the other way.
    """

    behind: Tensor
    before: Tensor


def ribs(frame: Frame, chest: Thorax) -> Ribs:
    """A rib is an ellipse that slopes down forward: seen from the front, y = y_k -/+ q * sqrt(1 - t^2)."""
    pitch = 0.128 * (1 + 0.04 * frame.drawn("rib_pitch"))
    top = -0.56 + 0.02 * frame.drawn("rib_phase") + 0.02 * frame.drawn("cage_top")
    rise = dome(chest.t.square()) * ((0.2 + 0.03 * frame.drawn("rib_tilt")) / pitch)
    ladder = (frame.y - top) / pitch
    return Ribs(ladder + rise, ladder - 1.25 * rise)


def bones(frame: Frame, chest: Thorax, rib: Ribs) -> Tensor:
    """Attenuation (n, M, M) of the skeleton."""
    cage = 0.1 * _arcs(frame, chest, rib) + 0.07 * _spine(frame)
    return frame.value("bone") * (cage + clavicles(frame) + _shoulder(frame))


def _arcs(frame: Frame, chest: Thorax, rib: Ribs) -> Tensor:
    edge = 0.05 + 4 * frame.pixel
    turn = (1 + 0.25 * ramp(chest.t - 0.85, 0.3)) * ramp(1.0 - chest.t, 0.04)  # at the side the rays run along the rib
    behind = rib_profile(rib.behind, edge) * ramp(frame.across - 0.06, 0.06)
    before = rib_profile(rib.before, edge) * ramp(chest.t - 0.5, 0.22)
    return (behind + 0.4 * before) * turn


def rib_profile(ladder: Tensor, edge: float) -> Tensor:
    """Attenuation of a rib across its height: a tube, denser at its rims. `ladder` is as in `Ribs`."""
    off = (ladder - ladder.round().clamp_(0, RIBS - 1)).abs_()
    return ramp(_HALF - off, edge) * (0.55 + (0.5 / _HALF**2) * off.square_())


def _spine(frame: Frame) -> Tensor:
    """Vertebral bodies with the discs between them, and spinous processes."""
    level = (frame.y / 0.112 + 0.1 * frame.drawn("rib_phase")) % 1 - 0.5
    body = stroke(frame.x, 0.062, 0.03) * (0.65 + 0.35 * stroke(level, 0.38, 0.1))
    rim = stroke(frame.across - 0.055, 0.008, 0.02) * stroke(level, 0.3, 0.2)
    process = stroke(frame.x, 0.012, 0.02) * stroke(level, 0.28, 0.3)
    return body + 0.35 * rim + 0.4 * process


def clavicles(frame: Frame) -> Tensor:
    """Attenuation (n, M, M) of the collar bones."""
    x = frame.across
    middle = -0.58 - 0.17 * (x - 0.1) + 0.03 * frame.drawn("clavicle") * x + 0.025 * (7 * x).sin()
    off = (frame.y - middle).abs_() / (0.026 + 0.012 * (x - 0.35).abs())
    ends = 0.15 * ramp(x - 0.07, 0.05) * ramp(0.74 - x, 0.1)
    return ramp(1 - off, 0.4) * (0.7 + 0.5 * off.clamp_(max=1).square_()) * ends


def _shoulder(frame: Frame) -> Tensor:
    """Scapula, head and shaft of the upper arm."""
    x, y = frame.across, frame.y
    inner = x - (frame.value("scapula") - 0.14 * (y + 0.1) - 0.25 * (y + 0.1).square())
    long = 0.05 * ramp(y + 0.6, 0.12) * ramp(0.12 - y, 0.2)
    scapula = (ramp(inner, 0.02) * ramp(1.0 - x, 0.2) + stroke(inner - 0.012, 0.01, 0.02)) * long
    head = dome(((x - 0.95) / 0.11).square() + ((y + 0.58) / 0.12).square())
    shaft = stroke(x - 1.0 - 0.08 * (y + 0.5), 0.06, 0.03) * ramp(y + 0.5, 0.1)
    return scapula + torch.maximum(0.13 * head, 0.1 * shaft)
