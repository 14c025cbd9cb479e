"""The coordinates of phantoms, of which anatomy is learned: known exactly, being what they are drawn by."""

import torch
from torch import Tensor

from causaray.anatomy.coordinates import SHEETS
from causaray.anatomy.shapes import bump, ramp
from causaray.cohorts.phantom.bones import clavicles, rib_profile, ribs
from causaray.cohorts.phantom.drawing import Frame, canvas, posture
from causaray.cohorts.phantom.render import batches, part_of
from causaray.cohorts.phantom.thorax import Thorax, heart, mediastinum, thorax
from causaray.cohorts.phantom.world import Phantoms


def coordinates(phantoms: Phantoms) -> Tensor:
    """The sheets (n, len(SHEETS), S, S) of `anatomy.coordinates.Coordinates`, as the phantoms stand."""
    size = phantoms.world.size
    sheets = torch.empty(len(phantoms), len(SHEETS), size, size)
    for part in batches(len(phantoms), size):
        frame = canvas(part_of(phantoms.values, part), part_of(phantoms.exogenous, part), size)
        for channel, sheet in enumerate(_sheets(frame)):
            sheets[part, channel] = posture(frame, sheet, size)
    return sheets


def _sheets(frame: Frame) -> list[Tensor]:
    """In the order of SHEETS, each (n, M, M)."""
    chest = thorax(frame)
    shape = chest.t.shape
    core = heart(frame) * ramp(0.05 - chest.below, 0.04)  # it ends under the dome: no strip of lung is left between
    inner = ramp(chest.t - 0.1, 0.05) * ramp(1 - chest.t, 0.05)
    arcs = rib_profile(ribs(frame, chest).behind, 0.1).clamp(max=1) * inner
    lung = outlined(frame, chest)
    places = (chest.t.clamp(0, 1.5), chest.below.clamp(-1.5, 0.6), chest.apex.clamp(-1, 2), frame.x, _height(frame))
    masks = (lung * (frame.x < 0), lung * (frame.x > 0), core, arcs, 7 * clavicles(frame))
    return [sheet.expand(shape).contiguous() for sheet in (*masks, *places)]


def outlined(frame: Frame, chest: Thorax) -> Tensor:
    """The lungs (n, M, M) as people outline them on films, which is a little otherwise than where the air ends.

    The outline keeps a pixel of 128 above the dome and reaches half a pixel above the apex; toward the spine it takes
    more of what lies behind the mediastinum, and on the left reaches down behind the heart.
    """
    edge = 0.4 * frame.pixel
    behind_heart = 0.06 * bump(((frame.x - 0.22) / 0.2).square())
    medial = ramp(frame.xm.abs() - 0.7 * mediastinum(frame), 0.03 + edge)
    return (
        medial
        * ramp(chest.apex + 0.01, 0.04 + edge)
        * ramp(0.965 - chest.t, 0.015 + edge)
        * ramp(behind_heart - 0.016 - chest.below, 0.012 + edge)
    )


def _height(frame: Frame) -> Tensor:
    return frame.y - frame.sided("diaphragm")
