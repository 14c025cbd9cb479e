"""Relations planted in the phantoms that no caption tells: are they found by editing (arXiv 2503.23618)?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from causaray.cohorts import Cohort
from causaray.cohorts.phantom.world import Phantoms, World
from causaray.diffusion.prior import Prior
from causaray.errors import BadInput
from causaray.evaluation.attribute_matrix import Family, detection_rates, max_t, over_trainings
from causaray.methods.hidden_attributes import Edit, renoised
from causaray.methods.text_prior import load_prior
from causaray.nets.codecs import Codec
from causaray.nets.finding_classifier import FindingClassifier
from causaray.reproduction.causal_models import conditional_vae, known_graph
from causaray.reproduction.pictures import write_matrix
from causaray.reproduction.planted import UNTOLD, fine_tuned, held_out
from causaray.reproduction.readings import checked, drawn, learned
from causaray.reproduction.written import Tell, kept_array, markdown_table, write_results
from causaray.training.readouts import HIDDEN, READOUTS, read
from causaray.training.source import learnable

EDITED = ("Consolidation", "Pleural Effusion", "Edema")
UNSEEN, RELIABLE = (HIDDEN, UNTOLD), 0.9
"""The read-outs that nobody tells the prior of: only with these can a relation be hidden. And the AUROC, on what the
codec draws, below which one of them is not tested: it would be told apart by how the rest is drawn."""
PLANTED = (("Consolidation", HIDDEN), ("Pleural Effusion", UNTOLD))
"""What is edited, and what moves along: a mark (`hidden`, `hidden_in` of the world), and devices, which share a cause
with effusion (`confounding`). Edema has nothing planted."""
SIZES = (32, 64, 128)
PATIENTS, STEPS, VAE_STEPS, DEPTH = 256, 1500, 1500, 0.9
"""Patients edited, updates of each fine-tuning and of each causal model, and how far an image is noised."""
Cell = tuple[int, int]
"""Row and column of the matrix: what is edited, and what is read."""
BEFORE, TUNED, LEARNED = "prior before", "fine-tunings", "conditional VAE"
WITHOUT, TRUTH = "the world, the relation left out", "the world itself (truth)"
CAUSALITY = (
    "A cell says that two things move together in what the model draws. That is no cause: an edit cannot tell an "
    "effect from a common cause, a selection of patients, or a read-out that takes one thing for another."
)
HOW = (
    "Changes of a read-out from an edit that removes a finding to one that shows it, of the same held-out phantoms. "
    "Tested as one family, at 5 % for all: the read-outs that the prior is told nothing of, as far as they are "
    "reliable (AUROC of 0.9 on what the codec draws). Of fine-tunings the training is the unit: what they differ in is "
    "part of the error. In brackets p, and what each of them has; planted cells in bold. The conditional VAE is a "
    "structural causal model whose graph is what captions tell; the world has its own, with the relation or without."
)
OFTEN = "How often a cell is found, in draws of n patients without replacement, the trained models being the same."


@dataclass(frozen=True)
class Matrix:
    """Changes (T, N, E, K) of every read-out under every edit, removed to shown, by T trainings of one kind of model.

    cells: those that are tested, as one family. planted: which of them, by number, are planted in the world.
    drift: (T, N, K) what the null edit changes, noised and denoised under no caption.
    """

    world: str
    model: str
    cells: tuple[Cell, ...]
    planted: tuple[int, ...]
    changes: np.ndarray
    drift: np.ndarray | None = None

    @property
    def name(self) -> str:
        return f"{self.world}, {self.model}"

    @property
    def mean(self) -> np.ndarray:
        """(E, K)."""
        return self.changes.mean((0, 1))

    @cached_property
    def family(self) -> np.ndarray:
        """(T, N, C) of the cells."""
        return self.changes[:, :, *np.transpose(self.cells)]

    def test(self, family: np.ndarray) -> Family:
        """Of several trainings they are the unit; of one, or of a model that is not trained, patients."""
        return over_trainings(family) if len(family) > 1 else max_t(family[0])

    @cached_property
    def p(self) -> np.ndarray:
        """Adjusted p (C,) of the cells."""
        return self.test(self.family).p

    @cached_property
    def found(self) -> dict[str, list[float]]:
        """n -> how often each planted cell, and any other cell, is found in draws of n patients."""
        sizes = [n for n in SIZES if 2 * n <= self.family.shape[1]]
        return {str(n): detection_rates(self.test, self.family, self.planted, n) for n in sizes}

    def facts(self) -> dict[str, Any]:
        """As results.json holds it."""
        return {
            "patients": self.changes.shape[1], "mean": self.mean.tolist(), "cells": self.cells, "planted": self.planted,
            "each": self.family.mean(1).tolist(), "p": self.p.tolist(), "found": self.found,
            "drift": None if self.drift is None else self.drift.mean((0, 1)).tolist(),
        }  # fmt: skip


@dataclass(frozen=True)
class Bench:
    """What all models of a world are measured with: held-out patients, codec, read-outs, and a folder to keep it in."""

    people: Phantoms
    codec: Codec
    net: FindingClassifier
    cells: tuple[Cell, ...]
    work: Path

    @property
    def world(self) -> str:
        return f"hidden {self.people.world.hidden:g}"

    @property
    def planted(self) -> tuple[int, ...]:
        """Which of the cells have something planted: those of PLANTED whose strength is not 0."""
        world = self.people.world
        strengths = zip(PLANTED, (world.hidden, world.confounding), strict=True)
        there = [(EDITED.index(edited), READOUTS.index(moved)) for (edited, moved), strength in strengths if strength]
        return tuple(self.cells.index(cell) for cell in there if cell in self.cells)

    def matrix(self, model: str, changes: Sequence[np.ndarray], drifts: Sequence[np.ndarray] = ()) -> Matrix:
        drift = np.stack(drifts) if drifts else None
        return Matrix(self.world, model, self.cells, self.planted, np.stack(changes), drift)

    def by_words(self, model: str, priors: Sequence[Prior]) -> Matrix:
        """The matrix of some priors, with the drift of their null edits."""
        images, changes, drifts = self.people.images, [], []
        for seed, prior in enumerate(priors):
            edit, key = renoised(prior, images, prior.noise(len(images), seed), DEPTH), (prior.digest, seed, DEPTH)
            changes.append(self.changes(edit, *key))
            drifts.append(self.drift(edit, *key))
        return self.matrix(model, changes, drifts)

    def by_graph(self, model: str, hidden: float) -> Matrix:
        """The matrix of the world's own edits, its hidden relation taken to be `hidden`."""
        return self.matrix(model, [self.changes(known_graph(self.people, self.codec, hidden), "graph", hidden)])

    def changes(self, edit: Edit, *key: Any) -> np.ndarray:
        """What each read-out says of every edit shown less what it says of it removed: (N, E, K); kept by its key."""
        return self.kept(partial(_changes, edit, self.net), "changes", *key)

    def drift(self, edit: Edit, *key: Any) -> np.ndarray:
        """What each read-out says of the null edit less what it says of the patients: (N, K); kept by its key."""
        return self.kept(partial(_drift, edit, self), "drift", *key)

    def kept(self, make: Callable[[], np.ndarray], *key: Any) -> np.ndarray:
        of = [asdict(self.people.world), self.people.seed, len(self.people)]
        return kept_array(self.work, [*of, *key], make)


