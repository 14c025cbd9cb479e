"""causaray finetune: a prior learns another domain from a few of its images."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from causaray.app.arguments import Cohorts, Out, Seed
from causaray.extras import need
from causaray.writing import check_folder


def finetune(
    prior: Annotated[str | Path, str, typer.Argument(help="Name or folder of a prior, or a Stable Diffusion folder.")],
    cohorts: Cohorts,
    out: Out,
    *,
    method: Annotated[str, typer.Option(help="full, lora, textual-inversion or dreambooth.")] = "full",
    drift: Annotated[
        str | float | Sequence[float] | None,
        str,
        typer.Option(help="Latent Drifting: delta, as one number or one a channel, or `learned`."),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Optimiser updates.")] = 400,
    lr: Annotated[float | None, typer.Option(help="Peak learning rate, instead of the method's.")] = None,
    seed: Seed = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many patients.")] = None,
) -> Path:
    """Fine-tune a prior; return its weights folder, `out`/<name of the prior>-<method>. Goes on with what `out` holds.

    Args:
        prior: name or folder of a prior of ours, or a Stable Diffusion folder in the layout of diffusers.
        cohorts: folders that `prepare` has written, one or several; their split train is learned from.
        out: folder for checkpoints, logs and the weights.
        method: "full" (the U-Net), "lora" (low-rank updates of its attention, merged when saved), "textual-inversion"
            (the embedding of one new word, `causaray`) or "dreambooth" (U-Net and that word, with prior preservation).
        drift: Latent Drifting's delta, a number or one a channel of the latents; "learned" learns one a channel; none
            keeps what the prior has.
        steps: optimiser updates, of 16 images each.
        lr: peak learning rate, instead of the method's, which suits priors of our size.
        seed: of patients, batches and noise.
        limit: at most so many patients.

    Raises:
        BadInput: for a prior, cohorts, a method or a drift that cannot be used, for an `out` of another fine-tuning.
    """
    need("peft", "prior")
    check_folder(out)
    folders = [cohorts] if isinstance(cohorts, str | Path) else cohorts

    from causaray.priors.finetune import finetune as tune

    return tune(
        prior, [Path(folder) for folder in folders], Path(out), method=method, drift=drift, steps=steps, lr=lr,
        seed=seed, limit=limit,
    )  # fmt: skip
