"""causaray finetune: a prior learns another domain from a few of its images, or to obey its prompts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from causaray import weightfiles
from causaray.arguments import Cohorts, Device, Out, Seed, folders_of
from causaray.devices import AUTO
from causaray.errors import BadInput
from causaray.extras import need
from causaray.writing import check_folder

REINFORCED = "ddpo"
"""The method that learns from a reward, where the others learn from images."""
STEPS = 400
"""Optimiser updates of the other methods."""


def finetune(
    prior: Annotated[str | Path, str, typer.Argument(help="Name or folder of a prior, or a Stable Diffusion folder.")],
    cohorts: Cohorts,
    out: Out,
    *,
    method: Annotated[str, typer.Option(help="full, lora, textual-inversion, dreambooth or ddpo.")] = "full",
    drift: Annotated[
        str | float | Sequence[float] | None,
        str,
        typer.Option(help="Latent Drifting: delta, as one number or one a channel, or `learned`."),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Optimiser updates, 400; of ddpo epochs, the recipe's.")
    ] = None,
    lr: Annotated[float | None, typer.Option(help="Peak learning rate, instead of the method's.")] = None,
    seed: Seed = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many patients.")] = None,
    reward: Annotated[
        str | Path | None, str, typer.Option(help="Of ddpo: weights folder of the classifier that rewards.")
    ] = None,
    judge: Annotated[
        str | Path, str, typer.Option(help="Of ddpo: the judge that is watched; never the reward.")
    ] = weightfiles.JUDGE,
    recipe: Annotated[
        str | Path, str, typer.Option(help="Of ddpo: its settings, ddpo, ddpo-published or a YAML file.")
    ] = REINFORCED,
    device: Device = AUTO,
) -> Path:
    """Fine-tune a prior; return its weights folder, `out`/<name of the prior>-<method>. Goes on with what `out` holds.

    Args:
        prior: name or folder of a prior of ours, or a Stable Diffusion folder in the layout of diffusers.
        cohorts: folders that `prepare` has written, one or several; their split train is learned from.
        out: folder for checkpoints, logs and the weights.
        method: "full" (the U-Net), "lora" (low-rank updates of its attention, merged when saved), "textual-inversion"
            (the embedding of one new word, `causaray`), "dreambooth" (U-Net and that word, with prior preservation) or
            "ddpo" (low-rank updates, by reinforcement: to draw what prompts of the cohorts' findings name).
        drift: Latent Drifting's delta, a number or one a channel of the latents; "learned" learns one a channel; none
            keeps what the prior has.
        steps: optimiser updates, of 16 images each, 400 where not said; of ddpo epochs, the recipe's where not said.
        lr: peak learning rate, instead of the method's, which suits priors of our size.
        seed: of patients, batches and noise.
        limit: at most so many patients.
        reward: of ddpo, the classifier whose readings are rewarded, of patients that the judge did not learn from.
        judge: of ddpo, name or folder of the judge that is asked meanwhile, and by which it stops.
        recipe: of ddpo, its settings: "ddpo", "ddpo-published" (the paper's) or a YAML file.
        device: where it runs, as `devices.resolved` reads it.

    Raises:
        BadInput: for a prior, cohorts, a method, a drift or a reward that cannot be used, for an `out` of another
            fine-tuning.
    """
    need("peft", "prior")
    check_folder(out)
    folders = folders_of(cohorts)
    if method == REINFORCED:
        return _reinforced(
            prior, folders, Path(out), drift, reward, judge=judge, recipe=recipe, epochs=steps, lr=lr, seed=seed,
            limit=limit, device=device,
        )  # fmt: skip
    if reward is not None:
        raise BadInput(f"A reward is for --method {REINFORCED}; {method} learns from images.")

    from causaray.priors.finetune import finetune as tune

    return tune(
        prior, folders, Path(out), method=method, drift=drift, steps=steps or STEPS, lr=lr, seed=seed, limit=limit,
        device=device,
    )  # fmt: skip


def _reinforced(
    prior: str | Path, folders: list[Path], out: Path, drift: object, reward: str | Path | None, **how: Any
) -> Path:  # fmt: skip
    """By system 5."""
    if reward is None:
        raise BadInput(f"--method {REINFORCED} learns from a reward; name a classifier's weights with --reward.")
    if drift is not None:
        raise BadInput(f"--method {REINFORCED} keeps the drift that the prior has; leave --drift out.")
    need("matplotlib", "research")  # draws the curves while it learns

    from causaray.systems.ddpo.tune import finetune as tune

    return tune(prior, folders, out, reward=reward, **how)
