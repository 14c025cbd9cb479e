"""What the systems are compared with.

plain latent diffusion, SDEdit (the paper's SD row)     latent_diffusion
conditional VAE, flat and hierarchical                  conditional_vae
paired denoisings, inpainting on a prior                paired_denoising, inpainting
findings drawn by their mechanisms                      drawn_baseline
"""

from causaray.systems.system import System

_HERE = "causaray.systems.baselines"

SYSTEM = System(
    name="baselines",
    title="Baselines",
    arxiv="",
    about="Latent diffusion, conditional VAEs, paired denoisings, inpainting, and findings that are drawn.",
    editors={
        "latent-diffusion": f"{_HERE}.latent_diffusion:LatentDiffusionEditor",
        "conditional-vae": f"{_HERE}.conditional_vae:VariationalEditor",
        "anatomy": f"{_HERE}.drawn_baseline:DrawnBaseline",
    },
    kinds={
        "paired": f"{_HERE}.paired_denoising:PairedEditor",
        "inpainting": f"{_HERE}.inpainting:InpaintingEditor",
    },
)
