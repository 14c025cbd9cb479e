"""Where a finding of a phantom lies: the share of each pixel that is the finding's, which the world knows."""

from collections.abc import Callable

import torch
from torch import Tensor

from causaray.cohorts.phantom import devices, lesions
from causaray.cohorts.phantom.bones import ribs
from causaray.cohorts.phantom.drawing import Frame, canvas, posture
from causaray.cohorts.phantom.exogenous import draw_tissue
from causaray.cohorts.phantom.render import TISSUE, batches, part_of, unevenness
from causaray.cohorts.phantom.thorax import Thorax, belly, heart, thorax
from causaray.cohorts.phantom.world import Phantoms
from causaray.errors import BadInput

GROWN = ("Cardiomegaly", "Enlarged Cardiomediastinum")
"""Findings whose share is what they add to the shadow of heart and mediastinum."""
_METAL, _BRUISE = 0.2, 0.08
"""Attenuation of metal, and of a bruise or a gap at a broken rib, that counts as wholly the finding's."""

_Draw = Callable[[Frame, Thorax, Tensor], Tensor]


def lesion_maps(shown: Phantoms, without: Phantoms, name: str) -> Tensor:
    """The share (n, 1, S, S) in [0, 1] of each pixel that is the finding `name` of phantoms `shown`.

    without: the same phantoms without the finding. Raises BadInput for a finding that the world does not have.
    """
    size = shown.world.size
    made = torch.empty(len(shown), 1, size, size)
    for part in batches(len(shown), size):
        values, draws = part_of(shown.values, part), part_of(shown.exogenous, part)
        frame = canvas(values, draws, size)
        if name in GROWN:
            before = canvas(part_of(without.values, part), draws, size)
            sheet = posture(frame, _shadow(frame), size) - posture(before, _shadow(before), size)
        else:
            tissue = unevenness(draw_tissue(shown.seed, shown.indices[part], TISSUE), frame.x.shape[-1])
            sheet = posture(frame, _of(name)(frame, thorax(frame), tissue), size)
        made[part, 0] = sheet.clamp(0, 1)
    return made


def _shadow(frame: Frame) -> Tensor:
    """Of heart and mediastinum above the belly, which hides the rest."""
    return heart(frame) * (1 - belly(frame, thorax(frame)))


def _of(name: str) -> _Draw:
    if name not in _SHARES:
        raise BadInput(f"The phantom world has no {name}; its findings are {', '.join((*GROWN, *_SHARES))}.")
    return _SHARES[name]


def _bruise(frame: Frame, chest: Thorax, tissue: Tensor) -> Tensor:
    behind = ribs(frame, chest).behind
    return lesions.bruise(frame, chest, behind, behind - lesions.displacement(frame, chest, behind)).abs() / _BRUISE


def _emphysema(frame: Frame, chest: Thorax, tissue: Tensor) -> Tensor:
    return chest.field * frame.sided("emphysema").maximum(lesions.bullae(frame, chest))


_SHARES: dict[str, _Draw] = {
    "Pleural Effusion": lambda frame, chest, tissue: lesions.effusion(frame, chest) * chest.field,
    "Consolidation": lambda frame, chest, tissue: lesions.consolidation(frame, chest, tissue) * chest.field,
    "Atelectasis": lambda frame, chest, tissue: lesions.atelectasis(frame, chest) * chest.field,
    "Edema": lambda frame, chest, tissue: lesions.edema(frame, chest, tissue) * chest.field,
    "Lung Lesion": lambda frame, chest, tissue: lesions.nodule(frame, chest, tissue) * chest.field,
    "Pneumothorax": lambda frame, chest, tissue: lesions.emptied(frame, chest) * chest.field,
    "Emphysema": _emphysema,
    "Fracture": _bruise,
    "Support Devices": lambda frame, chest, tissue: devices.wires(frame) / _METAL,
}
