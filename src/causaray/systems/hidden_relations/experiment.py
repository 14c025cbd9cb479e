"""A relation planted in the phantoms that no caption tells: is it found by editing (arXiv 2503.23618)?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from causaray import weightfiles
from causaray.classifiers.readouts import READOUTS, read
from causaray.cohorts import Cohort
from causaray.cohorts.phantom.world import Phantoms, World
from causaray.diffusion.prior import Prior
from causaray.errors import BadInput
from causaray.experiments.options import ExperimentOptions
from causaray.experiments.pictures import write_matrix, write_strips
from causaray.experiments.results import Tell, kept_array, markdown_table, write_results
from causaray.nets.codecs import Codec
from causaray.nets.finding_classifier import FindingClassifier
from causaray.priors.text_prior import load_prior
from causaray.systems.hidden_relations.attribute_matrix import (
    Family,
    between_trainings,
    detection_rates,
    less_null,
    max_t,
)
from causaray.systems.hidden_relations.causal_models import KIND, conditional_vae, known_graph
from causaray.systems.hidden_relations.edits import Edit, renoised
from causaray.systems.hidden_relations.planted import CAUSE, UNTOLD, fine_tuned, held_out, held_out_rows, together
from causaray.systems.hidden_relations.readout_checks import checked, drawn, learned
from causaray.training.source import learnable

EDITED = (CAUSE, "Pleural Effusion", "Consolidation", "Edema")
"""What is edited; only the first has something to do with UNTOLD, and only in a world where it is planted."""
SIZES = (32, 64, 128)
PATIENTS, STEPS, VAE_STEPS, DEPTH = 256, 1000, 2500, 0.9
"""Patients edited, updates of each fine-tuning and of each causal model, and how far an image is noised."""
RELIABLE, SHOWN = 0.9, 8
"""The least AUROC of the read-out of UNTOLD on what the codec draws; and how many patients are shown."""
TUNED, LEARNED, WORLD = "fine-tunings", "conditional VAE", "the world itself"
CAUSALITY = (
    "A cell says that two things move together in what the model draws. That is no cause, and here it is none: both "
    "have a common cause. An edit cannot tell an effect from that, from a selection of patients, or from a read-out "
    "that takes one thing for another: so look at the pictures."
)
HOW = (
    f"Change of the read-out of {UNTOLD.lower()}, which captions pass over, from an edit that removes a finding to one "
    "that shows it, of the same held-out phantoms; in brackets p against no change, adjusted for the edits as one "
    "family. Planted: in bold. The conditional VAE is a structural causal model that is told the same, and what else "
    "the patient has; the world itself is the true one, in which neither is the cause of the other. Last, how much "
    "more often patients have both."
)
OBEYED = "How far each edit moves the read-out of what it asks for: an editor that moves nothing finds nothing."
LESS = (
    "The same less what fine-tunings in the world without the relation change: what prior and read-out confuse all the "
    "same goes out. The training is the unit: what two trainings of a kind differ in is part of the error."
)
OFTEN = "How often it is found, in draws of n patients without replacement, the trained models being the same."


@dataclass(frozen=True)
class Matrix:
    """Changes (T, N, E, K) of every read-out under every edit, removed to shown, by T trainings of one kind of model.

    planted: whether the world has the relation. drift: (T, N, K) what the null edit changes, noised and denoised under
    no caption.
    """

    world: str
    model: str
    planted: bool
    changes: np.ndarray
    drift: np.ndarray | None = None

    @property
    def name(self) -> str:
        return f"{self.world}, {self.model}"

    @property
    def mean(self) -> np.ndarray:
        """(E, K)."""
        return self.changes.mean((0, 1))

    @property
    def family(self) -> np.ndarray:
        """(T, N, E): what is read of UNTOLD."""
        return self.changes[..., READOUTS.index(UNTOLD)]

    @cached_property
    def p(self) -> np.ndarray:
        """Adjusted p (E,) of the family against no change; patients are the unit."""
        return max_t(self.family.mean(0)).p

    def facts(self) -> dict[str, Any]:
        """As results.json holds it."""
        return {
            "patients": self.changes.shape[1], "mean": self.mean.tolist(), "planted": self.planted,
            "each": self.family.mean(1).tolist(), "p": self.p.tolist(),
            "drift": None if self.drift is None else self.drift.mean((0, 1)).tolist(),
        }  # fmt: skip


@dataclass(frozen=True)
class Contrast:
    """What trainings (T, N, E) move of UNTOLD less what trainings (M, N, E) without the relation do.

    between, freedom: of `between_trainings`.
    """

    name: str
    planted: bool
    changes: np.ndarray
    null: np.ndarray
    between: float
    freedom: int

    def test(self, rows: np.ndarray) -> Family:
        """By these patients."""
        return less_null(self.changes[:, rows], self.null[:, rows], self.between, self.freedom)

    @cached_property
    def whole(self) -> Family:
        return self.test(np.arange(self.changes.shape[1]))

    @cached_property
    def found(self) -> dict[str, list[float]]:
        """n -> how often the planted relation, if there is one, and any other, is found in draws of n patients."""
        n = self.changes.shape[1]
        sizes = [size for size in SIZES if 2 * size <= n]
        return {str(size): detection_rates(self.test, n, [0] if self.planted else [], size) for size in sizes}

    def facts(self) -> dict[str, Any]:
        """As results.json holds it."""
        whole = {name: getattr(self.whole, name).tolist() for name in ("mean", "low", "high", "p")}
        return {"planted": self.planted, **whole, "found": self.found}


def contrasts(tuned: Sequence[Matrix]) -> list[Contrast]:
    """The fine-tunings of each world with the relation, all and one by one, and each without it, less the others."""
    families = [one.family for one in tuned]
    between, freedom = between_trainings(families)
    null = np.concatenate([one.family for one in tuned if not one.planted])
    made = []
    for one in tuned:
        runs = {f"{one.world}, {TUNED} {i}": one.family[i : i + 1] for i in range(len(one.family))}
        if one.planted:
            runs = {one.name: one.family, **runs}
        for name, changes in runs.items():
            others = null if one.planted else null[[not np.array_equal(other, changes[0]) for other in null]]
            made.append(Contrast(name, one.planted, changes, others, between, freedom))
    return made


@dataclass(frozen=True)
class Bench:
    """What all models of a world are measured with: held-out patients, codec, read-outs, and a folder to keep it in."""

    people: Phantoms
    codec: Codec
    net: FindingClassifier
    work: Path

    @property
    def world(self) -> str:
        return f"confounding {strength(self.people.world):g}"

    def matrix(self, model: str, changes: Sequence[np.ndarray], drifts: Sequence[np.ndarray] = ()) -> Matrix:
        drift = np.stack(drifts) if drifts else None
        return Matrix(self.world, model, strength(self.people.world) > 0, np.stack(changes), drift)

    def by_words(self, model: str, priors: Sequence[Prior]) -> Matrix:
        """The matrix of some priors, with the drift of their null edits."""
        changes, drifts = [], []
        for seed, prior in enumerate(priors):
            edit, key = self.edit(prior, seed), (prior.digest, seed, DEPTH)
            changes.append(self.changes(edit, *key))
            drifts.append(self.kept(partial(_drift, edit, self), "drift", *key))
        return self.matrix(model, changes, drifts)

    def edit(self, prior: Prior, seed: int, n: int | None = None) -> Edit:
        """The edits of a prior, of the first n patients or of all."""
        images = self.people.images[:n]
        return renoised(prior, images, prior.noise(len(images), seed), DEPTH)

    def changes(self, edit: Edit, *key: Any) -> np.ndarray:
        """What each read-out says of every edit shown less what it says of it removed: (N, E, K); kept by its key."""
        return self.kept(partial(_changes, edit, self.net), "changes", *key)

    def kept(self, make: Callable[[], np.ndarray], *key: Any) -> np.ndarray:
        of = [asdict(self.people.world), self.people.seed, len(self.people), EDITED]
        return kept_array(self.work, [*of, *key], make)

    def strip(self, prior: Prior, seed: int) -> list[tuple[str, np.ndarray]]:
        """The first patients as they are, without CAUSE and with it."""
        edit, shown = self.edit(prior, seed, SHOWN), self.people.images[:SHOWN]
        rows = {"patients": shown, **{said: edit(said) for said in (f"no {CAUSE.lower()}", CAUSE.lower())}}
        return [
            (f"{self.world}: {name} ({UNTOLD.lower()} {_of(self.net, images)})", images[:, 0].numpy())
            for name, images in rows.items()
        ]


def _of(net: FindingClassifier, images: Any) -> str:
    return ", ".join(f"{value:.2f}" for value in read(net, images)[:, READOUTS.index(UNTOLD)])


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

    Raises BadInput when the prior cannot be read, a cohort is none of phantoms, or what its codec draws cannot be read.
    """
    opened = {folder.name: Cohort.open(folder) for folder in cohorts}
    people = {name: held_out(cohort, patients) for name, cohort in opened.items()}
    if seeds < 2 or all(strength(one.world) for one in people.values()):
        raise BadInput(f"It takes two fine-tunings, and phantoms without the relation (confounded={UNTOLD}) beside.")
    base = load_prior(prior)
    tell("read-outs")
    net = learned(base.codec, work)
    checks = checked(net, base.codec)
    check_readable(checks)
    matrices, strips, worlds, association = [], [], [], {}
    for name, cohort in opened.items():
        bench = Bench(people[name], base.codec, net, work)
        worlds.append(f"{name} ({len(cohort)} phantoms: {_unusual(bench.people.world)})")
        association[bench.world] = together(cohort, EDITED)
        of_world, strip = _of_world(prior, cohort, bench, work / name, seeds, tell)
        matrices += of_world
        strips += strip
    less = contrasts([one for one in matrices if one.model == TUNED])
    found = {
        "readouts": checks, "matrices": {m.name: m.facts() for m in matrices}, "together": association,
        "less null": {one.name: one.facts() for one in less},
    }  # fmt: skip
    settings = {"cohorts": "; ".join(worlds), "patients": patients, "fine-tunings": seeds, "updates": STEPS}
    write_results(out, "hidden-attributes", about | settings, found, _page(checks, matrices, less, association))
    write_matrix([(m.name, m.mean, _ringed(m)) for m in matrices], EDITED, READOUTS, out / "matrix.png")
    write_strips(strips, out / "edits.png")
    return found


