"""Counterfactuals by the same net, against the true ones of the phantoms and an independent judge."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.classifiers.judge import Judge
from causaray.cohorts.planted import Planted
from causaray.editors.edit import EditRequest
from causaray.errors import BadInput
from causaray.evaluation.measures.truth import distance_to_truth
from causaray.evaluation.statistics.bootstrap import mean_interval
from causaray.finding import Finding
from causaray.findings import Findings
from causaray.systems.diffusion_classifier.editor import DiffusionClassifierEditor
from causaray.systems.diffusion_classifier.worlds import Part, World

EDITED, TUNED_ON = 200, 40
"""Images of split test that are edited, and those of split val on which strength and guidance are chosen."""
STRENGTHS, GUIDANCES = (0.3, 0.6, 0.9), (1.0, 2.0)
STRIPS = 3
"""Pictures of each direction."""
Strip = tuple[str, np.ndarray]


def counterfactuals(editor: DiffusionClassifierEditor, world: World, judge: str) -> tuple[dict[str, Any], list[Strip]]:
    """Figures of the edits, and filmstrips: image, counterfactual, true counterfactual.

    "flip": images whose judge's reading crosses 0.5 to the other class, among those that it read rightly. "true flip":
    the same of the true counterfactuals. "truth": `distance_to_truth`. Strength and guidance have the least mean
    squared distance on split val.

    Raises BadInput for a judge that does not know the finding.
    """
    reader = Judge.load(judge)
    if world.finding not in reader.names:
        raise BadInput(f"The judge {judge} does not know {world.finding}; name another with --judge.")
    strength, guidance = tuned(editor, world)
    images, present, truth = first(world.test, world.truth, EDITED)
    made = edited(editor, world.finding, images, present, strength, guidance)
    column = reader.names.index(world.finding)
    before, after, ideal = (reader.predict(part)[:, column].numpy() > 0.5 for part in (images, made, truth))
    shown, patients = present.numpy(), world.test.patients[:EDITED]
    right = before == shown
    found = {
        "strength": strength, "guidance": guidance, "images": len(made), "read rightly": int(right.sum()),
        "flip": mean_interval((after != shown)[right].astype(float), patients[right]),
        "true flip": mean_interval((ideal != shown)[right].astype(float), patients[right]),
        "truth": distance_to_truth(made, truth, images, None, patients),
    }  # fmt: skip
    return found, list(_strips(world, images, made, truth, shown))


def first(part: Part, known: Planted | None, n: int) -> tuple[Tensor, Tensor, Tensor]:
    """The first n images (n, 1, S, S), whether each shows the finding (n,), and its true counterfactuals."""
    assert known is not None  # only phantoms are asked for
    present = torch.from_numpy(part.present[:n])
    truth = known.with_finding[:n].clone()
    truth[present] = known.without_finding[:n][present]
    return part.images[:n], present, truth


def tuned(editor: DiffusionClassifierEditor, world: World) -> tuple[float, float]:
    """The strength and guidance that come nearest to the true counterfactuals of split val."""
    images, present, truth = first(world.val, world.val_truth, TUNED_ON)

    def distance(one: tuple[float, float]) -> float:
        return float((edited(editor, world.finding, images, present, *one) - truth).square().mean())

    return min(((s, g) for s in STRENGTHS for g in GUIDANCES), key=distance)


def edited(
    editor: DiffusionClassifierEditor, finding: str, images: Tensor, present: Tensor, strength: float, guidance: float
) -> Tensor:
    """Images (N, 1, S, S) with the finding taken out where it is, bool (N,), and put in where it is not."""
    made = images.clone()
    for state, rows in (("absent", present), ("present", ~present)):
        wanted = Findings((Finding(finding, state),))
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
