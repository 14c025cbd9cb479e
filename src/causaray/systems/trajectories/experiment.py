"""CFRT of a prior, with its controls: which attribute moves along a trajectory (arXiv 2503.23623)?"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray import weightfiles
from causaray.classifiers.judge import Judge
from causaray.diffusion.prior import Prior
from causaray.errors import BadInput
from causaray.experiments.options import ExperimentOptions
from causaray.experiments.pictures import write_strips
from causaray.experiments.results import Tell, interval_cell, kept_array, markdown_table, write_results
from causaray.finding import Finding
from causaray.priors.captions import caption
from causaray.priors.text_prior import load_prior
from causaray.systems.trajectories.cfrt import cfrt, late_change, late_frames
from causaray.systems.trajectories.trajectory import CURVES, bending, film, length, trajectory, turning, walk

PAIR = ("Support Devices", "Pleural Effusion")
_UNSAID, _DENIED = "no finding", "no pleural effusion, no support devices"
ASKED = {
    "devices, the rest unsaid": (_UNSAID, "support devices"),
    "effusion, the rest unsaid": (_UNSAID, "pleural effusion"),
    "devices, effusion denied": (_DENIED, "support devices, no pleural effusion"),
    "effusion, devices denied": (_DENIED, "pleural effusion, no support devices"),
}
RANDOM = "a random caption"
CONTROLS = {
    "random, the rest unsaid": (_UNSAID, RANDOM),
    "random, both denied": (_DENIED, f"{RANDOM}, {_DENIED}"),
    "random to random": (RANDOM, RANDOM),
}
"""Neutral caption, and that of the attribute. The paper's captions list all that is there, so that silence denies; ours
leave things out at random, and only a denial denies. A control asks for neither, in other words for each noise: which
of the two moves more is chance. From a fixed caption all the same both may move, as far as that one said what they are;
between two random ones nothing is said of either, before or after.
"""
PAPER = "The paper has 0.86 for support devices and 0.73 for effusion: CheXpert, 512 pixels, classifiers of its own."
SEEDS, STEPS, FRAMES, BATCH, STRIPS = 96, 10, 50, 16, 2
"""Noises; steps of denoising (the paper takes 50); frames; noises at a time, and of which films are shown."""
GUIDANCE = 7.5
"""The paper's."""

STRIP, SHOWN = "filmstrips.png", ("bezier", "straight")


@dataclass(frozen=True)
class Walks:
    """What is walked through, who judges, and from how many noises."""

    prior: Prior
    judge: Judge
    seeds: int


def measure(
    prior: str | Path, judge: str, out: Path, work: Path, about: dict[str, Any], seeds: int, tell: Tell
) -> dict[str, Any]:
    """Walk from a neutral caption to each attribute, and to captions that ask for neither; write the page to `out`.

    Raises BadInput when prior or judge cannot be read, or the judge does not know both attributes.
    """
    walks = Walks(load_prior(prior), Judge.load(judge), seeds)
    if unknown := [name for name in PAIR if name not in walks.judge.names]:
        raise BadInput(f"{judge} does not know {', '.join(unknown)}; name another judge.")
    points = {}
    for name, pair in (ASKED | CONTROLS).items():
        tell(f"{name}: {seeds} trajectories")
        points[name] = _points(walks, _captions(pair, walks.prior.names, seeds), work)
    films = [(name, curve) for name in points for curve in SHOWN if name in ASKED or curve == SHOWN[0]]
    rows = [row for name, curve in films for row in _rows(name, curve, _judged(walks, points[name], curve))]
    shapes = {name: _shape(one) for name, one in points.items()}
    about = about | {"judge": judge, "seeds": seeds, "steps": STEPS, "guidance": GUIDANCE}
    write_results(out, "trajectory", about, {"rows": rows, "shape": shapes}, _page(rows, shapes))
    shown = range(min(STRIPS, seeds))
    write_strips([_strip(walks, points[name], name, i, c) for name in ASKED for i in shown for c in SHOWN], out / STRIP)
    return {"rows": rows, "shape": shapes}


def _strip(walks: Walks, points: Tensor, name: str, i: int, curve: str) -> tuple[str, np.ndarray]:
    """Name and frames (10, S, S) of the film of seed i."""
    frames = film(walks.prior, points[:, i : i + 1], CURVES[curve], 10)[:, 0, 0]
    return f"{name}, {curve}, seed {i}", frames.numpy()


