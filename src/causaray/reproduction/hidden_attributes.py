"""Relations planted in the phantoms that no caption tells: are they found by editing (arXiv 2503.23618)?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from causaray.cohorts import Cohort
from causaray.cohorts.phantom.world import Phantoms
from causaray.diffusion.prior import Prior
from causaray.errors import BadInput
from causaray.evaluation.attribute_matrix import detection_rates, max_t
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
BEFORE, TUNED, LEARNED, TRUTH = "before", "fine-tuning", "conditional VAE", "the world itself (truth)"
CAUSALITY = (
    "A cell says that two things move together in what the model draws. That is no cause: an edit cannot tell an "
    "effect from a common cause, a selection of patients, or a read-out that takes one thing for another."
)
HOW = (
    "Changes of a read-out between an edit that shows a finding and one that removes it, of held-out phantoms, less "
    "what it says of the same phantoms changed by the world itself without the relation: that is its own confusion. "
    "Tested as one family, at 5 % for all: the read-outs that the prior is told nothing of, as far as they are "
    "reliable (AUROC of 0.9 on what the codec draws); planted cells in bold. Found: how often, in draws of n patients "
    "without replacement."
)


@dataclass(frozen=True)
class Matrix:
    """Changes (N, E, K) of every read-out under every edit, removed to shown, and those of the known graph.

    cells: those that are tested, as one family. planted: which of them, by number, are planted in the world.
    """

    world: str
    model: str
    cells: tuple[Cell, ...]
    planted: tuple[int, ...]
    changes: np.ndarray
    confusion: np.ndarray
    drift: np.ndarray | None = None
    """(N, K) what the null edit changes: noised and denoised under no caption."""

    @property
    def name(self) -> str:
        return f"{self.world}, {self.model}"

    @cached_property
    def beyond(self) -> np.ndarray:
        """(N, E, K) what moves beyond the confusion of the read-outs."""
        return self.changes - self.confusion

    @cached_property
    def family(self) -> np.ndarray:
        """(N, C) of the cells."""
        return self.beyond[:, *np.transpose(self.cells)]

    @cached_property
    def p(self) -> np.ndarray:
        """Adjusted p (C,) of the cells."""
        return max_t(self.family).p

    @cached_property
    def found(self) -> dict[str, list[float]]:
        """n -> how often each planted cell, and any other cell, is found in draws of n patients."""
        sizes = [n for n in SIZES if 2 * n <= len(self.family)]
        return {str(n): detection_rates(self.family, self.planted, n) for n in sizes}

    def facts(self) -> dict[str, Any]:
        """As results.json holds it."""
        half = 1.96 * self.beyond.std(0, ddof=1) / np.sqrt(len(self.beyond))
        return {
            "patients": len(self.changes), "planted": self.planted, "changes": self.changes.mean(0).tolist(),
            "beyond": self.beyond.mean(0).tolist(), "half_interval": half.tolist(), "p": self.p.tolist(),
            "found": self.found, "drift": None if self.drift is None else self.drift.mean(0).tolist(),
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

    @cached_property
    def confusion(self) -> np.ndarray:
        """(N, E, K) what the read-outs say of the world's own edits without the relation."""
        return self.of_graph(0.0)

    def of_graph(self, hidden: float) -> np.ndarray:
        """(N, E, K) of the world's own edits, its hidden relation taken to be `hidden`."""
        return self.changes(known_graph(self.people, self.codec, hidden), "graph", hidden)

    def matrix(self, model: str, changes: np.ndarray, drift: np.ndarray | None = None) -> Matrix:
        return Matrix(self.world, model, self.cells, self.planted, changes, self.confusion, drift)

    def by_words(self, model: str, prior: Prior, seed: int = 0) -> Matrix:
        """The matrix of a prior, with the drift of its null edit."""
        images = self.people.images
        edit, key = renoised(prior, images, prior.noise(len(images), seed), DEPTH), (prior.digest, seed)
        return self.matrix(model, self.changes(edit, *key), self.drift(edit, *key))

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
    rates = by_world(matrices)
    found = {"readouts": checks, "matrices": {m.name: m.facts() for m in matrices}, "found": rates}
    settings = {"cohorts": ", ".join(f.name for f in cohorts), "patients": patients, "seeds": seeds, "updates": STEPS}
    write_results(out, "hidden-attributes", about | settings, found, _page(checks, matrices, rates))
    panels = [(m.name, m.beyond.mean(0), _ringed(m)) for m in matrices]
    write_matrix(panels, EDITED, READOUTS, out / "matrix.png")
    return found


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
    matrices = [bench.by_words(BEFORE, base)]
    for seed in range(seeds):
        tell(f"{bench.world}: {TUNED} {seed}")
        tuned = fine_tuned(prior, cohort, STEPS, seed, work / f"prior-{seed}")
        tell(f"{bench.world}: edits {seed}")
        matrices.append(bench.by_words(f"{TUNED} {seed}", tuned, seed))
    tell(f"{bench.world}: {LEARNED}")
    names = tuple(name for name in learnable(cohort.subset(split="train")) if name not in UNSEEN)
    edit = conditional_vae(cohort, names, bench.people.images, bench.codec, VAE_STEPS, 0, work / "causal-model")
    matrices.append(bench.matrix(LEARNED, bench.changes(edit, "vae", VAE_STEPS)))
    return [*matrices, bench.matrix(TRUTH, bench.of_graph(bench.people.world.hidden))]


