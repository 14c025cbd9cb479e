"""How well the judge reads real images: the yardstick beside every effect it measures."""

import numpy as np
import torch

from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort
from causaray.cohorts.trust import trusted_labels
from causaray.evaluation.statistics.auroc import auroc_interval
from causaray.nets.guide import blur


def measure(judge: Judge, cohort: Cohort, sigma: float = 0.0, draws: int = 1000) -> dict[str, dict[str, float]]:
    """How well the judge reads the real images of `cohort`, finding by finding, on rows whose labels can be trusted.

    {name: {"auroc", "low", "high", "positives", "images"}}, the 95 % interval by drawing patients; findings without
    both classes are left out. With `sigma` > 0 the images are first blurred by a Gaussian of so many pixels.
    """
    truth = trusted_labels(cohort, judge.names)
    asked = np.flatnonzero(np.isfinite(truth).any(1))
    images = torch.from_numpy(cohort.images(asked))
    score = judge.predict(blur(images, sigma) if sigma else images).numpy()
    patient = cohort.table["patient"].to_numpy()[asked]
    measured = {}
    for j, name in enumerate(judge.names):
        known = np.isfinite(truth[asked, j])
        if len(np.unique(truth[asked, j][known])) == 2:
            area, low, high = auroc_interval(truth[asked, j][known], score[known, j], patient[known], draws)
            positives, count = int(truth[asked, j][known].sum()), int(known.sum())
            measured[name] = {"auroc": area, "low": low, "high": high, "positives": positives, "images": count}
    return measured
