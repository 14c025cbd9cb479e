"""Relations planted in the phantoms that no caption tells: are they found by editing (arXiv 2503.23618)?"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from causaray.cohorts import Cohort
from causaray.diffusion.prior import Prior
from causaray.evaluation.attribute_matrix import detection_rates, max_t, off_target
from causaray.methods.hidden_attributes import Edit, paired, renoised
from causaray.methods.text_prior import load_prior
from causaray.nets.finding_classifier import FindingClassifier
from causaray.reproduction.pictures import write_matrix
from causaray.reproduction.planted import UNTOLD, fine_tuned, held_out, known_graph
from causaray.reproduction.readings import checked, drawn, learned
from causaray.reproduction.written import Tell, kept_array, markdown_table, write_results
from causaray.training.readouts import HIDDEN, READOUTS, read

EDITED = ("Consolidation", "Pleural Effusion", "Edema")
PLANTED = (("Consolidation", HIDDEN), ("Pleural Effusion", UNTOLD))
"""What is edited, and what moves along: a mark that no label tells (`hidden`, `hidden_in` of the world), and devices,
which share a cause with effusion (`confounding`) and which captions pass over. Edema has nothing planted."""
SIZES = (8, 16, 32, 64)
PATIENTS, STEPS = 128, 400
"""Patients edited, and updates of each fine-tuning."""
CELLS = off_target([READOUTS.index(name) for name in EDITED], len(READOUTS))
PLACES = [(EDITED.index(edited), READOUTS.index(moved)) for edited, moved in PLANTED]
"""Which cells were not asked to change, and which of those are planted: rows and columns."""
MADE, NULL = ", made patients", "hidden 0"
CAUSALITY = (
    "A cell says that two things move together in what the model draws. That is no cause: an edit cannot tell an "
    "effect from a common cause, a selection of patients, or a read-out that takes one thing for another."
)


@dataclass(frozen=True)
class Matrix:
    """The changes (N, E, K) of every read-out under every edit, removed to shown; CELLS are tested as one family."""

    name: str
    changes: np.ndarray
    drift: np.ndarray | None = None
    """(N, K) what the null edit changes of patients who are there: noised and denoised under no caption."""

    @cached_property
    def mean(self) -> np.ndarray:
        """(E, K)."""
        return self.changes.mean(0)

    @cached_property
    def p(self) -> np.ndarray:
        """Adjusted p (E, K) of the cells that were not asked to change, NaN of those that were."""
        p = np.full(CELLS.shape, np.nan)
        p[CELLS] = max_t(self.changes[:, CELLS]).p
        return p

    @cached_property
    def power(self) -> dict[str, list[float]]:
        """n -> how often each planted cell, and any other cell, is found in draws of n patients."""
        at = [int(CELLS.ravel()[: np.ravel_multi_index(place, CELLS.shape)].sum()) for place in PLACES]
        return {str(n): detection_rates(self.changes[:, CELLS], at, n) for n in SIZES if 2 * n <= len(self.changes)}

    def facts(self) -> dict[str, Any]:
        """As results.json holds it."""
        half = 1.96 * self.changes.std(0, ddof=1) / np.sqrt(len(self.changes))
        return {
            "patients": len(self.changes), "mean": self.mean.tolist(), "half_interval": half.tolist(),
            "p": np.nan_to_num(self.p, nan=-1).tolist(), "power": self.power,
            "drift": None if self.drift is None else self.drift.mean(0).tolist(),
        }  # fmt: skip


def measure(
    prior: str | Path, cohorts: Sequence[Path], out: Path, work: Path, about: dict[str, Any], patients: int, seeds: int,
    tell: Tell,
) -> dict[str, Any]:  # fmt: skip
    """Fine-tune a prior on each cohort of phantoms, edit, read out everything, and write the page to `out`.

    Raises BadInput when the prior cannot be read, or a cohort is none of phantoms.
    """
    base = load_prior(prior)
    tell("read-outs")
    net = learned(base.codec, work)
    checks = checked(net, base.codec)
    tell("the prior before fine-tuning")
    matrices = [Matrix(f"before fine-tuning{MADE}", _of_made(base, net, work, patients))]
    for folder in cohorts:
        matrices += _of_world(prior, Cohort.open(folder), net, work / folder.name, patients, seeds, tell)
    matrices += less_null(matrices, seeds)
    found = {"readouts": checks, "matrices": {m.name: m.facts() for m in matrices}}
    write_results(
        out,
        "hidden-attributes",
        about | {"cohorts": ", ".join(f.name for f in cohorts), "patients": patients, "steps of fine-tuning": STEPS},
        found,
        _page(checks, matrices),
    )
    write_matrix([(m.name, m.mean, m.p <= 0.05) for m in matrices], EDITED, READOUTS, out / "matrix.png")
    return found


def _of_world(
    prior: str | Path, cohort: Cohort, net: FindingClassifier, work: Path, n: int, seeds: int, tell: Tell
) -> list[Matrix]:
    """A matrix of each fine-tuned prior and kind of patients, and of the SCM itself with and without the relation."""
    patients = held_out(cohort, n)
    world, matrices = f"hidden {patients.world.hidden:g}", []
    for seed in range(seeds):
        tell(f"{world}: fine-tuning {seed}")
        tuned = fine_tuned(prior, cohort, STEPS, seed, work / f"prior-{seed}")
        tell(f"{world}: edits {seed}")
        name = f"{world}, fine-tuning {seed}"
        matrices.append(Matrix(f"{name}{MADE}", _of_made(tuned, net, work, n, seed)))
        matrices.append(_of_patients(tuned, patients.images, net, work, f"{name}, held-out phantoms", seed))
    for name, known in {"SCM without the relation": 0.0, "SCM with it (truth)": patients.world.hidden}.items():
        matrices.append(Matrix(f"{world}, {name}", changes(known_graph(patients, tuned.codec, known), net)))
    return matrices


def less_null(matrices: Sequence[Matrix], seeds: int) -> list[Matrix]:
    """What each fine-tuning changes of made patients more than that of the same seed in the world without the relation.

    What a prior confuses all the same goes out. The control, one fine-tuning without the relation less another, keeps
    what two trainings differ in, and nothing else.
    """
    changes = {one.name: one.changes for one in matrices}
    worlds = list(dict.fromkeys(name.split(",")[0] for name in changes if name.startswith("hidden")))
    if NULL not in worlds:
        return []
    null = [changes[f"{NULL}, fine-tuning {seed}{MADE}"] for seed in range(seeds)]
    less = [
        Matrix(
            f"{world}, fine-tuning {seed}, less {NULL}{MADE}",
            changes[f"{world}, fine-tuning {seed}{MADE}"] - null[seed],
        )
        for world in worlds
        if world != NULL
        for seed in range(seeds)
    ]
    return less + [
        Matrix(f"{NULL}, fine-tuning {seed}, less fine-tuning {seed - 1}{MADE}", null[seed] - null[seed - 1])
        for seed in range(1, seeds)
    ]


def _of_made(prior: Prior, net: FindingClassifier, work: Path, n: int, seed: int = 0) -> np.ndarray:
    return kept_array(work, (prior.digest, n, seed), partial(changes, paired(prior, prior.noise(n, seed)), net))


def _of_patients(tuned: Prior, images: Tensor, net: FindingClassifier, work: Path, name: str, seed: int) -> Matrix:
    """Of patients who are there, images (N, 1, S, S), with the drift of the null edit."""
    edit = renoised(tuned, images, tuned.noise(len(images), seed))
    key = (tuned.digest, len(images), seed, "there")
    drift = kept_array(work, (*key, "drift"), partial(_drift, edit, net, drawn(tuned.codec, images)))
    return Matrix(name, kept_array(work, key, partial(changes, edit, net)), drift)


def _drift(edit: Edit, net: FindingClassifier, images: Tensor) -> np.ndarray:
    return read(net, edit("")) - read(net, images)


def changes(edit: Edit, net: FindingClassifier) -> np.ndarray:
    """What each read-out says of every edit shown less what it says of it removed: (N, E, K)."""
    sides = [(read(net, edit(name.lower())), read(net, edit(f"no {name.lower()}"))) for name in EDITED]
    return np.stack([shown - removed for shown, removed in sides], 1)


def _page(checks: dict[str, dict[str, float]], matrices: Sequence[Matrix]) -> list[str]:
    planted = []
    for one in matrices:
        rates = [[f"{rate:.2f}" for rate in of_cell] for of_cell in zip(*one.power.values(), strict=True)]
        for cell, place, found in zip(PLANTED, PLACES, rates, strict=False):
            planted.append([one.name, " / ".join(cell), f"{one.mean[place]:+.3f}", f"{one.p[place]:.3f}", *found])
        others = [f"{EDITED[i]} / {READOUTS[j]}" for i, j in np.argwhere(one.p <= 0.05) if (i, j) not in PLACES]
        planted.append([one.name, f"any other; found: {', '.join(others) or 'none'}", "", "", *rates[-1]])
    head = ["model and patients", "cell", "change", "p", *(f"power, n = {n}" for n in matrices[0].power)]
    drifts = [
        [one.name, *(f"{value:+.2f}" for value in one.drift.mean(0))] for one in matrices if one.drift is not None
    ]
    areas = [[name, *(f"{area:.3f}" for area in kinds.values())] for name, kinds in checks.items()]
    return [
        *(CAUSALITY, "", *markdown_table(head, planted), ""),
        *(*markdown_table(("read-out", "AUROC on images", "on what the codec draws"), areas), ""),
        *(
            "The null edit: phantoms noised and denoised under no caption, less the same as the codec draws them.",
            "",
        ),
        *(*markdown_table(("model", *READOUTS), drifts), ""),
        "![Mean change of each read-out](matrix.png)",
    ]