def _captions(pair: tuple[str, str], names: Sequence[str], seeds: int) -> list[list[str]]:
    """The captions of both ends for each noise, a random one where one is asked for."""
    rng = np.random.default_rng(0)
    return [[text.replace(RANDOM, random_caption(names, rng)) for _ in range(seeds)] for text in pair]


def random_caption(names: Sequence[str], rng: np.random.Generator) -> str:
    """Somebody with up to three findings of `names`, none of them of PAIR."""
    others = [name for name in names if name not in (*PAIR, "No Finding")]
    shown = rng.choice(others, rng.integers(min(4, len(others) + 1)), replace=False)
    who = f"{10 * rng.integers(3, 9)} year old {rng.choice(['man', 'woman'])}"
    return caption([Finding(str(name)) for name in shown], [who, str(rng.choice(["pa", "ap"]))])


def _points(walks: Walks, captions: Sequence[Sequence[str]], work: Path) -> Tensor:
    """Control points (P, seeds, C, H, W), kept for a stopped run; all begin with the same noises."""
    prior, noise = walks.prior, walks.prior.noise(walks.seeds, 0)
    parts = []
    for i in range(0, walks.seeds, BATCH):
        said, start = [texts[i : i + BATCH] for texts in captions], noise[i : i + BATCH]
        make = partial(_made, prior, said, start)
        parts.append(torch.from_numpy(kept_array(work, (prior.digest, said, walks.seeds, i, STEPS, GUIDANCE), make)))
    return torch.cat(parts, 1)


def _made(prior: Prior, captions: Sequence[Sequence[str]], start: Tensor) -> np.ndarray:
    neutral, attribute = captions
    return trajectory(prior, neutral, attribute, start, steps=STEPS, guidance=GUIDANCE).numpy()


@torch.no_grad()
def _judged(walks: Walks, points: Tensor, curve: str) -> np.ndarray:
    """The judge's probabilities (seeds, 1 + L, 2) of PAIR in the first frame and the late ones."""
    at = np.array([0, *late_frames(FRAMES)])
    columns = [walks.judge.names.index(name) for name in PAIR]
    seen = []
    for i in range(walks.seeds):
        latents = walk(points[:, i], CURVES[curve], FRAMES)[at]
        seen.append(walks.judge.predict(walks.prior.codec.decode(latents).clamp(0, 1))[:, columns].numpy())
    return np.stack(seen)


def _rows(asked: str, curve: str, probability: np.ndarray) -> list[dict[str, Any]]:
    """A row for each attribute taken as the target: that which was not asked for is the cross-attribute control."""
    one, other = (late_change(probability[:, :, j]) for j in range(2))
    pairs = zip(PAIR, [(one, other), (other, one)], strict=True)
    return [{"asked": asked, "curve": curve, "target": target, **cfrt(*changes)} for target, changes in pairs]


def _shape(points: Tensor) -> dict[str, Any]:
    points = points[:, (points[-1] != points[0]).flatten(1).any(1)]  # two random captions may be the same
    straight = (points[-1] - points[0]).flatten(1).norm(dim=1)
    return {
        "length": float(length(points).mean()),
        "length_to_straight": float((length(points) / straight).mean()),
        "cosine_with_first_leg": turning(points).mean(1).tolist(),
        "cosine_of_successive_legs": bending(points).mean(1).tolist(),
    }


def _page(rows: list[dict[str, Any]], shapes: dict[str, Any]) -> list[str]:
    figures = ("cfrt", "target_change", "other_change")
    head = ("asked for", "curve", "read as target", "CFRT", "change of the target", "change of the other")
    seen = [[r["asked"], r["curve"], r["target"], *(interval_cell(r[key]) for key in figures)] for r in rows]
    ways = [
        [name, f"{s['length_to_straight']:.2f}", ", ".join(f"{c:.2f}" for c in s["cosine_with_first_leg"])]
        for name, s in shapes.items()
    ]
    captions = [[name, *(f'"{text}"' for text in pair)] for name, pair in (ASKED | CONTROLS).items()]
    return [
        *(PAPER, "", *markdown_table(head, seen), ""),
        *(*markdown_table(("asked for", "way / straight line", "cosine of each leg with the first"), ways), ""),
        *(*markdown_table(("asked for", "neutral caption", "caption of the attribute"), captions), ""),
        f"![Filmstrips]({STRIP})",
    ]


def run(options: ExperimentOptions) -> dict[str, Any]:
    """`causaray reproduce trajectory`."""
    prior = options.needed_prior()
    about = {"command": options.command, "prior": weightfiles.find(prior).name}
    return measure(prior, options.judge, options.out, options.work, about, options.limit or SEEDS, options.tell)
