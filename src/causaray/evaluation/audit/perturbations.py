"""What is done to a radiograph: a disease more and less, a device, a letter, nothing, and changes as large."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from causaray.cohorts.artifacts import blank_corners, equal_change, with_letter, with_pacemaker
from causaray.editors.edit import EditRequest
from causaray.editors.protocol import Editor
from causaray.finding import Finding
from causaray.findings import Findings

BATCH = 16
STRENGTH = 0.7
DISEASE, NULL = "disease", "null"
ARTIFACTS = ("device", "marker_erased", "marker_left", "marker_right", "marker_moved")
Tell = Callable[[int], None]
"""Called with how many images more are edited; what it raises ends the work."""


@dataclass(frozen=True)
class Pair:
    """The same radiographs before a change and after it: each (N, 1, S, S) in [0, 1]."""

    before: Tensor
    after: Tensor

    def control(self, seed: int) -> Tensor:
        """`before` with a change that is as large and means nothing."""
        return equal_change(self.before, self.after - self.before, seed)


def artifacts(images: Tensor, seed: int) -> dict[str, Pair]:
    """The perturbations of ARTIFACTS. Letters are compared on films with blank corners, where they stand alone."""
    blank = blank_corners(images)
    left = with_letter(blank, "L", at_left=True)
    return {
        "device": Pair(images, with_pacemaker(images, seed)),
        "marker_erased": Pair(images, blank),
        "marker_left": Pair(blank, left),
        "marker_right": Pair(blank, with_letter(blank, "R", at_left=False)),
        "marker_moved": Pair(left, with_letter(blank, "L", at_left=False)),
    }


def edits(editor: Editor, images: Tensor, finding: str, seed: int, tell: Tell) -> dict[str, Pair]:
    """The finding by counterfactuals: "disease" from without to with it, each from the factual, and "null"."""
    present, absent = (Findings((Finding(finding, state),)) for state in ("present", "absent"))
    made = []
    for request, strength in ((present, STRENGTH), (absent, STRENGTH), (present, 0.0)):
        parts = []
        for part in images.split(BATCH):
            parts.append(editor.edit(part, EditRequest(request, seed, strength)).counterfactual)
            tell(len(part))
        made.append(torch.cat(parts))
    added, removed, same = made
    return {
        DISEASE: Pair(removed, added),
        "added": Pair(images, added),
        "removed": Pair(images, removed),
        NULL: Pair(images, same),
    }
