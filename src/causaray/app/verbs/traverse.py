"""causaray traverse: a film from one caption to another, through the latents of a prior."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from causaray.app.inputs import as_findings, frontal
from causaray.app.outputs import check_outputs
from causaray.arguments import Force, Out, Seed
from causaray.counterfactual import MARK
from causaray.errors import BadInput
from causaray.findings import Findings
from causaray.imagefiles import Panel, read_scan, write_grid
from causaray.imagefiles.film import write_film
from causaray.writing import make_folder

if TYPE_CHECKING:
    from torch import Tensor

    from causaray.diffusion.prior import Prior

FILM, STRIP = "trajectory.gif", "filmstrip.png"
SHOWN, ACROSS = 10, 5
CURVES = ("bezier", "linear", "straight")


@dataclass(frozen=True, eq=False)
class Traversed:
    """Frames (F, S, S) in [0, 1], the captions at both ends, the prior, and the files that were written.

    length: of the way through the control points, in the latents' unit; turning: cosine of each of its legs with the
    first, 1 all along a straight line.
    """

    frames: np.ndarray
    before: str
    after: str
    prior: str
    digest: str
    seed: int
    length: float
    turning: tuple[float, ...]
    files: tuple[Path, ...] = ()


def traverse(
    prompt: Annotated[
        str | Findings, str, typer.Argument(help='Where the film leads, such as "left pleural effusion".')
    ],
    prior: Annotated[str | Path, str, typer.Option(help="Name or folder of a text-conditioned prior.")],
    out: Out | None = None,
    *,
    start: Annotated[str | Findings, str, typer.Option("--from", help="Where it begins.")] = "no finding",
    image: Annotated[str | Path | None, Path, typer.Option(help="A radiograph to start from, partly noised.")] = None,
    curve: Annotated[str, typer.Option(help="Through the control points: bezier, linear or straight.")] = "bezier",
    frames: Annotated[int, typer.Option(min=2, help="Frames of the film.")] = 50,
    steps: Annotated[int, typer.Option(min=10, help="Steps of the denoising.")] = 50,
    seed: Seed = 0,
    force: Force = False,
) -> Traversed:
    """Walk from what `start` says to what `prompt` says by a change of caption at ever earlier steps of the denoising.

    `prior`: name or folder of a text-conditioned prior. `image`: a radiograph to start from, partly noised, in place of
    noise alone. `curve` through the ten control points: "bezier", "linear" or "straight". With `out`, writes
    trajectory.gif and filmstrip.png, marked SYNTHETIC.

    Raises:
        BadInput: for what cannot be read, asked for or written; nothing has been written then.
    """
    asked, neutral = as_findings(prompt), as_findings(start)
    _check(curve, frames)
    planned = [Path(out) / name for name in (FILM, STRIP)] if out is not None else []
    check_outputs(planned, force)

    from causaray.priors.captions import caption
    from causaray.priors.text_prior import check_words, load_prior
    from causaray.systems.trajectories.trajectory import CURVES, film, length, trajectory, turning

    known = load_prior(prior)
    before, after = caption(list(neutral)), caption(list(asked))
    check_words(known, [before, after])
    latents, depth = _start(known, image, seed)
    points = trajectory(known, [before], [after], latents, depth=depth, steps=steps)
    made = film(known, points, CURVES[curve], frames)[:, 0, 0].numpy()
    if planned:
        _write(made, before, after, planned)
    turns = tuple(turning(points)[:, 0].tolist())
    return Traversed(
        made, before, after, known.name, known.digest, seed, float(length(points)[0]), turns, tuple(planned)
    )  # fmt: skip


def _check(curve: str, frames: int) -> None:
    if curve not in CURVES:
        raise BadInput(f"There is no curve {curve}; known are {', '.join(CURVES)}.")
    if frames < 2:
        raise BadInput(f"{frames} frames make no film; ask for 2 or more.")


def _start(prior: "Prior", image: str | Path | None, seed: int) -> tuple["Tensor", float]:
    """Latents (1, C, H, W) to denoise, and the time at which they stand."""
    noise = prior.noise(1, seed)
    if image is None:
        return noise, 1.0
    from causaray.app.editing import as_tensor
    from causaray.systems.trajectories.trajectory import DEPTH, partly_noised

    scan = frontal(read_scan(image, prior.size))
    return partly_noised(prior, as_tensor([scan]), noise, DEPTH), DEPTH


def _write(frames: np.ndarray, before: str, after: str, planned: list[Path]) -> None:
    make_folder(planned[0].parent)
    write_film(frames, planned[0], MARK)
    at = np.linspace(0, len(frames) - 1, min(SHOWN, len(frames))).round().astype(int)
    ends = {0: f": {before}", len(frames) - 1: f": {after}"}
    panels = [Panel(frames[i], f"{i}{ends.get(int(i), '')}", MARK) for i in at]
    write_grid([panels[i : i + ACROSS] for i in range(0, len(panels), ACROSS)], planned[1])
