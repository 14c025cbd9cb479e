"""Support devices laid on a patient: along the patient's own anatomy, thin at whatever resolution the film has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from causaray.anatomy.coordinates import Coordinates
from causaray.nets.guide import blur

FINER = 4
"""Wires are drawn so much finer than the film, and averaged down."""
Point = tuple[float, float]
"""Place in the chest: x to the patient's left, y down, both in half image sides of the phantom world."""


@dataclass(frozen=True)
class Wire:
    """A line of a device through points, `width` wide in half image sides, `dense` its attenuation."""

    points: Sequence[Point]
    width: float
    dense: float


@dataclass(frozen=True)
class Can:
    """The generator of a pacemaker about a middle: a rounded metal box of two half sides."""

    middle: Point
    half: Point
    dense: float


Part = Wire | Can
_LEAD = ((0.36, -0.5), (0.28, -0.6), (0.1, -0.5), (-0.07, -0.3), (-0.09, 0.08), (0.0, 0.33), (0.22, 0.37))
_SECOND = ((0.37, -0.48), (0.29, -0.57), (0.11, -0.47), (-0.06, -0.28), (-0.1, -0.02), (-0.13, 0.1), (-0.1, 0.03))


def pacemaker(left: bool, rng: np.random.Generator) -> list[Part]:
    """A generator under the clavicle, with one lead or two into the heart."""
    across = 1.0 if left else -1.0
    can = Can((across * rng.uniform(0.42, 0.5), rng.uniform(-0.5, -0.42)), (0.085, 0.075), 0.75)
    leads: list[Part] = [Wire(_from(can, _LEAD, across), 0.012, 0.3)]
    if rng.random() < 0.5:
        leads.append(Wire(_from(can, _SECOND, across), 0.012, 0.3))
    return [can, *leads]


def central_line(left: bool, rng: np.random.Generator) -> list[Part]:
    """From the neck, or from the clavicle, down the vena cava."""
    tip = (-0.085, rng.uniform(-0.15, 0.02))
    neck = ((-0.24, -1.1), (-0.19, -0.8), (-0.12, -0.55), (-0.09, -0.3), tip)
    crossing = ((0.5, -0.72), (0.34, -0.66), (0.15, -0.56), (-0.04, -0.44), (-0.085, -0.28), tip)
    return [Wire(crossing if left else neck, 0.011, 0.26)]


def tracheal_tube(left: bool, rng: np.random.Generator) -> list[Part]:
    """Down the trachea, its tip above the carina."""
    return [Wire(((0.015, -1.2), (0.01, -0.8), (0.0, -0.55), (0.0, rng.uniform(-0.42, -0.32))), 0.018, 0.24)]


def feeding_tube(left: bool, rng: np.random.Generator) -> list[Part]:
    """Down the gullet, through the diaphragm, into the stomach."""
    end = (rng.uniform(0.2, 0.36), rng.uniform(0.68, 0.8))
    return [Wire(((0.03, -1.2), (0.02, -0.7), (0.03, -0.2), (0.04, 0.2), (0.08, 0.45), (0.16, 0.6), end), 0.013, 0.26)]


def drain(left: bool, rng: np.random.Generator) -> list[Part]:
    """Through the side of the chest, up along the wall to the apex."""
    across, top = (1.0 if left else -1.0), rng.uniform(-0.5, -0.3)
    way = ((0.98, 0.3), (0.76, 0.14), (0.58, -0.02), (0.45, -0.2), (0.36, top))
    return [Wire(tuple((across * x, y) for x, y in way), 0.022, 0.28)]


DEVICES: Mapping[str, Callable[[bool, np.random.Generator], list[Part]]] = {
    "pacemaker": pacemaker,
    "central line": central_line,
    "tracheal tube": tracheal_tube,
    "feeding tube": feeding_tube,
    "drain": drain,
}


def metal(place: Coordinates, parts: Sequence[Part]) -> Tensor:
    """Attenuation (1, 1, H, W) of devices in a film of these coordinates."""
    to_film = _position(place)
    height, width = place.t.shape[-2:]
    half = max(height, width) / 2
    total = torch.zeros(1, 1, height, width)
    for part in parts:
        sheet = (
            _can(part, to_film, height, width) if isinstance(part, Can) else _wire(part, to_film, height, width, half)
        )
        total = total.maximum(part.dense * sheet) if isinstance(part, Can) else total + part.dense * sheet
    return total


def _from(can: Can, points: Sequence[Point], across: float) -> list[Point]:
    """The way of a lead that leaves the can; from the right it joins the same vein on its own side."""
    start = (can.middle[0] - across * 0.5 * can.half[0], can.middle[1] - 0.7 * can.half[1])
    own = [(abs(x) * across if x > 0.2 and y < -0.45 else x, y) for x, y in points[1:]]
    return [start, *own]


def _position(place: Coordinates) -> Callable[[np.ndarray], np.ndarray]:
    """From points (k, 2) of the chest to columns and rows (k, 2) of the film, by least squares over the trunk."""
    y = place.apex - 0.74 + 3 * (place.x.abs() - 0.28).square()
    trunk = (place.t < 1.1) & (place.apex > -0.3) & (place.height < 0.3)
    rows, columns = (v.float() for v in torch.nonzero(trunk[0, 0], as_tuple=True))
    step = max(1, len(rows) // 4000)
    known = _terms(torch.stack([place.x[trunk], y[trunk]], 1)[::step].double().numpy())
    answers = torch.stack([columns, rows], 1)[::step].double().numpy()
    weights = np.linalg.lstsq(known, answers, rcond=None)[0]
    return lambda points: _terms(points) @ weights


def _terms(points: np.ndarray) -> np.ndarray:
    x, y = points.T
    return np.stack([np.ones_like(x), x, y, x * y, y * y], 1)


def _smooth_way(points: Sequence[Point], count: int = 200) -> np.ndarray:
    from scipy.interpolate import make_interp_spline

    knots = np.array(points)
    return make_interp_spline(np.linspace(0, 1, len(knots)), knots, k=min(3, len(knots) - 1))(np.linspace(0, 1, count))


def _wire(wire: Wire, to_film: Callable, height: int, width: int, half: float) -> Tensor:
    """Thickness of a round wire in [0, 1]; one thinner than a pixel is fainter in proportion."""
    picture = Image.new("L", (width * FINER, height * FINER))
    way = to_film(_smooth_way(wire.points)) * FINER
    thick = max(1, round(wire.width * half * FINER))
    ImageDraw.Draw(picture).line([tuple(p) for p in way], fill=255, width=thick, joint="curve")
    sheet = _averaged(picture) * min(1.0, wire.width * half * FINER / thick)
    return blur(sheet, max(0.25 * wire.width * half, 0.4))


def _can(can: Can, to_film: Callable, height: int, width: int) -> Tensor:
    (x, y), (a, b) = can.middle, can.half
    corners = to_film(np.array([(x - a, y - b), (x + a, y + b)])) * FINER
    box = [*corners.min(0), *corners.max(0)]
    picture = Image.new("L", (width * FINER, height * FINER))
    ImageDraw.Draw(picture).rounded_rectangle(box, radius=0.45 * (box[3] - box[1]), fill=255)
    return blur(_averaged(picture), 0.5)


def _averaged(picture: Image.Image) -> Tensor:
    sheet = torch.from_numpy(np.asarray(picture, np.float32) / 255)[None, None]
    return torch.nn.functional.avg_pool2d(sheet, FINER)