def strength(world: World) -> float:
    """How strong the relation of CAUSE with UNTOLD is."""
    return world.confounding if world.confounded == UNTOLD else 0.0


def check_readable(checks: Mapping[str, Mapping[str, float]]) -> None:
    """Raises BadInput when UNTOLD is not read reliably from what the codec draws."""
    if (area := checks[UNTOLD]["reconstructions"]) < RELIABLE:
        raise BadInput(
            f"{UNTOLD} is read with an AUROC of {area:.2f} from what the autoencoder of the prior draws, less than "
            f"{RELIABLE}; take another prior."
        )


def _unusual(world: World) -> str:
    """The settings of a world that are not the usual ones."""
    usual = asdict(World())
    return ", ".join(f"{key} {value}" for key, value in asdict(world).items() if value != usual[key])


def _of_world(
    prior: str | Path, cohort: Cohort, bench: Bench, work: Path, seeds: int, tell: Tell
) -> tuple[list[Matrix], list[tuple[str, np.ndarray]]]:
    """Of one world: the fine-tunings, a learned causal model and the world itself; and pictures of the first."""
    tuned = []
    for seed in range(seeds):
        tell(f"{bench.world}: fine-tuning {seed}")
        tuned.append(fine_tuned(prior, cohort, STEPS, seed, work / f"prior-{seed}"))
    tell(f"{bench.world}: edits")
    by_words = bench.by_words(TUNED, tuned)
    tell(f"{bench.world}: {LEARNED}")
    names = tuple(name for name in learnable(cohort.subset(split="train")) if name != UNTOLD)
    rows = held_out_rows(cohort, len(bench.people))
    edit = conditional_vae(cohort, names, rows, bench.codec, VAE_STEPS, 0, work / "causal-model")
    learnt = bench.matrix(LEARNED, [bench.changes(edit, KIND, VAE_STEPS)])
    truth = bench.matrix(WORLD, [bench.changes(known_graph(bench.people, bench.codec), "graph")])
    return [by_words, learnt, truth], bench.strip(tuned[0], 0)


