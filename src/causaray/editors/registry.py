"""Every editor that weights may hold: system 1, and what it is compared with."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from causaray import weightfiles
from causaray.anatomy.reader import METHOD as ANATOMY
from causaray.findings import Findings
from causaray.priors.language_editor import LanguageEditor
from causaray.systems.baselines import conditional_vae, latent_diffusion
from causaray.systems.baselines.conditional_vae import VariationalEditor
from causaray.systems.baselines.drawn_baseline import DrawnBaseline
from causaray.systems.baselines.latent_diffusion import LatentDiffusionEditor
from causaray.systems.causal_disentanglement.editor import Editor
from causaray.systems.causal_disentanglement.seed_optimisation import Pull

Baseline = LatentDiffusionEditor | VariationalEditor
AnyEditor = Editor | Baseline | LanguageEditor | DrawnBaseline
BASELINES: dict[str, type[Baseline]] = {
    latent_diffusion.METHOD: LatentDiffusionEditor,
    conditional_vae.METHOD: VariationalEditor,
}


def load_editor(folder: Path) -> Editor | Baseline:
    """The editor of a weights folder. Raises BadInput when it holds none."""
    return BASELINES.get(str(weightfiles.config(folder).get("method")), Editor).load(folder)


def load_measured(folder: Path) -> Editor | Baseline | DrawnBaseline:
    """The same, or the editor that draws where the folder holds a net of coordinates: whatever can be measured."""
    if weightfiles.config(folder).get("method") == ANATOMY:
        return DrawnBaseline.load(folder)
    return load_editor(folder)


def counterfactuals(
    editor: AnyEditor,
    images: Tensor,
    request: Findings,
    seeds: Sequence[int],
    strength: float,
    pull: Pull | None = None,
    steps: int | None = None,
) -> Tensor:
    """Edits of images (B, 1, S, S) by whichever editor: (B, 1, S, S).

    seeds: one for all images, or one an image, by which it is edited as it would be alone; a baseline takes the first
    for all. pull, steps: of system 1.
    """
    if not isinstance(editor, Editor):
        return editor.edit(images, request, seed=seeds[0], strength=strength).counterfactual
    each = [*seeds] if len(seeds) > 1 else [*seeds] * len(images)
    asked, made = [editor.resolved(request, seed) for seed in each], torch.empty(images.shape)
    for one in dict.fromkeys(asked):  # a seed may settle the side of a finding
        rows = [i for i, other in enumerate(asked) if other == one]
        noise = torch.cat([editor.noise(each[i], 1) for i in rows])
        found = pull.noise(editor, images[rows], one, noise, strength) if pull else None
        noise = found.noise if found else noise
        made[rows] = editor.edit(images[rows], one, strength=strength, steps=steps, noise=noise).counterfactual
    return made
