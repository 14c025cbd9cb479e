"""Every editor that weights may hold: system 1, and what it is compared with."""

from pathlib import Path

from causaray import weightfiles
from causaray.methods import conditional_vae, latent_diffusion
from causaray.methods.conditional_vae import VariationalEditor
from causaray.methods.editor import Editor
from causaray.methods.latent_diffusion import LatentDiffusionEditor

Baseline = LatentDiffusionEditor | VariationalEditor
BASELINES: dict[str, type[Baseline]] = {
    latent_diffusion.METHOD: LatentDiffusionEditor,
    conditional_vae.METHOD: VariationalEditor,
}


def load_editor(folder: Path) -> Editor | Baseline:
    """The editor of a weights folder. Raises BadInput when it holds none."""
    return BASELINES.get(str(weightfiles.config(folder).get("method")), Editor).load(folder)
