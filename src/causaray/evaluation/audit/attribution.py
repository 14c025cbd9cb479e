"""Integrated gradients (Sundararajan et al. 2017, by Captum) of a classifier, held against its counterfactuals.

An attribution says which pixels the answer to one radiograph rests on; a counterfactual says what changes the answer.
Where a classifier reads the disease, much of the first lies where the second changes the film.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.errors import BadInput
from causaray.evaluation.audit.classifier import Classifier
from causaray.evaluation.audit.perturbations import DISEASE, Pair
from causaray.evaluation.statistics.bootstrap import known_mean
from causaray.extras import need
from causaray.imagefiles import Panel, diverging
from causaray.place import CHANGED

STEPS, BATCH = 32, 4
"""Of the way from a black image to the radiograph, and images at a time."""
EACH = 2


@dataclass(frozen=True)
class Attribution:
    """Of one finding: `figures`, as audit.json holds them, and `rows` of pictures to look at."""

    figures: dict[str, Any]
    rows: list[list[Panel]]


def check(classifier: Classifier) -> None:
    """Raises BadInput for a classifier of which there are no gradients, and where captum is not installed."""
    if classifier.net is None:
        raise BadInput(
            f"{classifier.name} gives no gradients, which integrated gradients need; those of --architecture judge, "
            "resnet, ladine and debiasing do."
        )
    need("captum", "attribution")


def attributed(
    classifier: Classifier, images: Tensor, pairs: Mapping[str, Pair], column: int, patients: np.ndarray, seed: int
) -> Attribution:
    """Integrated gradients of one output on images (N, 1, S, S), beside what the finding's edit changes in them.

    Figures, each with its interval by patient: "inside" is the share of the absolute attribution on the pixels that
    the edit from without to with the finding changes by CHANGED or more; "even" is the share of the pixels that these
    are, which an attribution that knows nothing would reach; "control_inside" takes the change of another image;
    "correlation" is that of both sizes over the pixels; "delta" is how far the attributions are, summed up, from the
    change of the output that they should explain (the error of integration).
    """
    found, delta = integrated_gradients(classifier, images, column)
    size = np.abs(found).reshape(len(found), -1)
    change = np.abs((pairs[DISEASE].after - pairs[DISEASE].before).numpy()).reshape(len(found), -1)
    region, other = change >= CHANGED, np.roll(change >= CHANGED, 1, axis=0)
    figures = {
        "inside": _share(size, region), "even": region.mean(1), "control_inside": _share(size, other),
        "correlation": _correlation(size, change), "delta": np.abs(delta),
    }  # fmt: skip
    told = {name: known_mean(values, patients, seed=seed) for name, values in figures.items()}
    most = np.argsort(-change.mean(1), kind="stable")[:EACH]
    return Attribution(told, [_panels(images[i, 0].numpy(), found[i], pairs[DISEASE], int(i)) for i in most])


def integrated_gradients(classifier: Classifier, images: Tensor, column: int) -> tuple[np.ndarray, np.ndarray]:
    """Attributions (N, S, S) of output `column` to the pixels of images (N, 1, S, S) in [0, 1], and their error (N,).

    The baseline is black. They are of the output as the net gives it: a logit, or a probability.
    """
    from captum.attr import IntegratedGradients

    assert classifier.net is not None
    net, asked = classifier.net, classifier.interface

    def answer(batch: Tensor) -> Tensor:
        return net(asked.prepared(batch, classifier.side, classifier.channels))

    method, found, deltas = IntegratedGradients(answer), [], []
    for part in images.split(BATCH):
        with torch.enable_grad():
            given, delta = method.attribute(
                part, torch.zeros_like(part), column, n_steps=STEPS, internal_batch_size=BATCH,
                return_convergence_delta=True,
            )  # fmt: skip
        found.append(given[:, 0].detach().float().numpy())
        deltas.append(delta.detach().float().numpy())
    return np.concatenate(found), np.concatenate(deltas)


def _share(size: np.ndarray, region: np.ndarray) -> np.ndarray:
    """Of each row the share of its sum that lies in the region; NaN where there is nothing, or no region."""
    whole = np.where(region.any(1), size.sum(1), 0)
    return np.divide((size * region).sum(1), whole, out=np.full(len(size), np.nan), where=whole > 0)


def _correlation(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    one, other = (values - values.mean(1, keepdims=True) for values in (one, other))
    scale = np.sqrt(np.square(one).sum(1) * np.square(other).sum(1))
    return np.divide((one * other).sum(1), scale, out=np.full(len(one), np.nan), where=scale > 0)


def _panels(factual: np.ndarray, found: np.ndarray, pair: Pair, row: int) -> list[Panel]:
    change = (pair.after - pair.before)[row, 0].numpy()
    limit = float(np.quantile(np.abs(found), 0.995)) or 1.0  # single pixels are far above all others
    return [
        Panel(factual, "radiograph"),
        Panel(diverging(found, limit), "integrated gradients"),
        Panel(diverging(change, max(float(np.abs(change).max()), CHANGED)), "counterfactual difference"),
    ]