def _ringed(one: Matrix) -> np.ndarray:
    """Boolean (E, K): the cells that are found."""
    ringed = np.zeros(one.mean.shape, bool)
    ringed[:, READOUTS.index(UNTOLD)] = one.p <= 0.05
    return ringed


def _page(
    checks: dict[str, dict[str, float]], matrices: Sequence[Matrix], less: Sequence[Contrast],
    association: Mapping[str, Sequence[float]],
) -> list[str]:  # fmt: skip
    changes = [[one.world, one.model, *_cells(one.family.mean((0, 1)), one.p, one.planted)] for one in matrices]
    changes += [[world, "both together", *(f"{more:+.3f}" for more in of)] for world, of in association.items()]
    asked = [READOUTS.index(name) for name in EDITED]
    obeyed = [[m.world, m.model, *(f"{m.mean[e, k]:+.3f}" for e, k in enumerate(asked))] for m in matrices]
    beyond = [[one.name, *_cells(one.whole.mean, one.whole.p, one.planted)] for one in less]
    sizes = list(less[0].found)
    often = [
        [one.name, what, *(f"{one.found[n][c]:.2f}" for n in sizes)]
        for one in less
        for c, what in enumerate([*([CAUSE] if one.planted else []), "any that is not planted"])
    ]
    drifts = [[one.name, *(f"{v:+.2f}" for v in one.drift.mean((0, 1)))] for one in matrices if one.drift is not None]
    areas = [[name, *(f"{area:.3f}" for area in kinds.values())] for name, kinds in checks.items()]
    return [
        *(HOW, "", *markdown_table(["world", "model", *EDITED], changes), ""),
        *(OBEYED, "", *markdown_table(["world", "model", *EDITED], obeyed), ""),
        *(LESS, "", *markdown_table(["trainings", *EDITED], beyond), ""),
        *(OFTEN, "", *markdown_table(["trainings", "edit", *(f"n = {n}" for n in sizes)], often), ""),
        *(CAUSALITY, "", "![Edits of the first fine-tuning of each world](edits.png)", ""),
        *(*markdown_table(("read-out", "AUROC on images", "on what the codec draws"), areas), ""),
        "The null edit: phantoms noised and denoised under no caption, less the same as the codec draws them.",
        *("", *markdown_table(("world and model", *READOUTS), drifts), ""),
        "![Mean change of each read-out; a ring: found](matrix.png)",
    ]


def _cells(mean: np.ndarray, p: np.ndarray, planted: bool) -> list[str]:
    said = [f"{change:+.3f} ({_rounded(of)})" for change, of in zip(mean, p, strict=True)]
    return [f"**{said[0]}**", *said[1:]] if planted else said


def _rounded(p: float) -> str:
    return f"{p:.3f}" if p >= 0.0005 else "< 0.001"


def run(options: ExperimentOptions) -> dict[str, Any]:
    """`causaray reproduce hidden-attributes`."""
    prior, cohorts = options.needed_prior(), options.needed_cohorts()
    about = {"command": options.command, "prior": weightfiles.find(prior).name}
    patients = options.limit or PATIENTS
    return measure(prior, cohorts, options.out, options.work, about, patients, options.seeds, options.tell)
