"""Where in a frontal radiograph a request may act: side and location as soft masks over the pathology map."""

import torch
from torch import Tensor

from causaray.finding import Finding

_BANDS = {  # share of the image height, top to bottom, of the lungs as they usually stand in a frontal radiograph
    "upper lobe": (0.0, 0.45), "upper zone": (0.0, 0.45), "apical": (0.0, 0.35),
    "middle lobe": (0.35, 0.7), "middle zone": (0.35, 0.65), "perihilar": (0.3, 0.7),
    "lower lobe": (0.5, 1.0), "lower zone": (0.5, 1.0), "basal": (0.55, 1.0), "retrocardiac": (0.45, 0.9),
}  # fmt: skip
_SOFT = 0.06


def _above(x: Tensor, edge: float) -> Tensor:
    return torch.sigmoid((x - edge) / _SOFT * 2)


def region(finding: Finding, size: int) -> Tensor:
    """Soft mask (1, 1, size, size) in [0, 1] of where `finding` may act; ones when neither side nor location is said.

    The patient's left is the image's right. The mask is a prior about frontal radiographs, not a segmentation.
    """
    centres = (torch.arange(size) + 0.5) / size
    rows, columns = torch.ones(size), torch.ones(size)
    if finding.side == "left":
        columns = _above(centres, 0.5)
    elif finding.side == "right":
        columns = 1 - _above(centres, 0.5)
    if finding.location in _BANDS:
        top, bottom = _BANDS[finding.location]
        rows = (_above(centres, top) if top > 0 else rows) * (1 - _above(centres, bottom) if bottom < 1 else rows)
    return (rows[:, None] * columns)[None, None]
