"""Counterfactuals by the same net, against the true ones of the phantoms and an independent judge."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.classifiers.judge import Judge
from causaray.editors.edit import EditRequest
from causaray.errors import BadInput
from causaray.evaluation.statistics.bootstrap import mean_interval, ratio_of_means
from causaray.finding import Finding
from causaray.findings import Findings
from causaray.systems.diffusion_classifier.editor import DiffusionClassifierEditor
from causaray.systems.diffusion_classifier.worlds import World

EDITED, TUNED_ON = 200, 40
"""Test images that are edited, and those, of the others, on which strength and guidance are chosen."""
STRENGTHS, GUIDANCES = (0.4, 0.6, 0.8), (1.0, 2.0, 4.0)
STRIPS = 3
"""Pictures of each direction."""
Strip = tuple[str, np.ndarray]


def counterfactuals(editor: DiffusionClassifierEditor, world: World, judge: str) -> tuple[dict[str, Any], list[Strip]]:
    """Figures of the edits, and filmstrips: image, counterfactual, true counterfactual.

    "flip": images whose judge's reading crosses 0.5 to the other class, among those that it read rightly. "true flip":
    the same of the true counterfactuals. "distance": mean absolute error to the true counterfactual, as a share of that
    of the image itself. Strength and guidance have the least distance on TUNED_ON other images.

    Raises BadInput for a judge that does not know the finding.
    """
    assert world.truth is not None
    reader = Judge.load(judge)
    if world.finding not in reader.names:
        raise BadInput(f"The judge {judge} does not know {world.finding}; name another with --judge.")
    present, images = torch.from_numpy(world.test.present), world.test.images
    truth = torch.where(present[:, None, None, None], world.truth.without_finding, world.truth.with_finding)
    tuned, rows = slice(-TUNED_ON, None), slice(0, EDITED)
    strength, guidance = min(
        ((s, g) for s in STRENGTHS for g in GUIDANCES),
        key=lambda one: float((edited(editor, world.finding, images[tuned], present[tuned], *one) - truth[tuned]).abs().mean()),
    )  # fmt: skip
    made = edited(editor, world.finding, images[rows], present[rows], strength, guidance)
    column = reader.names.index(world.finding)
    before, after, ideal = (reader.predict(part)[:, column].numpy() > 0.5 for part in (images[rows], made, truth[rows]))
    shown, patients = world.test.present[rows], world.test.patients[rows]
    right = before == shown
    error, nothing = ((part - truth[rows]).abs().mean((1, 2, 3)).numpy() for part in (made, images[rows]))
    found = {
        "strength": strength, "guidance": guidance, "images": len(made), "read rightly": int(right.sum()),
        "flip": mean_interval((after != shown)[right].astype(float), patients[right]),
        "true flip": mean_interval((ideal != shown)[right].astype(float), patients[right]),
        "distance": ratio_of_means(error, nothing, patients),
    }  # fmt: skip
    return found, list(_strips(world, images[rows], made, truth[rows], shown))


def edited(
    editor: DiffusionClassifierEditor, finding: str, images: Tensor, present: Tensor, strength: float, guidance: float
) -> Tensor:
    """Images (N, 1, S, S) with the finding taken out where it is, bool (N,), and put in where it is not."""
    made = images.clone()
    for state, rows in (("absent", present), ("present", ~present)):
        wanted = Findings((Finding(finding, state),))  # type: ignore[arg-type]
        if rows.any():
            request = EditRequest(wanted, strength=strength, guidance=guidance)
            made[rows] = editor.edit(images[rows], request).counterfactual
    return made


def _strips(world: World, images: Tensor, made: Tensor, truth: Tensor, shown: np.ndarray) -> list[Strip]:
    strips = []
    for state, word in ((True, "taken out"), (False, "put in")):
        for row in np.flatnonzero(shown == state)[:STRIPS]:
            frames = torch.cat([images[row], made[row], truth[row]]).numpy()
            strips.append((f"{world.name}: {world.finding} {word}", frames))
    return strips
