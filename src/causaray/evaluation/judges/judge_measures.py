"""How well judges read real films: AUROC, reliability, answers on normal films, and whether they know the cohort."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort
from causaray.cohorts.readings import believed_labels, read_as_normal
from causaray.cohorts.trust import trusted_labels
from causaray.evaluation.classification.calibration import calibration
from causaray.evaluation.images.features import chest_encoder, features
from causaray.evaluation.statistics.auroc import auroc
from causaray.evaluation.statistics.bootstrap import Estimate, difference, estimate, mean_interval
from causaray.findings import NAMES

MEAN = "mean"
FOLDS = 5


@dataclass(frozen=True, eq=False)
class Answers:
    """What each judge says, name -> probabilities (N, n) of the findings `names`, of the films `rows`."""

    rows: Cohort
    names: tuple[str, ...]
    said: Mapping[str, np.ndarray]

    @property
    def patients(self) -> np.ndarray:
        return self.rows.table["patient"].to_numpy()

    def of(self, keep: np.ndarray) -> "Answers":
        """Those on some films, a boolean (N,)."""
        return Answers(self.rows.subset(mask=keep), self.names, {name: p[keep] for name, p in self.said.items()})


def measured(judges: Mapping[str, Judge], cohort: Cohort, split: str, seed: int = 0) -> dict[str, Any]:
    """All of it, on the frontal films of a split ("train": of its fold guide), of findings that all judges know.

    Normal films are looked at on fold guide too. Keys: about, auroc, auroc_read, reliability, normal, cohort.
    """
    table = cohort.table
    guide = ((table["split"] == "train") & (table["fold"] == "guide")).to_numpy()
    asked = guide if split == "train" else (table["split"] == split).to_numpy()
    rows = cohort.subset(mask=asked | (guide & read_as_normal(cohort) & _shows(cohort))).frontal()
    answers, seconds = ask(judges, rows)
    guide = (rows.table["split"] == "train").to_numpy()
    main = answers.of(guide if split == "train" else ~guide)
    trusted, believed = (labels(main.rows, main.names) for labels in (trusted_labels, believed_labels))
    normal, groups = read_as_normal(rows), rows.table["cohort"].to_numpy()
    return {
        "about": {
            "split": split, "seconds": seconds, "judges": {name: one.digest for name, one in judges.items()},
            "normals": list(np.unique(groups[normal])),
        },
        "auroc": compared(main, trusted, seed),
        "auroc_read": compared(main, believed, seed),
        "reliability": reliable(main, trusted, seed),
        "normal": on_normal(answers, seed),
        "cohort": knows_cohort(judges, answers.of(normal), seed),
    }  # fmt: skip


def ask(judges: Mapping[str, Judge], rows: Cohort) -> tuple[Answers, dict[str, float]]:
    """What judges say of films, and how many seconds each takes for one."""
    images = torch.from_numpy(rows.images(range(len(rows))))
    first, *others = judges.values()
    names = tuple(name for name in first.names if all(name in other.names for other in others))
    said, seconds = {}, {}
    for name, judge in judges.items():
        start = time.monotonic()
        found = judge.predict(images).numpy()
        seconds[name] = (time.monotonic() - start) / len(rows)
        said[name] = found[:, [judge.names.index(one) for one in names]]
    return Answers(rows, names, said), seconds


def compared(answers: Answers, truth: np.ndarray, seed: int) -> dict[str, Any]:
    """ "cohort, finding" -> AUROC of each judge, and the first less the second; "cohort, mean" over its findings.

    truth (N, n) is 1, 0 or NaN.
    """
    found = {}
    for name, own, columns in _asked(answers, truth):
        part, known = answers.of(own), truth[own]
        for key, some in [*((answers.names[j], [j]) for j in columns), (MEAN, columns)]:
            keep = np.isfinite(known[:, some]).any(1)
            both = {
                judge: estimate(partial(_area, known[keep], p[keep], some), part.patients[keep], seed=seed)
                for judge, p in part.said.items()
            }
            counts = {"positives": int((known[:, some] == 1).sum()), "films": int(keep.sum())}
            found[f"{name}, {key}"] = {**counts, **both, "difference": _difference(both)}
    return found


def reliable(answers: Answers, truth: np.ndarray, seed: int) -> dict[str, Any]:
    """ "cohort, finding" -> calibration of each judge's probabilities."""
    found = {}
    for name, own, columns in _asked(answers, truth):
        part = answers.of(own)
        for j in columns:
            known = truth[own, j]
            both = {one: calibration(known, p[:, j], part.patients, seed) for one, p in part.said.items()}
            counts = {"positives": int((known == 1).sum()), "films": int(np.isfinite(known).sum())}
            found[f"{name}, {answers.names[j]}"] = {**counts, **both}
    return found


