"""The soft chest: outline of the body, lungs between ribs, mediastinum and diaphragm, heart, airways, belly."""

from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts.phantom.drawing import Frame, bump, dome, ramp, stroke


@dataclass(frozen=True, eq=False)
class Thorax:
    """Where things are, each (n, M, M).

    `t` is the way across the rib cage: 0 at the spine, 1 at the chest wall. `below` is the depth under the dome of the
    diaphragm, negative above. `apex` is the depth under the apex of the lung. `field` is 1 in the lung that is seen,
    and `air` the share of the body's thickness that is lung, in [0, 1].
    """

    t: Tensor
    below: Tensor
    apex: Tensor
    field: Tensor
    air: Tensor

    def rows(self, chosen: np.ndarray) -> "Thorax":
        """Those of some of the patients."""
        rows = torch.from_numpy(chosen)
        return Thorax(*(getattr(self, field.name)[rows] for field in fields(self)))


def thorax(frame: Frame) -> Thorax:
    """The lungs: a cage, cut by the mediastinum, the apex and the domes of the diaphragm."""
    edge = 0.4 * frame.pixel
    t = frame.across / _half_cage(frame)
    apex = frame.y + 0.74 - 0.02 * frame.drawn("cage_top") - 1.3 * (frame.across - 0.28).square()
    below = frame.y - frame.sided("diaphragm") - _fall(frame)
    shape = ramp(frame.xm.abs() - 0.07, 0.03 + edge) * ramp(apex, 0.05 + edge)
    above = ramp(-below, 0.012 + edge)
    field = shape * ramp(0.965 - t, 0.015 + edge) * above
    t4 = (t / 0.97).clamp_(max=1).square_().square_()
    depth = (1 - t4).sqrt_() * shape
    behind = 0.3 * (1 - below / 0.16).clamp_(0, 1).square_()  # the lung reaches down behind the dome
    return Thorax(t, below, apex, field, depth * (behind + above * (1 - behind)))


def _half_cage(frame: Frame) -> Tensor:
    """Half the inner width of the rib cage at each height, (n, M, 1)."""
    top = -0.84 + 0.03 * frame.drawn("cage_top")
    up = ((0.15 - frame.y) / (0.15 - top)).clamp(0, 1)
    return frame.value("cage_width") * (1 - up**2.3).clamp(min=2e-3).sqrt() * (1 + 0.05 * frame.y.clamp(min=0))


def _fall(frame: Frame) -> Tensor:
    """How far the diaphragm lies under the top of its dome (n, 1, M): little toward the heart, deep toward the wall."""
    off = (frame.across - 0.3) / frame.value("cage_width")
    steep = torch.where(off > 0, 0.85, 0.3)
    return frame.sided("dome") * steep * off.square()


def body(frame: Frame) -> Tensor:
    """Attenuation (n, M, M) of chest wall, shoulders, arms, neck and breasts as if the chest were solid."""
    x, y, fat = frame.across, frame.y, frame.drawn("habitus")
    waist = 0.90 + 0.06 * fat
    half = 0.21 + 0.99 * ramp(y + 0.84, 0.34) - (1.2 - waist) * ramp(y + 0.22, 0.55)
    trunk = (1 - (x / half).clamp_(max=1).square_().square_()).sqrt_()
    thick = (0.58 + 0.2 * ramp(y + 0.42, 0.6) + 0.12 * ramp(y - 0.6, 0.6)) * (1 + 0.1 * fat)
    arm_at = 0.98 + 0.1 * frame.drawn("arms") + 0.12 * y
    arm = dome(((x - arm_at) / 0.17).square_()) * (ramp(y + 0.45, 0.3) * 0.5)
    return torch.maximum(trunk * thick, arm) + _breasts(frame)


def _breasts(frame: Frame) -> Tensor:
    r2 = ((frame.across - 0.4) / 0.32).square() + ((frame.y - 0.28) / 0.3).square()
    return frame.value("breast") * dome(r2)


def heart(frame: Frame) -> Tensor:
    """Thickness (n, M, M) of heart and great vessels in [0, 1]."""
    return torch.maximum(_ventricles(frame), _great_vessels(frame))


def _ventricles(frame: Frame) -> Tensor:
    scale = frame.value("heart_width")
    foot = 0.5  # a larger heart grows up and to the sides from where it rests
    tall = (0.6 + 0.4 * scale) * (1 + 0.05 * frame.drawn("heart_height"))
    x, y = (frame.xm - 0.02) / scale, (frame.y - foot) / tall + foot
    turn = 0.72 + 0.07 * frame.drawn("heart_tilt")
    along = ((x - 0.1) * turn.cos() + (y - 0.26) * turn.sin()) / 0.37
    beside = ((y - 0.26) * turn.cos() - (x - 0.1) * turn.sin()) / 0.26
    right = ((x + 0.06) / 0.14).square_() + ((y - 0.25) / 0.27).square_()
    r2 = torch.minimum(along.square_() + beside.square_(), right)
    return dome(r2.square_())  # flatter than a ball, so that its border stands out


def _great_vessels(frame: Frame) -> Tensor:
    """Mediastinum, aortic arch and pulmonary trunk."""
    half, x, y = frame.value("mediastinum"), frame.xm, frame.y
    wide = half * (1 + 0.25 * bump(((y + 0.15) / 0.4).square()) - 0.12 * ramp(-0.55 - y, 0.4))
    band = dome((x / wide).square_().square_()) * (0.75 + 0.25 * ramp(y + 0.45, 0.4))
    knob = ((x - 0.45 * half - 0.02) / (0.75 * half + 0.02)).square_() + ((y + 0.3) / 0.1).square()
    trunk = ((x - 0.08) / 0.1).square_() + ((y + 0.08) / 0.14).square()
    return torch.maximum(band, 0.9 * dome(torch.minimum(knob, trunk)))


def airways(frame: Frame) -> Tensor:
    """Share of air (n, M, M) of trachea and main bronchi."""
    aside = frame.xm.abs()
    trachea = dome((frame.xm / 0.045).square_()) * ramp(-0.17 - frame.y, 0.06)
    down = 0.75 * (aside - 0.02) - 0.18
    bronchi = stroke(frame.y - down, 0.02, 0.03) * ramp(0.2 - aside, 0.1)
    return torch.maximum(trachea, 0.5 * bronchi)


def stomach(frame: Frame, chest: Thorax) -> Tensor:
    """Gas (n, M, M) under the left dome, in most patients."""
    large = (0.6 + 0.5 * frame.drawn("stomach")).clamp(0, 1.2)
    r2 = ((frame.x - 0.34) / (0.02 + 0.16 * large)).square() + ((chest.below - 0.1) / 0.07).square_()
    return dome(r2) * ramp(large, 0.4)
