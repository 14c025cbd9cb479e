"""`causaray reproduce ddpo`: phantoms of four words. Nothing is chosen on the test samples, which no training drew.

Prior, reward and judge are trained once. Every arm draws the same prompts from the same noise.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.classifiers.judge import Judge
from causaray.diffusion.prior import Prior
from causaray.errors import BadInput
from causaray.evaluation.images.features import chest_encoder
from causaray.experiments.options import ExperimentOptions
from causaray.systems.ddpo import rivals
from causaray.systems.ddpo.measured import Measures
from causaray.systems.ddpo.obedience import Reader, decoded, obeyed
from causaray.systems.ddpo.page import write_page
from causaray.systems.ddpo.recipe import DdpoRecipe
from causaray.systems.ddpo.reinforce import reinforce, sampling_of
from causaray.systems.ddpo.tune import WATCHED_SEED
from causaray.systems.ddpo.watch import Watch
from causaray.systems.ddpo.world import PRIOR_BATCH, WORDS, FourWords, Size
from causaray.training.recipe import claim, load_plan
from causaray.writing import make_folder, whole_file

TEST_SEED = 50_001
"""Of the noise that is measured; other samples of `best_of` have the seeds after it."""
RIVALS = ("best-of", "guidance", "second-order", "longer", "rejection", "plain-ratio")
"""What --method chooses among; all when none is named."""
PRIOR = "prior"
POLICY = "DDPO"
Draw = Callable[[np.ndarray], Tensor]
"""Prompts (N,) to samples (N, 1, S, S)."""


@dataclass(eq=False)
class Bench:
    """World, settings, and every arm that was measured so far."""

    options: ExperimentOptions
    plan: DdpoRecipe
    size: Size

    def __post_init__(self) -> None:
        self.work = self.options.work / f"ddpo-{self.size.images}"
        claim(self.work, self.plan)
        self.world = FourWords(self.work, self.size, self.options.tell)
        self.arms: dict[str, dict[str, Any]] = {}
        self.shown: dict[str, Tensor] = {}
        self.histories: dict[str, list[dict[str, Any]]] = {}
        self.sampling = sampling_of(self.plan)

    @cached_property
    def reward(self) -> Reader:
        return Reader(self.world.reward, WORDS)

    @cached_property
    def judge(self) -> Reader:
        return Reader(self.world.judge, WORDS)

    @cached_property
    def measures(self) -> Measures:
        second = Judge.load(self.options.judge)
        return Measures(
            self.world.prompts, self.reward, self.judge, second, self.world.given_back("test"),
            self.size.each_rival * len(self.world.prompts),
        )  # fmt: skip

    @cached_property
    def readers(self) -> dict[str, float]:
        """How often each reader sees all words of real test images right, as the autoencoder gives them back."""
        images, wanted = self.world.given_back("test"), self.world.balanced
        return {
            name: float(obeyed(read(images), wanted).mean())
            for name, read in (("reward", self.reward), ("judge", self.judge))
        }

    def rows(self, each: int) -> np.ndarray:
        """Prompts in turn, so that fewer samples are the first of more."""
        return np.resize(np.arange(len(self.world.prompts)), each * len(self.world.prompts))

    def add(self, name: str, draw: Draw, calls: float, spent: float = 0, main: bool = False) -> None:
        """Draw and measure an arm, once; what was measured is kept. calls: of a sample; spent: of its training; main:
        as many samples as of prior and policy."""
        kept = self.work / "arms" / f"{name.replace(' ', '-').replace(',', '')}.json"
        new = not kept.is_file()
        if new:
            self.options.tell(f"arm: {name}")
            rows = self.rows(self.size.each_main if main else self.size.each_rival)
            images = draw(rows)
            found = self.measures.of(images, rows) | {"calls": calls, "spent": spent}
            make_folder(kept.parent)
            torch.save(images[: 2 * len(self.world.prompts)], kept.with_suffix(".pt"))
            with whole_file(kept) as beside:
                beside.write_text(json.dumps(found), encoding="utf-8")
        self.arms[name] = json.loads(kept.read_text(encoding="utf-8"))
        self.shown[name] = torch.load(kept.with_suffix(".pt"), weights_only=True)
        if new:  # so that a run that is stopped has a page
            self.write()

    def by_policy(self, prior: Prior, rows: np.ndarray) -> Tensor:
        """Samples of a prior by its own policy."""
        return decoded(prior.codec, [self.sampling.latents(prior, self.world.prompts.told(rows), TEST_SEED)])

    def reinforced(self, name: str, plan: DdpoRecipe) -> Prior:
        """The prior after reinforcement by a plan; learned once and kept."""
        prior, out = self.world.fresh_prior(), self.work / name.replace(" ", "-").replace(",", "")
        watch = Watch(
            self.world.prompts, self.reward, self.judge, self.sampling, plan.watched, WATCHED_SEED,
            self.world.given_back("val"), chest_encoder(self.judge.judge),
        )  # fmt: skip
        make_folder(out)
        self.histories[name] = reinforce(prior, self.world.prompts, self.reward, watch, plan, out, self.options.tell)
        return prior

    @property
    def spent(self) -> int:
        """Calls of the first reinforcement, over the epochs that it learned in."""
        return self.plan.calls * sum("reward" in row for row in self.histories[f"{POLICY}, seed {self.plan.seed}"])

    def write(self) -> None:
        """The page, with the arms there are."""
        about = {
            "command": self.options.command,
            "seeds of the reinforcement": self.options.seeds,
            "training images": self.size.images,
            "updates of the prior": self.size.prior,
            "second judge": self.options.judge,
        }
        found = {
            "arms": self.arms,
            "histories": self.histories,
            "readers": self.readers,
            "settings": self.plan.model_dump(),
        }
        write_page(self.options.out, about, found, self.world.prompts, self.measures, self.shown)


def run(options: ExperimentOptions) -> dict[str, Any]:
    """Prior, reward and judge; reinforcement for each seed; then the rivals that --method names, or all.

    --recipe: settings of method ddpo; --judge: the second judge, whose features KID is measured by; --limit: training
    images. Raises BadInput for a rival that there is not.
    """
    if strange := [name for name in options.methods if name not in RIVALS]:
        raise BadInput(f"There is no rival {strange[0]} of ddpo; known are {', '.join(RIVALS)}.")
    plan = load_plan(options.recipe or "ddpo", DdpoRecipe)
    size = Size() if options.limit is None else Size(images=options.limit)
    bench = Bench(options, plan, size)
    return run_on(bench)


def run_on(bench: Bench) -> dict[str, Any]:
    """Every arm, in the order of what they cost."""
    options, plan, prior = bench.options, bench.plan, bench.world.prior
    seeds = range(plan.seed, plan.seed + options.seeds)
    policies = {
        seed: bench.reinforced(f"{POLICY}, seed {seed}", plan.model_copy(update={"seed": seed})) for seed in seeds
    }
    bench.add(PRIOR, partial(bench.by_policy, prior), plan.steps, main=True)
    for seed, policy in policies.items():
        bench.add(f"{POLICY}, seed {seed}", partial(bench.by_policy, policy), plan.steps, bench.spent, main=True)
    for name in options.methods or RIVALS:
        ADDED[name](bench, policies[plan.seed])
    bench.write()
    return bench.arms


def _best_of(bench: Bench, policy: Prior) -> None:
    for n in (4, 8):
        bench.add(f"best of {n}", lambda rows, n=n: rivals.best_of(  # type: ignore[misc]
            bench.world.prior, bench.sampling, bench.world.prompts, rows, bench.reward, n, TEST_SEED
        ), n * bench.plan.steps)  # fmt: skip


def _guidance(bench: Bench, policy: Prior) -> None:
    prior, prompts = bench.world.prior, bench.world.prompts
    for scale in (2.0, 3.0, 5.0):
        sampling = rivals.guided(bench.sampling, scale)
        bench.add(f"guidance {scale:g}", lambda rows, s=sampling: decoded(  # type: ignore[misc]
            prior.codec, [s.latents(prior, prompts.told(rows), TEST_SEED)]
        ), 2 * bench.plan.steps)  # fmt: skip


def _second_order(bench: Bench, policy: Prior) -> None:
    told = bench.world.prompts.told
    for name, one in ((PRIOR, bench.world.prior), (POLICY, policy)):
        bench.add(f"{name}, second-order sampler", lambda rows, p=one: decoded(  # type: ignore[misc]
            p.codec, rivals.by_second_order(p, told(rows), TEST_SEED)
        ), 20)  # fmt: skip


def _plain_ratio(bench: Bench, policy: Prior) -> None:
    """The same settings with the paper's ratio and clip."""
    plan = bench.plan.model_copy(update={"ratio": "plain", "clip": 1e-4})
    other = bench.reinforced(f"{POLICY}, the paper's ratio and clip", plan)
    bench.add(f"{POLICY}, the paper's ratio and clip", partial(bench.by_policy, other), plan.steps, spent=bench.spent)


def _longer(bench: Bench, policy: Prior) -> None:
    steps = rivals.longer(bench.spent, PRIOR_BATCH)
    other = bench.world.trained_prior(steps, "longer", bench.world.fresh_prior())
    bench.add("supervised longer", partial(bench.by_policy, other), bench.plan.steps, spent=bench.spent)


def _rejection(bench: Bench, policy: Prior) -> None:
    kept = bench.work / "arms" / "rejection-fine-tuning.json"
    other = bench.world.fresh_prior()
    if not kept.is_file():
        rivals.rejection(
            other, bench.sampling, bench.world.prompts, bench.reward, bench.spent, PRIOR_BATCH, bench.work / "rejection"
        )  # fmt: skip
    bench.add("rejection fine-tuning", partial(bench.by_policy, other), bench.plan.steps, spent=bench.spent)


ADDED: dict[str, Callable[[Bench, Prior], None]] = dict(
    zip(RIVALS, (_best_of, _guidance, _second_order, _longer, _rejection, _plain_ratio), strict=True)
)
