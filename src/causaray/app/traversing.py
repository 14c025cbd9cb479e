"""The verb `traverse` on the command line."""

from pathlib import Path
from typing import Annotated

import typer

from causaray.app.options import Force, Out, Seed


def traverse(
    prompt: Annotated[str, typer.Argument(help='Where the film leads, such as "left pleural effusion".')],
    prior: Annotated[str, typer.Option(help="Name or folder of a text-conditioned prior.")],
    out: Out = Path("out"),
    start: Annotated[str, typer.Option("--from", help="Where it begins.")] = "no finding",
    image: Annotated[Path | None, typer.Option(help="A radiograph to start from, partly noised.")] = None,
    curve: Annotated[str, typer.Option(help="Through the control points: bezier, linear or straight.")] = "bezier",
    frames: Annotated[int, typer.Option(min=2, help="Frames of the film.")] = 50,
    steps: Annotated[int, typer.Option(min=10, help="Steps of the denoising.")] = 50,
    seed: Seed = 0,
    force: Force = False,
) -> None:
    """Film the way from one caption to another through the latents of a prior."""
    from causaray.app.verbs.traverse import traverse

    made = traverse(
        prompt, prior, out, start=start, image=image, curve=curve, frames=frames, steps=steps, seed=seed, force=force
    )
    print(f"{made.before} to {made.after}: {len(made.frames)} synthetic frames in {made.files[0]}")