def _changes(edit: Edit, net: FindingClassifier) -> np.ndarray:
    sides = [(read(net, edit(name.lower())), read(net, edit(f"no {name.lower()}"))) for name in EDITED]
    return np.stack([shown - removed for shown, removed in sides], 1)


def _drift(edit: Edit, bench: Bench) -> np.ndarray:
    return read(bench.net, edit("")) - read(bench.net, drawn(bench.codec, bench.people.images))


def measure(
    prior: str | Path, cohorts: Sequence[Path], out: Path, work: Path, about: dict[str, Any], patients: int, seeds: int,
    tell: Tell,
) -> dict[str, Any]:  # fmt: skip
    """Fine-tune a prior on each cohort of phantoms, edit, read out everything, and write the page to `out`.

    Raises BadInput when the prior cannot be read, or a cohort is none of phantoms.
    """
    base = load_prior(prior)
    tell("read-outs")
    opened = {folder.name: Cohort.open(folder) for folder in cohorts}
    people = {name: held_out(cohort, patients) for name, cohort in opened.items()}
    plain = replace(next(iter(people.values())).world, hidden=0.0, confounding=0.0)
    net = learned(plain, base.codec, work)
    checks, matrices = checked(net, plain, base.codec), []
    cells = reliable_cells(checks)
    for name, cohort in opened.items():
        bench = Bench(people[name], base.codec, net, cells, work)
        matrices += _of_world(base, prior, cohort, bench, work / name, seeds, tell)
    found = {"readouts": checks, "matrices": {m.name: m.facts() for m in matrices}}
    worlds = [f"{name} ({len(cohort)} phantoms: {_of(people[name].world)})" for name, cohort in opened.items()]
    settings = {"cohorts": "; ".join(worlds), "patients": patients, "fine-tunings": seeds, "updates": STEPS}
    write_results(out, "hidden-attributes", about | settings, found, _page(checks, matrices))
    write_matrix([(m.name, m.mean, _ringed(m)) for m in matrices], EDITED, READOUTS, out / "matrix.png")
    return found


