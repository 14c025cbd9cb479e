"""The table alone, read by gradient-boosted trees, which take missing values as they are."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from causaray.systems.hyperfusion.problem import Problem

_HOW = {"max_iter": 50, "early_stopping": False}


class BoostedTable:
    """A model for each answer of a problem, fitted to the cases where it is known."""

    def __init__(self, problem: Problem, seed: int) -> None:
        kind = HistGradientBoostingRegressor if problem.number else HistGradientBoostingClassifier
        self.number, self.models = problem.number, []
        for answers in problem.answers.T:
            known = np.isfinite(answers)
            model = kind(random_state=seed, **_HOW)
            self.models.append(model.fit(problem.values[known], answers[known]))

    def read(self, values: np.ndarray) -> np.ndarray:
        """(N, n): numbers or probabilities of values (N, C)."""
        if self.number:
            return np.stack([model.predict(values) for model in self.models], 1)
        return np.stack([model.predict_proba(values)[:, 1] for model in self.models], 1)
