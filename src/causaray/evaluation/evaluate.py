"""causaray evaluate: measure an editor on patients it has never seen, and write what was found."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from causaray import __version__, weightfiles
from causaray.cohorts import Cohort, open_cohorts
from causaray.errors import BadInput
from causaray.evaluation import edits, features, identity, realism, reconstruction
from causaray.evaluation.bootstrap import interval, mean_interval
from causaray.evaluation.edits import EditedCohort
from causaray.evaluation.effect import effect
from causaray.evaluation.judge import Judge, measure
from causaray.evaluation.report import write_report
from causaray.methods.editor import Editor
from causaray.writing import make_folder

SUITES = ("reconstruction", "effect", "identity", "realism")
GALLERY_SIDES = 2
"""Edits an image whose features are computed (one added, one removed finding): features dominate the run time."""


def evaluate(
    weights: str | Path,
    cohorts: Sequence[str | Path],
    out: str | Path,
    *,
    split: str = "test",
    suite: Sequence[str] = SUITES,
    limit: int | None = None,
    seed: int = 0,
    strength: float = 0.7,
    command: str = "",
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Any]:
    """Measure the editor `weights` on a split of prepared cohorts; write metrics.json, results.md and grids to `out`.

    Args:
        weights: name of shipped weights, or a weights folder.
        cohorts: prepared cohort folders, or a folder of several.
        out: folder of the report; a stopped run goes on from what it holds.
        split: rows to measure on.
        suite: families of measures, of SUITES.
        limit: at most so many images a cohort.
        seed: of noise, choices and draws.
        strength: of the edits.
        command: the command line, to be printed above the figures.
        progress: called with (what, done, in all).

    Returns: the contents of metrics.json.

    Raises:
        BadInput: for an unknown suite, a split without images, or a judge that knows none of the asked findings.
    """
    unknown = sorted(set(suite) - set(SUITES))
    if unknown:
        raise BadInput(f"There is no suite {unknown[0]}; known are {', '.join(SUITES)}.")
    tell = progress or (lambda what, done, total: None)
    editor, judge = Editor.load(weightfiles.find(weights)), Judge.load()
    cohort = open_cohorts([Path(folder) for folder in cohorts])
    if cohort.size != editor.size:
        raise BadInput(f"The cohorts were prepared at {cohort.size} px; {editor.name} works at {editor.size} px.")
    out = Path(out)
    work = out / "unfinished"
    make_folder(work)
    measured, sets = {}, []
    for name, rows in edits.by_cohort(cohort, split, limit, seed):
        findings = asked(name, rows, editor, judge)
        if findings:
            sets.append(edits.make(editor, name, rows, findings, work, seed, strength, tell))
            measured[name] = measure_cohort(sets[-1], judge, suite, seed, tell)
    if not sets:
        raise BadInput(f"The judge and {editor.name} know no finding in common that split {split} could show.")
    about = {
        "command": command, "version": __version__, "weights": editor.name, "digest": editor.digest,
        "guidance": editor.config.guidance, "judge": judge.digest, "split": split, "seed": seed, "strength": strength,
    }  # fmt: skip
    report = {"about": about, "cohorts": measured}
    write_report(report, sets, out, seed)
    shutil.rmtree(work)
    return report


def asked(name: str, rows: Cohort, editor: Editor, judge: Judge) -> tuple[str, ...]:
    """The findings to add and remove in a cohort: those editor and judge both know."""
    wanted = edits.ASKED.get(name, judge.names if len(rows) >= 8 else ())
    return tuple(f for f in wanted if f in editor.names and f in judge.names)


def measure_cohort(
    edited: EditedCohort, judge: Judge, suite: Sequence[str], seed: int, tell: edits.Progress
) -> dict[str, Any]:
    """All asked measures of one cohort, with their intervals and controls."""
    found: dict[str, Any] = {
        "images": len(edited.rows),
        "patients": len(set(edited.patients)),
        "null edit equals reconstruction": edited.null_equal,
    }
    if "reconstruction" in suite:
        values = reconstruction.summary(edited.reconstruction, edited.factual)
        found["reconstruction"] = {k: mean_interval(v.numpy(), edited.patients) for k, v in values.items()}
    if "effect" in suite:
        real, recon = measure(judge, edited.rows), _judged_reconstruction(edited, judge)
        found["effect"] = {
            finding: {"judge on real images": real.get(finding), "judge on reconstructions": recon.get(finding)}
            | _effect(edited, finding, judge, tell)
            for finding in edited.pairs
        }
    if "identity" in suite or "realism" in suite:
        found |= _feature_measures(edited, suite, seed, tell)
    return found


def _score(judge: Judge, finding: str) -> Callable[[torch.Tensor], np.ndarray]:
    column = judge.names.index(finding)
    return lambda images: judge.predict(images)[:, column].numpy()


def _effect(edited: EditedCohort, finding: str, judge: Judge, tell: edits.Progress) -> dict[str, Any]:
    added, removed = edited.pairs[finding]
    tell(f"judging {finding}", 0, 1)
    return effect(_score(judge, finding), added, removed, edited.factual, edited.patients)


def _judged_reconstruction(edited: EditedCohort, judge: Judge) -> dict[str, float]:
    from sklearn.metrics import roc_auc_score

    from causaray.cohorts.trust import trusted_labels

    truth, score = trusted_labels(edited.rows, judge.names), judge.predict(edited.reconstruction).numpy()
    found = {}
    for j, name in enumerate(judge.names):
        known = np.isfinite(truth[:, j])
        if len(np.unique(truth[known, j])) == 2:
            found[name] = float(roc_auc_score(truth[known, j], score[known, j]))
    return found


def sample_edits(edited: EditedCohort, seed: int) -> tuple[torch.Tensor, np.ndarray]:
    """One added and one removed finding an image, drawn at random: images (2N, 1, S, S) and their source rows (2N,)."""
    rng, findings, n = np.random.default_rng(seed), list(edited.pairs), len(edited.rows)
    sides = []
    for side in range(GALLERY_SIDES):
        drawn = rng.integers(len(findings), size=n)
        sides.append(torch.stack([edited.pairs[findings[f]][side][i] for i, f in enumerate(drawn)]))
    return torch.cat(sides), np.tile(np.arange(n), GALLERY_SIDES)


def _feature_measures(edited: EditedCohort, suite: Sequence[str], seed: int, tell: edits.Progress) -> dict[str, Any]:
    extract, (images, source) = features.inception(), sample_edits(edited, seed)

    def of(what: str, x: torch.Tensor) -> np.ndarray:
        return features.features(extract, x, lambda done, total: tell(f"features of {what}", done, total))

    real, recon, made = of("real", edited.factual), of("reconstructed", edited.reconstruction), of("edited", images)
    found: dict[str, Any] = {}
    if "identity" in suite:
        found["identity"] = _identity(edited, real, recon, made, source)
    if "realism" in suite:
        found["realism"] = _realism(edited, images, real, recon, made)
    return found


def _identity(
    edited: EditedCohort, real: np.ndarray, recon: np.ndarray, made: np.ndarray, source: np.ndarray
) -> dict[str, Any]:
    patients = edited.patients
    own_edit = identity.own_patient(made, real, patients[source], patients)
    own_recon = identity.own_patient(recon, real, patients, patients)
    shuffled = identity.own_patient(made, real, np.random.default_rng(0).permutation(patients[source]), patients)
    return {
        "edited": mean_interval(own_edit.astype(float), patients[source]),
        "reconstructed": mean_interval(own_recon.astype(float), patients),
        "control shuffled patients": float(shuffled.mean()),
    }


def _realism(
    edited: EditedCohort, images: torch.Tensor, real: np.ndarray, recon: np.ndarray, made: np.ndarray
) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    half = rng.permutation(len(real))
    power = {
        "edited": realism.high_frequency_power(images).numpy(),
        "reconstructed": realism.high_frequency_power(edited.reconstruction).numpy(),
        "real": realism.high_frequency_power(edited.factual).numpy(),
    }
    one = edited.reconstruction.shape[0]

    def ratio(rows: np.ndarray) -> float:
        both = np.concatenate([power["edited"][rows], power["edited"][rows + one]])
        return float(both.mean() / power["reconstructed"][rows].mean())

    value, low, high = interval(ratio, edited.patients)
    kids = {"edited": realism.kid(made, real), "reconstructed": realism.kid(recon, real)}
    return {
        "KID x 1000 to real": {k: {q: v[q] * (1000 if q != "n" else 1) for q in v} for k, v in kids.items()},
        "KID ratio": kids["edited"]["value"] / kids["reconstructed"]["value"],
        "control real against real, x 1000": 1000 * realism.kid(real[half[::2]], real[half[1::2]])["value"],
        "power above half Nyquist, edited / reconstructed": {
            "value": value,
            "low": low,
            "high": high,
            "n": len(images),
        },
        "power above half Nyquist, reconstructed / real": float(power["reconstructed"].mean() / power["real"].mean()),
    }