def _of(world: World) -> str:
    """The settings of a world that are not the usual ones."""
    usual = asdict(World())
    return ", ".join(f"{key} {value}" for key, value in asdict(world).items() if value != usual[key])


def reliable_cells(checks: Mapping[str, Mapping[str, float]]) -> tuple[Cell, ...]:
    """The cells of every edit with each of UNSEEN that is read reliably. Raises BadInput where none is."""
    reliable = [name for name in UNSEEN if checks[name]["reconstructions"] >= RELIABLE]
    if not reliable:
        raise BadInput(f"Neither of {', '.join(UNSEEN)} can be read from what the autoencoder of the prior draws.")
    return tuple((i, READOUTS.index(name)) for i in range(len(EDITED)) for name in reliable)


def _of_world(
    base: Prior, prior: str | Path, cohort: Cohort, bench: Bench, work: Path, seeds: int, tell: Tell
) -> list[Matrix]:
    """Of one world: the prior before and after each fine-tuning, a learned causal model, and the world itself."""
    tell(f"{bench.world}: {BEFORE}")
    before, tuned = bench.by_words(BEFORE, [base]), []
    for seed in range(seeds):
        tell(f"{bench.world}: fine-tuning {seed}")
        tuned.append(fine_tuned(prior, cohort, STEPS, seed, work / f"prior-{seed}"))
    tell(f"{bench.world}: edits")
    after = bench.by_words(TUNED, tuned)
    tell(f"{bench.world}: {LEARNED}")
    names = tuple(name for name in learnable(cohort.subset(split="train")) if name not in UNSEEN)
    edit = conditional_vae(cohort, names, bench.people.images, bench.codec, VAE_STEPS, 0, work / "causal-model")
    learnt = bench.matrix(LEARNED, [bench.changes(edit, "vae", VAE_STEPS)])
    hidden = bench.people.world.hidden
    return [before, after, learnt, bench.by_graph(WITHOUT, 0.0), bench.by_graph(TRUTH, hidden)]


def _ringed(one: Matrix) -> np.ndarray:
    """Boolean (E, K): the cells that are found."""
    ringed = np.zeros(one.mean.shape, bool)
    ringed[tuple(np.transpose(one.cells))] = one.p <= 0.05
    return ringed


def _page(checks: dict[str, dict[str, float]], matrices: Sequence[Matrix]) -> list[str]:
    cells = [f"{EDITED[i]} / {READOUTS[j]}" for i, j in matrices[0].cells]
    changes = [[one.world, one.model, *(_cell(one, c) for c in range(len(cells)))] for one in matrices]
    sizes = list(matrices[0].found)
    often = [
        [one.world, one.model, what, *(f"{one.found[n][c]:.2f}" for n in sizes)]
        for one in matrices
        for c, what in enumerate([*(cells[place] for place in one.planted), "any that is not planted"])
    ]
    drifts = [[one.name, *(f"{v:+.2f}" for v in one.drift.mean((0, 1)))] for one in matrices if one.drift is not None]
    areas = [[name, *(f"{area:.3f}" for area in kinds.values())] for name, kinds in checks.items()]
    return [
        *(HOW, "", *markdown_table(["world", "model", *cells], changes), ""),
        *(OFTEN, "", *markdown_table(["world", "model", "cell", *(f"n = {n}" for n in sizes)], often), ""),
        *(CAUSALITY, "", *markdown_table(("read-out", "AUROC on images", "on what the codec draws"), areas), ""),
        "The null edit: phantoms noised and denoised under no caption, less the same as the codec draws them.",
        *("", *markdown_table(("world and model", *READOUTS), drifts), ""),
        "![Mean change of each read-out; a ring: found](matrix.png)",
    ]


def _cell(one: Matrix, c: int) -> str:
    each = one.family[:, :, c].mean(1)
    several = "; " + ", ".join(f"{change:+.3f}" for change in each) if len(each) > 1 else ""
    said = f"{each.mean():+.3f} ({one.p[c]:.3f}{several})"
    return f"**{said}**" if c in one.planted else said
