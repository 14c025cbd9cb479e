"""How far an edit moves the pathology map: until the guide sees an unambiguous case."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor

from causaray.cohorts import Cohort
from causaray.cohorts.trust import trusted_labels
from causaray.findings import Finding
from causaray.nets.guide import Guide
from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor

AMOUNTS = (1.0, 1.5, 2.0, 2.5, 3.0)
TOLD_APART = 0.98
STRENGTH = 0.7
IMAGES = 32


def calibrated_amounts(
    editor: CausalDisentanglementEditor, guide: Guide, cohort: Cohort, seed: int
) -> dict[str, float]:
    """Amount by finding, measured on training images that the guide has not learned from (see `calibrated_amount`)."""
    guide.eval()
    return {
        finding: calibrated_amount(editor, guide, images, finding)
        for finding, images in unseen(cohort, editor.names, seed)
    }


def unseen(cohort: Cohort, names: Sequence[str], seed: int) -> Iterator[tuple[str, Tensor]]:
    """For each finding up to IMAGES images of a cohort that is asked for it, outside the guide's fold."""
    rng, labels = np.random.default_rng(seed), trusted_labels(cohort, names)
    outside = cohort.table["fold"].to_numpy() != "guide"
    for column, finding in enumerate(names):
        rows = np.flatnonzero(np.isfinite(labels[:, column]) & outside)
        if len(rows):
            yield finding, torch.from_numpy(cohort.images(rng.permutation(rows)[:IMAGES]))


@torch.no_grad()
def calibrated_amount(editor: CausalDisentanglementEditor, guide: Guide, images: Tensor, finding: str) -> float:
    """The least of AMOUNTS at which the guide tells images with the finding from the same without: AUROC TOLD_APART.

    images: (B, 1, S, S) in [0, 1]. The largest amount when none is enough.
    """
    identity, z = editor.encode(images)
    up, down = (
        editor.direction(z, [Finding(finding, state)], editor.noise(0, 1), STRENGTH) for state in ("present", "absent")
    )
    truth = np.repeat([1, 0], len(images))
    for amount in AMOUNTS:
        shown = torch.cat([editor.moved(images, identity, z, amount * move).counterfactual for move in (up, down)])
        if roc_auc_score(truth, _seen(guide, shown)[:, editor.names.index(finding)]) >= TOLD_APART:
            break
    return amount


def _seen(guide: Guide, images: Tensor) -> np.ndarray:
    place = next(guide.parameters()).device
    return torch.cat([guide(part.to(place)).mean(1).cpu() for part in images.split(16)]).numpy()