def by_world(matrices: Sequence[Matrix]) -> dict[str, dict[str, dict[str, list[float]]]]:
    """world -> model -> n -> how often each planted cell, and any other, is found: the mean over its fine-tunings."""
    grouped: dict[str, dict[str, list[Matrix]]] = {}
    for one in matrices:
        model = f"{TUNED}s" if one.model.startswith(TUNED) else one.model
        grouped.setdefault(one.world, {}).setdefault(model, []).append(one)
    return {
        world: {
            model: {n: np.mean([one.found[n] for one in ones], 0).tolist() for n in ones[0].found}
            for model, ones in models.items()
        }
        for world, models in grouped.items()
    }


def _ringed(one: Matrix) -> np.ndarray:
    """Boolean (E, K): the cells that are found."""
    ringed = np.zeros(one.beyond.shape[1:], bool)
    ringed[tuple(np.transpose(one.cells))] = one.p <= 0.05
    return ringed


def _page(checks: dict[str, dict[str, float]], matrices: Sequence[Matrix], rates: dict[str, Any]) -> list[str]:
    cells = [f"{EDITED[i]} / {READOUTS[j]}" for i, j in matrices[0].cells]
    changes = [
        [one.name, *(_cell(mean, one.p[c], c in one.planted) for c, mean in enumerate(one.family.mean(0)))]
        for one in matrices
    ]
    sizes, planted = list(matrices[0].found), {one.world: one.planted for one in matrices}
    often = [
        [world, model, what, *(f"{found[n][c]:.2f}" for n in sizes)]
        for world, models in rates.items()
        for model, found in models.items()
        for c, what in enumerate([*(cells[place] for place in planted[world]), "any that is not planted"])
    ]
    drifts = [
        [one.name, *(f"{value:+.2f}" for value in one.drift.mean(0))] for one in matrices if one.drift is not None
    ]
    areas = [[name, *(f"{area:.3f}" for area in kinds.values())] for name, kinds in checks.items()]
    return [
        *(HOW, "", *markdown_table(["world and model", *(f"{cell}: change (p)" for cell in cells)], changes), ""),
        *(*markdown_table(["world", "model", "cell", *(f"found, n = {n}" for n in sizes)], often), ""),
        *(CAUSALITY, "", *markdown_table(("read-out", "AUROC on images", "on what the codec draws"), areas), ""),
        "The null edit: phantoms noised and denoised under no caption, less the same as the codec draws them.",
        *("", *markdown_table(("world and model", *READOUTS), drifts), ""),
        "![Mean change of each read-out beyond its confusion](matrix.png)",
    ]


def _cell(mean: float, p: float, planted: bool) -> str:
    said = f"{mean:+.3f} ({p:.3f})"
    return f"**{said}**" if planted else said
