"""System 2: Latent Drifting, the fine-tuning of a prior to images of another kind (arXiv 2412.20651, CVPR 2025).

the drift delta in forward and reverse process          drift
images drawn under the drift, and their distance        conditional_samples
the table: fine-tuning with and without the drift       experiment
paired denoising under the drift                        systems/baselines/paired_denoising.DriftingEditor
"""

from causaray.systems.system import System

_HERE = "causaray.systems.latent_drifting"

SYSTEM = System(
    name="latent_drifting",
    number=2,
    title="Latent Drifting in Diffusion Models for Counterfactual Medical Image Synthesis",
    arxiv="2412.20651",
    about="A prior of other images is fine-tuned to radiographs, its noise shifted by a drift.",
    reproduced="The method and its table; KID falls for one of the pairs of domains tried, AUC does not rise.",
    page="latent-drifting",
    kinds={"drift": "causaray.systems.baselines.paired_denoising:DriftingEditor"},
    experiments={"latent-drifting": f"{_HERE}.experiment:run"},
)
