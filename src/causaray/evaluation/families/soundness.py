"""Soundness, as metrics.json holds it: the axioms of counterfactuals, and how little was changed."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.evaluation.context import Context
from causaray.evaluation.images.anatomy import thorax
from causaray.evaluation.images.lungs import lung_masks
from causaray.evaluation.measures.effectiveness import association_matrix, effectiveness_matrix
from causaray.evaluation.measures.minimality import feature_distance, latent_divergence, masked_change
from causaray.evaluation.measures.soundness import apart, commutativity, composition, reversibility
from causaray.evaluation.statistics.bootstrap import known_mean
from causaray.findings import Findings

IMAGES, PAIRS = 16, 3
"""How many images are edited again and again, and how many pairs of findings: all that takes long."""


def measure(context: Context) -> dict[str, Any]:
    """What needs no further edits, and, unless only a folder of edited images is there, what does."""
    seen = {finding: copies["as_edited"] for finding, copies in context.seen.items()}
    names, people = context.judge.names, context.patients
    found = {
        "effectiveness": effectiveness_matrix(seen, names, people, context.seed),
        "association": association_matrix(context.real, context.truth, names, list(seen), people, context.seed),
        "minimality": _minimality(context),
        "masked_change": dict(_masked(context)),
        "restated": dict(_restated(context)),
    }
    return found | (_cycles(context) if context.own else {})


def _minimality(context: Context) -> dict[str, Any]:
    """Counterfactual latent divergence of the drawn edits, beside the copied input and other real images."""
    seen, columns = context.features(), [context.judge.names.index(finding) for finding in context.edited.pairs]
    others = context.truth[seen.rows][:, columns][:, context.chosen[seen.rows]].T
    had, n = np.diagonal(others), len(seen.rows)  # others (n, n): the drawn finding of each image in all images
    distance, rng = feature_distance(seen.real, seen.real), np.random.default_rng(context.seed)
    values: dict[str, list[np.ndarray]] = {"edited": [], "control_copied": [], "control_real": []}
    for asked, features in zip((1.0, 0.0), seen.edited, strict=True):
        alike, wanted = others == had[:, None], others == asked
        drawn = np.where(wanted, rng.random(wanted.shape), -1).argmax(1)
        moved = {
            "edited": np.abs(features - seen.real).mean(1),
            "control_copied": np.zeros(n),
            "control_real": distance[np.arange(n), drawn],
        }
        for kind, how_far in moved.items():
            values[kind].append(latent_divergence(how_far, distance, alike, wanted))
    twice = np.tile(seen.patients, 2)
    return {kind: known_mean(np.concatenate(both), twice, seed=context.seed) for kind, both in values.items()}


def _masked(context: Context) -> Iterator[tuple[str, Any]]:
    """Finding -> where its edits changed the image, in the thorax or outside."""
    factual = context.edited.factual
    inside = thorax(lung_masks(factual), factual.shape[-1]).repeat(2, 1, 1, 1)
    for finding, pair in context.edited.pairs.items():
        yield finding, masked_change(factual.repeat(2, 1, 1, 1), torch.cat(pair), inside, np.tile(context.patients, 2))


def _restated(context: Context) -> Iterator[tuple[str, Any]]:
    """Finding -> how far an image goes that is asked to be what its label says it is."""
    for finding, (added, removed) in context.edited.pairs.items():
        truth = context.truth[:, context.judge.names.index(finding)]
        there, not_there = np.flatnonzero(truth == 1), np.flatnonzero(truth == 0)
        rows = np.concatenate([there, not_there])
        if len(rows):
            made = torch.cat([added[there], removed[not_there]])
            yield finding, apart(made, context.edited.factual[rows], context.patients[rows], context.seed)


def _cycles(context: Context) -> dict[str, Any]:
    """Edits of edits, of a few images."""
    own, rows = context.own, context.sample(IMAGES)
    images, people, seed = context.edited.factual[rows], context.patients[rows], context.seed
    asked = {finding: context.requests(finding) for finding in context.edited.pairs}
    pairs = list(pairwise(asked))[:PAIRS]

    def decoded(x: Tensor, request: Any) -> Tensor:
        return own.reconstruct(x) if own else x

    def both(one: str, other: str) -> Findings:
        return Findings((*asked[one][0], *asked[other][0]))

    return {
        "composition": composition(context.edit, images, None, people, seed=seed),
        "composition_decoded": composition(decoded, images, None, people, seed=seed),
        "reversibility": {
            f: reversibility(context.edit, images, *requests, people, seed=seed) for f, requests in asked.items()
        },
        "commutativity": {
            f"{one}, {other}": commutativity(
                context.edit, images, asked[one][0], asked[other][0], both(one, other), people, seed
            )
            for one, other in pairs
        },
    }
