"""CFRT of a prior, with its controls: which attribute moves along a trajectory (arXiv 2503.23623)?"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.diffusion.prior import Prior
from causaray.errors import BadInput
from causaray.evaluation.cfrt import cfrt, late_change, late_frames
from causaray.evaluation.judge import Judge
from causaray.methods.text_prior import load_prior
from causaray.methods.trajectory import CURVES, GUIDANCE, bending, film, length, trajectory, turning, walk
from causaray.reproduction.pictures import write_strips
from causaray.reproduction.written import Tell, interval_cell, kept_array, markdown_table, write_results

PAIR = ("Support Devices", "Pleural Effusion")
_UNSAID, _DENIED, _OTHER = "no finding", "no pleural effusion, no support devices", "60 year old woman, pa"
ASKED = {
    "devices, the rest unsaid": (_UNSAID, "support devices"),
    "effusion, the rest unsaid": (_UNSAID, "pleural effusion"),
    "devices, effusion denied": (_DENIED, "support devices, no pleural effusion"),
    "effusion, devices denied": (_DENIED, "pleural effusion, no support devices"),
}
CONTROLS = {"neither, the rest unsaid": (_UNSAID, _OTHER), "neither, both denied": (_DENIED, f"{_OTHER}, {_DENIED}")}
"""Neutral caption, and that of the attribute. The paper's captions list all that is there, so that silence denies; ours
leave things out at random, and only a denial denies. A control asks for neither: which of the two moves more is chance.
"""
PAPER = "The paper has 0.86 for support devices and 0.73 for effusion: CheXpert, 512 pixels, classifiers of its own."
SEEDS, STEPS, FRAMES, BATCH, STRIPS = 64, 10, 50, 16, 2
"""Noises; steps of denoising (the paper takes 50); frames; noises at a time, and of which films are shown."""

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
    for name, captions in (ASKED | CONTROLS).items():
        tell(f"{name}: {seeds} trajectories")
        points[name] = _points(walks, captions, work)
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


def _points(walks: Walks, captions: tuple[str, str], work: Path) -> Tensor:
    """Control points (P, seeds, C, H, W), kept for a stopped run; all begin with the same noises."""
    prior, noise = walks.prior, walks.prior.noise(walks.seeds, 0)
    parts = []
    for i in range(0, walks.seeds, BATCH):
        start = noise[i : i + BATCH]
        make = partial(_made, prior, captions, start)
        key = (prior.digest, captions, walks.seeds, i, STEPS, GUIDANCE)
        parts.append(torch.from_numpy(kept_array(work, key, make)))
    return torch.cat(parts, 1)


def _made(prior: Prior, captions: tuple[str, str], start: Tensor) -> np.ndarray:
    return trajectory(prior, *captions, start, steps=STEPS).numpy()


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
