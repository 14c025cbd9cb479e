"""Fine-tune a prior on a few images of another domain, with or without a drift of its latents."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from causaray import devices, weightfiles
from causaray.cohorts import Cohort, open_cohorts
from causaray.diffusion.prior import Prior
from causaray.errors import BadInput
from causaray.findings import NAMES
from causaray.priors.stable_folder import save_stable
from causaray.priors.text_prior import Config, autoencoder_of, keep_autoencoder, load_prior, save_prior
from causaray.priors.text_to_image import draw
from causaray.priors.train import prior_loss
from causaray.priors.training_captions import Captions
from causaray.priors.tunings import TUNINGS, WORD, Opened
from causaray.systems.causal_disentanglement.training.stages import encode_cache
from causaray.systems.latent_drifting.drift import as_drift
from causaray.training.loop import Task, run
from causaray.training.recipe import OnCohorts, Run, claim, validated
from causaray.training.source import Source, learnable, trained_on, training_rows
from causaray.training.updates import adamw, update

VIEWS, MOST = 4, 4096
"""Augmented views of an image that are encoded before the training, and the most in all."""
BATCH = 16
"""Images of an update."""
PRESERVED = 64
"""Own samples that prior preservation holds on to."""


class Plan(OnCohorts):
    """Everything a fine-tuning depends on, but for the images."""

    prior: str = Field(description="name or folder of the prior that it begins with")
    method: Literal["full", "lora", "textual-inversion", "dreambooth"]
    drift: float | str | tuple[float, ...] | None = Field(None, description="as `as_drift` takes it; None: the prior's")
    limit: int | None = Field(None, ge=1, description="at most so many patients")
    null: float = Field(0.1, ge=0, le=1, description="probability that the caption is dropped")
    run: Run


def finetune(
    prior: str | Path, cohorts: Iterable[Path], out: Path, *,
    method: str = "full", drift: float | str | Sequence[float] | None = None, steps: int = 400,
    lr: float | None = None, seed: int = 0, limit: int | None = None, device: str = devices.AUTO,
) -> Path:  # fmt: skip
    """Fine-tune on split `train`; return the weights folder out/<name of the prior>-<method>. Resumes what `out` holds.

    Arguments as of the verb. Raises BadInput for a prior, cohorts, a method or a drift that cannot be used.
    """
    data = open_cohorts(list(cohorts))
    begun = load_prior(prior, data.size)
    plan = validated({
        "name": f"{begun.name}-{method}", "about": "A fine-tuned prior.", "size": begun.size, "seed": seed,
        "prior": str(prior), "method": method, "drift": drift, "limit": limit,
        "run": {"steps": steps, "batch": BATCH, "lr": lr or rate(method)},
    }, Plan, "finetune")  # fmt: skip
    rows = training_rows(data, plan)
    names, cohort = learnable(rows), few(rows, limit, seed)
    shift = begun.drift if drift is None else as_drift(drift, begun.shape[0])
    claim(out, plan)
    torch.manual_seed(seed)
    source = Source(cohort, names, plan, devices.resolved(device))
    learn(begun.to(source.device), source, Captions(cohort, names, plan.null, seed), plan, shift, out)
    said = plan.model_dump(mode="json") | {"prior": begun.name, "digest": begun.digest}  # no path of this machine
    save(begun.cpu(), prior, plan.name, names, out / plan.name, finetuned=said, cohorts=trained_on(cohort))
    return out / plan.name


def rate(method: str) -> float:
    """The peak learning rate of a method. Raises BadInput for one that there is not."""
    if method not in TUNINGS:
        raise BadInput(f"There is no method {method}; known are {', '.join(TUNINGS)}.")
    return TUNINGS[method].lr


def few(cohort: Cohort, patients: int | None, seed: int) -> Cohort:
    """The images of so many patients, drawn by the seed; all where None is said."""
    if patients is None:
        return cohort
    whose = (cohort.table["cohort"] + "/" + cohort.table["patient"]).to_numpy(str)
    chosen = np.random.default_rng(seed).permutation(np.unique(whose))[:patients]
    return cohort.subset(mask=np.isin(whose, chosen))


def learn(
    prior: Prior, source: Source, captions: Captions, plan: Plan, drift: Tensor | None, out: Path
) -> None:  # fmt: skip
    """Leaves the average of the training in `prior`, its low-rank updates merged, its drift `drift`."""
    tuning, cache = TUNINGS[plan.method], min(32 * -(-VIEWS * len(source.data.labels) // 32), MOST)
    latents, rows = encode_cache(prior.codec.encode, source, cache, plan.seed, lambda batch: batch.rows)
    kept = preserved(prior, captions, plan.seed) if tuning.preserve else None
    prior.drift = drift  # not before: what is preserved was drawn by the prior as it was
    opened = Opened(prior.to(source.device), tuning, captions.vocabulary)
    learning = opened.learning
    optimiser = adamw(learning, plan.run.lr)

    def step(i: int) -> dict[str, float]:
        chosen = torch.randint(len(rows), (plan.run.batch,))
        texts = captions.of(rows[chosen].tolist())
        texts = [with_word(prior, text) for text in texts] if tuning.word else texts
        with source.precision():
            loss = prior_loss(prior, latents[chosen.to(latents.device)], prior.embed(texts))
            loss = loss + kept(plan.run.batch) if kept else loss
        update(loss, optimiser, clip=1.0)
        return {"loss": loss.item()}

    task = Task({"net": learning}, {"net": optimiser}, step, "net")
    learning.load_state_dict(run(task, plan.run.steps, out, "finetune"))
    opened.close()


def with_word(prior: Prior, text: str) -> str:
    """A caption of the new domain: WORD, and what of the caption the prior knows; "" stays nothing."""
    return ", ".join([WORD, *understood(prior, text)]) if text else ""


def understood(prior: Prior, text: str) -> list[str]:
    """The parts of a caption whose every word a prior knows."""
    return [part for part in text.split(", ") if part and not prior.words.unknown(part)]


def preserved(prior: Prior, captions: Captions, seed: int) -> Callable[[int], Tensor]:
    """Prior preservation (Ruiz et al. 2023): the loss on n of what the prior itself drew of captions without WORD."""
    rows = np.random.default_rng(seed).integers(len(captions.known), size=PRESERVED).tolist()
    texts = [", ".join(understood(prior, text)) for text in captions.of(rows)]
    own = draw(prior, texts, seed=seed)

    def loss(n: int) -> Tensor:
        chosen = torch.randint(len(own), (n,))
        return prior_loss(prior, own[chosen.to(own.device)], prior.embed([texts[i] for i in chosen.tolist()]))

    return loss


def save(
    prior: Prior, begun: str | Path, name: str, names: Sequence[str], folder: Path, **about: Any
) -> None:  # fmt: skip
    """Write a fine-tuned prior as what it was `begun` with: weights of ours, or a Stable Diffusion folder."""
    if weightfiles.is_stable(begun):
        save_stable(prior, Path(begun), folder, names=list(names), **about)
        return
    words: Any = prior.words
    source = weightfiles.find(begun)
    before = weightfiles.config(source)
    known = {*before["names"], *names}
    config = replace(
        Config.from_dict(before),
        name=name,
        names=tuple(one for one in NAMES if one in known),
        vocabulary=words.vocabulary,
    )
    autoencoder = autoencoder_of(source, before)
    save_prior(prior, config, folder, autoencoder_digest=weightfiles.digest(autoencoder), **about)
    keep_autoencoder(autoencoder, folder)