def on_normal(answers: Answers, seed: int) -> dict[str, Any]:
    """Films read as normal, by cohort and split -> their number, and the mean probability of each finding."""
    table, normal, found = answers.rows.table, read_as_normal(answers.rows), {}
    where = np.array([f"{row.cohort}, {'guide' if row.split == 'train' else row.split}" for row in table.itertuples()])
    for group in np.unique(where[normal]):
        part = answers.of(normal & (where == group))
        mean = {
            name: {one: mean_interval(p[:, j], part.patients, seed=seed) for one, p in part.said.items()}
            for j, name in enumerate(answers.names)
        }
        found[str(group)] = {"films": len(part.rows), "mean": mean}
    return found


def knows_cohort(judges: Mapping[str, Judge], normal: Answers, seed: int) -> dict[str, dict[str, Estimate]]:
    """How well each answer on normal films tells the first cohort from the others: AUROC; "probe" by all features."""
    source = normal.rows.table["cohort"].to_numpy()
    first = (source == np.unique(source)[0]).astype(float) if len(source) else np.zeros(0)
    if first.all() or not first.any():
        return {}
    found = {
        name: {one: estimate(partial(_area, first[:, None], p[:, j : j + 1], [0]), normal.patients, seed=seed)
               for one, p in normal.said.items()}
        for j, name in enumerate(normal.names)
    }  # fmt: skip
    images = torch.from_numpy(normal.rows.images(range(len(normal.rows))))
    probes = {name: _probe(features(chest_encoder(judge), images), first) for name, judge in judges.items()}
    found["probe"] = {
        name: estimate(partial(_area, first[:, None], p[:, None], [0]), normal.patients, seed=seed)
        for name, p in probes.items()
    }
    return found


def _probe(seen: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The probability (N,) of the first cohort by features (N, d) of films that the regression has not learned from."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, class_weight="balanced", max_iter=1000))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    return cross_val_predict(model, seen, first, cv=folds, method="predict_proba")[:, 1]


def _asked(answers: Answers, truth: np.ndarray) -> list[tuple[str, np.ndarray, list[int]]]:
    """(cohort, its films (N,), the columns of which it shows both classes), for those that show any."""
    source, found = answers.rows.table["cohort"].to_numpy(), []
    for name in np.unique(source):
        own = source == name
        columns = [j for j in range(truth.shape[1]) if {0.0, 1.0} <= set(truth[own, j])]
        if columns:
            found.append((str(name), own, columns))
    return found


def _shows(cohort: Cohort) -> np.ndarray:
    """Boolean (N,): rows of cohorts that show some finding, in other films than these at least."""
    source = cohort.table["cohort"].to_numpy()
    sick = source[(cohort.labels([name for name in NAMES if name != "No Finding"]) == 1).any(1)]
    return np.isin(source, sick)


def _area(truth: np.ndarray, score: np.ndarray, columns: Sequence[int], rows: np.ndarray) -> float:
    """Mean over columns of the AUROC of some rows, those whose truth is known; columns of one class are passed over."""
    areas = []
    for j in columns:
        known = rows[np.isfinite(truth[rows, j])]
        areas.append(auroc(truth[known, j], score[known, j]))
    return float(np.nanmean(areas)) if np.isfinite(areas).any() else float("nan")


def _difference(both: Mapping[str, Estimate]) -> Estimate | None:
    estimates = list(both.values())
    return difference(estimates[0], estimates[1]) if len(estimates) == 2 else None
