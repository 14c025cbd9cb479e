"""The soft chest: outline of the body, lungs between ribs, mediastinum and diaphragm, heart, airways, belly."""

from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from causaray.anatomy.shapes import bump, dome, ramp, stroke
from causaray.cohorts.phantom.drawing import Frame, column
from causaray.cohorts.phantom.model import LEFT, RIGHT


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
    apex = frame.y + 0.74 - 0.02 * frame.drawn("cage_top") - 3 * (frame.across - 0.28).square()
    below = frame.y - _level(frame) - _fall(frame)
    shape = ramp(frame.xm.abs() - 0.8 * mediastinum(frame), 0.03 + edge) * ramp(apex, 0.04 + edge)
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


def _level(frame: Frame) -> Tensor:
    """Height of the dome (n, 1, M), that of one side passing into that of the other below the heart."""
    right, left = (column(frame.values["diaphragm"][:, side]) for side in (RIGHT, LEFT))
    return right + (left - right) * ramp(frame.x, 0.3)


def _fall(frame: Frame) -> Tensor:
    """How far the diaphragm lies under the top of its dome (n, 1, M): little toward the heart, deep toward the wall."""
    off = (frame.across - 0.3) / frame.value("cage_width")
    steep = torch.where(off > 0, 0.85, 0.3)
    return frame.sided("dome") * steep * off.square()


def body(frame: Frame) -> Tensor:
    """Attenuation (n, M, M) of chest wall, shoulders, arms, neck and breasts as if the chest were solid."""
    x, y, fat = frame.across, frame.y, frame.drawn("habitus")
    waist = 1.0 + 0.08 * fat
    half = 0.21 + 0.99 * ramp(y + 0.86 + 0.04 * frame.drawn("shoulders"), 0.34) - (1.2 - waist) * ramp(y + 0.22, 0.55)
    trunk = dome((x / half).square_())
    thick = (0.78 + 0.14 * ramp(y + 0.42, 0.6) + 0.1 * ramp(y - 0.6, 0.6)) * (1 + 0.1 * fat)
    arm_at = 0.98 + 0.1 * frame.drawn("arms") + 0.12 * y
    arm = dome(((x - arm_at) / 0.17).square_()) * (ramp(y + 0.45, 0.3) * 0.55)
    return torch.maximum(trunk * thick, arm) + _breasts(frame)


def _breasts(frame: Frame) -> Tensor:
    r2 = ((frame.across - 0.4) / 0.32).square() + ((frame.y - 0.28) / 0.3).square()
    return frame.value("breast") * dome(r2)


def heart(frame: Frame) -> Tensor:
    """Thickness (n, M, M) of heart, great vessels and the rest of the mediastinum, in [0, 1]."""
    left, right = _left_border(frame), _right_border(frame)
    off = (2 * frame.xm - left + right) / (left + right)
    deep = 0.74 + 0.26 * ramp(frame.y - 0.08, 0.4)
    return dome(off.square_().square_()) * deep


def mediastinum(frame: Frame) -> Tensor:
    """Half the width of the upper mediastinum at each height (n, M, 1): it narrows toward the neck."""
    return frame.value("mediastinum") * (1 - 0.4 * ramp(-0.5 - frame.y, 0.5))


def _left_border(frame: Frame) -> Tensor:
    """How far the shadow reaches to the patient's left (n, M, 1): aortic arch, pulmonary trunk, left ventricle."""
    y, half = frame.y, mediastinum(frame)
    knob = (0.035 + 0.01 * frame.drawn("knob")).clamp(min=0.01) * bump(((y + 0.3) / 0.13).square())
    trunk = 0.045 * bump(((y + 0.06) / 0.17).square())
    apex = 0.33 + 0.03 * frame.drawn("heart_tilt")
    above = (1 - ((apex - y) / (0.46 * (1 + 0.06 * frame.drawn("heart_height")))).clamp(0, 1).square()) ** 1.15
    below = dome(((y - apex) / 0.26).clamp(min=0).square())
    return half + knob + trunk + (0.40 * frame.value("heart_width") - half) * above * below


def _right_border(frame: Frame) -> Tensor:
    """How far it reaches to the right (n, M, 1): vena cava, right atrium."""
    y, half = frame.y, mediastinum(frame)
    atrium = 0.2 * (0.45 + 0.55 * frame.value("heart_width")) - 0.85 * half
    return 0.85 * half + atrium * bump(((y - 0.25) / 0.42).square()).sqrt()


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


def belly(frame: Frame, chest: Thorax) -> Tensor:
    """Share (n, M, M) of the belly's organs: sharp toward the lung, soft and ever at one place toward the flank."""
    flank = ramp(chest.t - 0.98, 0.04)
    return ramp(chest.below, 0.03) * (1 - flank) + ramp(frame.y - 0.62, 0.6) * flank
