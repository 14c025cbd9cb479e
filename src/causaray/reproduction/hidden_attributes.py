"""A relation planted in the phantoms that no caption tells: is it found by editing (arXiv 2503.23618)?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
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
from causaray.reproduction.pictures import write_matrix, write_strips
from causaray.reproduction.planted import CAUSE, UNTOLD, fine_tuned, held_out, together
from causaray.reproduction.readings import checked, drawn, learned
from causaray.reproduction.written import Tell, kept_array, markdown_table, write_results
from causaray.training.readouts import READOUTS, read
from causaray.training.source import learnable

EDITED = (CAUSE, "Pleural Effusion", "Consolidation", "Edema")
"""What is edited; only the first has something to do with UNTOLD, and only in a world where it is planted."""
SIZES = (32, 64, 128)
PATIENTS, STEPS, VAE_STEPS, DEPTH = 256, 1000, 1500, 0.9
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
    "that shows it, of the same held-out phantoms; in brackets p, adjusted for the edits as one family, and what each "
    "of several trainings has. Of fine-tunings the training is the unit: what they differ in is part of the error. "
    "Planted: in bold. The conditional VAE is a structural causal model that is told the same; the world itself is the "
    "true one, in which neither is the cause of the other. Last, how much more often patients have both, by the truth."
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

    def test(self, family: np.ndarray) -> Family:
        """Of several trainings they are the unit; of one, or of a model that is not trained, patients."""
        return over_trainings(family) if len(family) > 1 else max_t(family[0])

    @cached_property
    def p(self) -> np.ndarray:
        """Adjusted p (E,) of the family."""
        return self.test(self.family).p

    @cached_property
    def found(self) -> dict[str, list[float]]:
        """n -> how often the planted relation, if there is one, and any other, is found in draws of n patients."""
        sizes = [n for n in SIZES if 2 * n <= self.family.shape[1]]
        return {str(n): detection_rates(self.test, self.family, [0] if self.planted else [], n) for n in sizes}

    def facts(self) -> dict[str, Any]:
        """As results.json holds it."""
        return {
            "patients": self.changes.shape[1], "mean": self.mean.tolist(), "planted": self.planted,
            "each": self.family.mean(1).tolist(), "p": self.p.tolist(), "found": self.found,
            "drift": None if self.drift is None else self.drift.mean((0, 1)).tolist(),
        }  # fmt: skip


@dataclass(frozen=True)
class Bench:
    """What all models of a world are measured with: held-out patients, codec, read-outs, and a folder to keep it in."""

    people: Phantoms
    codec: Codec
    net: FindingClassifier
    work: Path

    @property
    def world(self) -> str:
        return f"confounding {self.strength:g}"

    @property
    def strength(self) -> float:
        return self.people.world.confounding if self.people.world.confounded == UNTOLD else 0.0

    def matrix(self, model: str, changes: Sequence[np.ndarray], drifts: Sequence[np.ndarray] = ()) -> Matrix:
        drift = np.stack(drifts) if drifts else None
        return Matrix(self.world, model, self.strength > 0, np.stack(changes), drift)

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
    base = load_prior(prior)
    tell("read-outs")
    net = learned(base.codec, work)
    checks = checked(net, base.codec)
    check_readable(checks)
    matrices, strips, worlds, association = [], [], [], {}
    for folder in cohorts:
        cohort = Cohort.open(folder)
        bench = Bench(held_out(cohort, patients), base.codec, net, work)
        worlds.append(f"{folder.name} ({len(cohort)} phantoms: {_unusual(bench.people.world)})")
        association[bench.world] = together(cohort, EDITED)
        of_world, strip = _of_world(prior, cohort, bench, work / folder.name, seeds, tell)
        matrices += of_world
        strips += strip
    found = {"readouts": checks, "matrices": {m.name: m.facts() for m in matrices}, "together": association}
    settings = {"cohorts": "; ".join(worlds), "patients": patients, "fine-tunings": seeds, "updates": STEPS}
    write_results(out, "hidden-attributes", about | settings, found, _page(checks, matrices, association))
    write_matrix([(m.name, m.mean, _ringed(m)) for m in matrices], EDITED, READOUTS, out / "matrix.png")
    write_strips(strips, out / "edits.png")
    return found


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
    edit = conditional_vae(cohort, names, bench.people.images, bench.codec, VAE_STEPS, 0, work / "causal-model")
    learnt = bench.matrix(LEARNED, [bench.changes(edit, "vae", VAE_STEPS)])
    truth = bench.matrix(WORLD, [bench.changes(known_graph(bench.people, bench.codec), "graph")])
    return [by_words, learnt, truth], bench.strip(tuned[0], 0)


def _ringed(one: Matrix) -> np.ndarray:
    """Boolean (E, K): the cells that are found."""
    ringed = np.zeros(one.mean.shape, bool)
    ringed[:, READOUTS.index(UNTOLD)] = one.p <= 0.05
    return ringed


def _page(
    checks: dict[str, dict[str, float]], matrices: Sequence[Matrix], association: Mapping[str, Sequence[float]]
) -> list[str]:
    changes = [[one.world, one.model, *(_cell(one, i) for i in range(len(EDITED)))] for one in matrices]
    changes += [[world, "both together", *(f"{more:+.3f}" for more in of)] for world, of in association.items()]
    sizes = list(matrices[0].found)
    often = [
        [one.world, one.model, what, *(f"{one.found[n][c]:.2f}" for n in sizes)]
        for one in matrices
        for c, what in enumerate([*([CAUSE] if one.planted else []), "any that is not planted"])
    ]
    drifts = [[one.name, *(f"{v:+.2f}" for v in one.drift.mean((0, 1)))] for one in matrices if one.drift is not None]
    areas = [[name, *(f"{area:.3f}" for area in kinds.values())] for name, kinds in checks.items()]
    return [
        *(HOW, "", *markdown_table(["world", "model", *EDITED], changes), ""),
        *(OFTEN, "", *markdown_table(["world", "model", "edit", *(f"n = {n}" for n in sizes)], often), ""),
        *(CAUSALITY, "", "![Edits of the first fine-tuning of each world](edits.png)", ""),
        *(*markdown_table(("read-out", "AUROC on images", "on what the codec draws"), areas), ""),
        "The null edit: phantoms noised and denoised under no caption, less the same as the codec draws them.",
        *("", *markdown_table(("world and model", *READOUTS), drifts), ""),
        "![Mean change of each read-out; a ring: found](matrix.png)",
    ]


def _cell(one: Matrix, i: int) -> str:
    each = one.family[:, :, i].mean(1)
    several = "; " + ", ".join(f"{change:+.3f}" for change in each) if len(each) > 1 else ""
    said = f"{each.mean():+.3f} ({one.p[i]:.3f}{several})"
    return f"**{said}**" if one.planted and not i else said
