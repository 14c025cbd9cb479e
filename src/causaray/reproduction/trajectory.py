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
from causaray.reproduction.written import Tell, interval_cell, kept_array, write_results

NEUTRAL = "no finding"
PAIR = ("Support Devices", "Pleural Effusion")
UNRELATED = {"who and how alone": "60 year old woman, pa"}
"""A caption that asks for neither: whichever attribute moves more is then chance."""
PAPER = "The paper has 0.86 for support devices and 0.73 for effusion: CheXpert, 512 pixels, classifiers of its own."
SEEDS, STEPS, FRAMES, BATCH, STRIPS = 64, 10, 50, 16, 3
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
    """Walk from "no finding" to each attribute and to captions that ask for neither; write the page to `out`.

    Raises BadInput when prior or judge cannot be read, or the judge does not know both attributes.
    """
    walks = Walks(load_prior(prior), Judge.load(judge), seeds)
    if unknown := [name for name in PAIR if name not in walks.judge.names]:
        raise BadInput(f"{judge} does not know {', '.join(unknown)}; name another judge.")
    captions = {name: name.lower() for name in PAIR} | UNRELATED
    points = {}
    for name, caption in captions.items():
        tell(f"{name}: {seeds} trajectories")
        points[name] = _points(walks, caption, work)
    curves = {name: {c: _judged(walks, points[name], c) for c in SHOWN} for name in PAIR}
    controls = {name: {"bezier": _judged(walks, points[name], "bezier")} for name in UNRELATED}
    rows = [row for name, seen in (curves | controls).items() for row in _rows(name, seen)]
    shapes = {name: _shape(points[name]) for name in captions}
    about = about | {"judge": judge, "neutral": NEUTRAL, "seeds": seeds, "steps": STEPS, "guidance": GUIDANCE}
    write_results(out, "trajectory", about, {"rows": rows, "shape": shapes}, _page(rows, shapes))
    shown = range(min(STRIPS, seeds))
    write_strips([_strip(walks, points[name], name, i, c) for name in PAIR for i in shown for c in SHOWN], out / STRIP)
    return {"rows": rows, "shape": shapes}


def _strip(walks: Walks, points: Tensor, name: str, i: int, curve: str) -> tuple[str, np.ndarray]:
    """Name and frames (10, S, S) of the film of seed i."""
    frames = film(walks.prior, points[:, i : i + 1], CURVES[curve], 10)[:, 0, 0]
    return f"{name}, {curve}, seed {i}", frames.numpy()


def _points(walks: Walks, caption: str, work: Path) -> Tensor:
    """Control points (P, seeds, C, H, W), kept for a stopped run; all captions begin with the same noises."""
    prior, noise = walks.prior, walks.prior.noise(walks.seeds, 0)
    parts = []
    for i in range(0, walks.seeds, BATCH):
        start = noise[i : i + BATCH]
        make = partial(_made, prior, caption, start)
        key = (prior.digest, NEUTRAL, caption, walks.seeds, i, STEPS, GUIDANCE)
        parts.append(torch.from_numpy(kept_array(work, key, make)))
    return torch.cat(parts, 1)


def _made(prior: Prior, caption: str, start: Tensor) -> np.ndarray:
    return trajectory(prior, NEUTRAL, caption, start, steps=STEPS).numpy()


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


def _rows(caption: str, seen: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """A row for each curve and each attribute taken as the target: the second is the cross-attribute control."""
    rows = []
    for curve, probability in seen.items():
        changes = [late_change(probability[:, :, j]) for j in range(2)]
        for j, target in enumerate(PAIR):
            other = changes[1 - j]
            rows.append({"caption": caption, "curve": curve, "target": target, **cfrt(changes[j], other)})
    return rows


def _shape(points: Tensor) -> dict[str, Any]:
    straight = (points[-1] - points[0]).flatten(1).norm(dim=1)
    return {
        "length": float(length(points).mean()),
        "length_to_straight": float((length(points) / straight).mean()),
        "cosine_with_first_leg": turning(points).mean(1).tolist(),
        "cosine_of_successive_legs": bending(points).mean(1).tolist(),
    }


def _page(rows: list[dict[str, Any]], shapes: dict[str, Any]) -> list[str]:
    head = [
        "| caption | curve | read as target | CFRT | change of the target | change of the other |",
        "|---" * 6 + "|",
    ]
    figures = ("cfrt", "target_change", "other_change")
    lines = [
        f"| {r['caption']} | {r['curve']} | {r['target']} | {' | '.join(interval_cell(r[key]) for key in figures)} |"
        for r in rows
    ]
    legs = ["| caption | way / straight line | cosine of each leg with the first |", "|---|---|---|"]
    legs += [
        f"| {name} | {s['length_to_straight']:.2f} | {', '.join(f'{c:.2f}' for c in s['cosine_with_first_leg'])} |"
        for name, s in shapes.items()
    ]
    return [PAPER, "", *head, *lines, "", *legs, "", f"![Filmstrips]({STRIP})"]
