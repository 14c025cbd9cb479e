"""Axioms of counterfactuals, tested by running an editor: composition, reversibility, commutativity.

Monteiro et al. 2023 (ICLR, arXiv:2303.01274); distances and cycles as in Melistas et al. 2024 (NeurIPS Datasets and
Benchmarks, arXiv:2403.20287). Effectiveness and minimality need no further edits: `effectiveness.py`, `minimality.py`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from causaray.evaluation.images.distances import l1, ssim
from causaray.evaluation.statistics.bootstrap import Estimate, mean_interval, ratio_of_means

EditImages = Callable[[Tensor, Any], Tensor]
"""Images (N, 1, S, S) in [0, 1] and what is asked of them -> the counterfactuals, of the same shape and range."""


def after_cycles(edit: EditImages, images: Tensor, requests: Sequence[Any], cycles: Sequence[int]) -> dict[int, Tensor]:
    """The images after the requests, in turn, were made so many times, each on what the one before left."""
    found, now = {}, images
    for cycle in range(1, max(cycles) + 1):
        for request in requests:
            now = edit(now, request)
        if cycle in cycles:
            found[cycle] = now
    return found


def apart(x: Tensor, y: Tensor, patients: np.ndarray, seed: int = 0) -> dict[str, Estimate]:
    """Mean "l1" in grey levels 0 to 255, and mean "ssim", of pairs of images (N, 1, S, S)."""
    return {
        "l1": mean_interval(l1(x, y).numpy(), patients, seed=seed),
        "ssim": mean_interval(ssim(x, y).numpy(), patients, seed=seed),
    }


def composition(
    edit: EditImages, images: Tensor, null: Any, patients: np.ndarray, cycles: Sequence[int] = (1, 10), seed: int = 0
) -> dict[str, dict[str, Estimate]]:
    """An intervention that changes nothing, made so many times, changes nothing: {cycles: `apart` from the images}.

    `null` asks for what already is. An editor that does nothing is perfect here, so this is never read alone.
    """
    made = after_cycles(edit, images, [null], cycles)
    return {str(cycle): apart(x, images, patients, seed) for cycle, x in made.items()}


def reversibility(
    edit: EditImages,
    images: Tensor,
    request: Any,
    back: Any,
    patients: np.ndarray,
    cycles: Sequence[int] = (1, 5),
    seed: int = 0,
) -> dict[str, Any]:
    """Edited and edited back, so many times, the images are themselves: {cycles: `apart` from the images}.

    Beside them "edited", how far one edit alone goes, and "ratio", the l1 after the fewest cycles as a share of it: an
    editor that does nothing is where it was, and its ratio is NaN.
    """
    once, made = edit(images, request), after_cycles(edit, images, [request, back], cycles)
    errors = l1(made[min(cycles)], images).numpy(), l1(once, images).numpy()
    return {str(cycle): apart(x, images, patients, seed) for cycle, x in made.items()} | {
        "edited": apart(once, images, patients, seed),
        "ratio": ratio_of_means(*errors, patients, seed=seed),
    }


def commutativity(
    edit: EditImages, images: Tensor, first: Any, second: Any, both: Any, patients: np.ndarray, seed: int = 0
) -> dict[str, Any]:
    """First then second, second then first, and both asked at once: three ways to one image, `apart` two by two.

    "edited" is how far first then second went from the images, and "ratio" the l1 between the two orders as a share
    of it: an editor that does nothing commutes, and its ratio is NaN.
    """
    forth = edit(edit(images, first), second)
    back = edit(edit(images, second), first)
    once = edit(images, both)
    errors = l1(forth, back).numpy(), l1(forth, images).numpy()
    return {
        "orders": apart(forth, back, patients, seed),
        "first_second_or_both": apart(forth, once, patients, seed),
        "second_first_or_both": apart(back, once, patients, seed),
        "edited": apart(forth, images, patients, seed),
        "ratio": ratio_of_means(*errors, patients, seed=seed),
    }
