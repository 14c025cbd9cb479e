"""Mean effects where treatments were not given by lot: arms as they are, weighted, and adjusted by a model."""

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from causaray.nets.tabular import TabularFeatures
from causaray.systems.neural_sde.model import Shape
from causaray.systems.neural_sde.visits import Visits

LEAST = 0.02
"""Propensities are not taken to be less: a single patient would otherwise stand for too many."""


def propensity(shape: Shape, visits: Visits) -> np.ndarray:
    """Probability (P, A) of each treatment given image and table, by logistic regression on the same patients."""
    table = TabularFeatures(shape.columns)
    table.fit(visits.values)
    told = np.concatenate([visits.features, table(torch.from_numpy(visits.values)).numpy()], 1)
    found: np.ndarray = LogisticRegression(max_iter=500).fit(told, visits.treatment).predict_proba(told)
    return found.clip(min=LEAST)


def weights(shape: Shape, visits: Visits) -> np.ndarray:
    """Stabilised inverse propensity (P,) of the treatment that each patient was given."""
    share = np.bincount(visits.treatment, minlength=len(shape.treatments)) / len(visits)
    given = np.take_along_axis(propensity(shape, visits), visits.treatment[:, None], 1)[:, 0]
    return share[visits.treatment] / given


def arm_means(outcome: np.ndarray, treatment: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Mean outcome (A,) of the patients of each arm, of outcomes (P,), each counted so often (P,)."""
    return np.bincount(treatment, counts * outcome) / np.bincount(treatment, counts)
