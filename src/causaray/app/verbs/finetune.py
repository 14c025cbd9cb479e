"""causaray finetune: a prior learns another domain from a few of its images."""

from collections.abc import Sequence
from pathlib import Path

from causaray.extras import need
from causaray.writing import check_folder


def finetune(
    prior: str | Path,
    cohorts: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    method: str = "full",
    drift: str | float | Sequence[float] | None = None,
    steps: int = 400,
    lr: float | None = None,
    seed: int = 0,
    limit: int | None = None,
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
