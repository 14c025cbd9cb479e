"""What does not belong to the patient: a pacemaker, a tracheal tube or a central line, and marks of the acquisition."""

import numpy as np
import torch
from torch import Tensor

from causaray.anatomy.shapes import ramp, stroke
from causaray.cohorts.phantom.drawing import Frame, blur, column, reach_of_pull, splat

_PATHS = {  # through these points (x, y) from the mediastinum; x to the patient's left
    "lead": ((0.42, -0.52), (0.3, -0.6), (0.1, -0.5), (-0.07, -0.3), (-0.08, 0.1), (0.0, 0.36), (0.24, 0.42)),
    "tube": ((0.02, -1.15), (0.005, -0.7), (0.0, -0.5), (0.0, -0.28)),
    "line": ((-0.2, -1.05), (-0.17, -0.75), (-0.1, -0.52), (-0.085, -0.25), (-0.08, 0.02)),
}
_KINDS = {"lead": (0.0, 0.45), "tube": (0.45, 0.75), "line": (0.6, 1.0)}
"""The range of the draw `device` in which a patient who has devices has this one; some have tube and line."""
_GLYPHS = {
    "L": ("10000", "10000", "10000", "10000", "10000", "10000", "11111"),
    "R": ("11110", "10001", "10001", "11110", "10100", "10010", "10001"),
}


def metal(frame: Frame) -> Tensor:
    """Attenuation (n, M, M) of devices and of the mark on the skin, in those who have them."""
    sheet = torch.zeros(len(frame), frame.y.shape[1], frame.x.shape[2])
    for draw, has in ((wires, frame.values["support_devices"].max(1)), (_pellet, frame.values["mark"])):
        rows = np.flatnonzero(has)
        if len(rows):
            sheet[torch.from_numpy(rows)] += draw(frame.rows(rows))
    return sheet


def wires(frame: Frame) -> Tensor:
    """Attenuation (n, M, M) of the devices of patients who all have them."""
    sheet = torch.stack([_wire(frame, kind) for kind in _PATHS]).sum(0)
    return blur(sheet, max(0.006 / frame.pixel, 0.35)) + column(_has(frame, "lead")) * generator(frame.x, frame.y)


def _has(frame: Frame, kind: str) -> np.ndarray:
    low, high = _KINDS[kind]
    return (frame.draws["device"] >= low) & (frame.draws["device"] < high)


def _wire(frame: Frame, kind: str) -> Tensor:
    """Its `path` as mass; it moves with the mediastinum."""
    count = int(3 / frame.pixel)
    points = path(kind, count)
    step = np.linalg.norm(np.diff(points, axis=0), axis=1).mean()
    x, y = torch.from_numpy(points.T.astype(np.float32))
    mass = 0.006 * float(step) * column(_has(frame, kind))[:, 0].expand(-1, count)
    pull = frame.value("pull")[:, 0] * reach_of_pull(y)
    return splat(frame, x + pull, y.expand(len(frame), -1), mass)


def path(kind: str, count: int) -> np.ndarray:
    """A smooth wire ("lead", "tube" or "line") as points (count, 2): x to the patient's left, y down, in [-1, 1]."""
    from scipy.interpolate import make_interp_spline

    knots = np.array(_PATHS[kind])
    return make_interp_spline(np.linspace(0, 1, len(knots)), knots, k=3)(np.linspace(0, 1, count))


def generator(x: Tensor, y: Tensor) -> Tensor:
    """Attenuation at positions x, y of a rounded can under the left clavicle, as a pacemaker's is."""
    r4 = ((x - 0.5) / 0.11).square().square() + ((y + 0.44) / 0.085).square().square()
    return ramp(1 - r4, 0.25) * 0.55 + stroke(r4 - 0.55, 0.15, 0.3) * 0.2


def _pellet(frame: Frame) -> Tensor:
    """A ring that someone has laid on the skin, beside the right chest."""
    away = ((frame.x + 0.74).square() + (frame.y - 0.1).square()).sqrt()
    return stroke(away - 0.04, 0.014, 0.02) * 0.5


def marker(frame: Frame, size: int) -> Tensor:
    """White letters (n, size, size) in [0, 1] on the film: L at the patient's left, or R at the right."""
    sheet = torch.zeros(len(frame), size, size)
    cell = max(size / 160, 0.75)
    for row, drawn in enumerate(frame.draws["marker"]):
        left, place = drawn < 0.75, drawn * 7 % 1
        glyph = letter("L" if left else "R", cell)
        i, j = int(size * (0.05 + 0.12 * place)), int(size * (0.9 - 0.05 * place if left else 0.05 + 0.05 * place))
        sheet[row, i : i + glyph.shape[0], j : j + glyph.shape[1]] = glyph[: size - i, : size - j]
    return sheet


def letter(name: str, cell: float) -> Tensor:
    """The glyph of "L" or "R" (7 cells high, 5 wide) in [0, 1], a cell being so many pixels."""
    bits = torch.tensor([[float(bit) for bit in line] for line in _GLYPHS[name]])[None, None]
    shape = (round(7 * cell), round(5 * cell))
    return torch.nn.functional.interpolate(bits, size=shape, mode="bilinear", antialias=True)[0, 0]


def collimation(frame: Frame, size: int) -> Tensor:
    """1 (n, size, size) where the beam reached the film, 0 beyond the blades; most stand outside the image."""
    axis = (torch.arange(size, dtype=torch.float32) + 0.5) / size

    def blade(side: str, inward: Tensor) -> Tensor:
        return ramp(inward - 0.1 * (frame.drawn(f"collimation_{side}") - 0.7).clamp(min=-0.1), 1 / size)

    x, y = axis[None, None, :], axis[None, :, None]
    return (blade("left", x) * blade("right", 1 - x)) * (blade("top", y) * blade("bottom", 1 - y))
