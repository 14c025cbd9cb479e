"""Our own prior of whole radiographs, made, saved and read."""

import shutil
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import nn

from causaray import weightfiles
from causaray.diffusion.clock import AngleClock
from causaray.diffusion.prior import Prior
from causaray.editors.saved import load_weights, save_weights
from causaray.errors import BadInput
from causaray.extras import need
from causaray.nets.autoencoder import CausalAutoencoder
from causaray.nets.codecs import CausalCodec
from causaray.nets.words import WordList
from causaray.priors.stable_folder import load_stable
from causaray.systems.causal_disentanglement.editor import METHOD as SYSTEM_1
from causaray.systems.causal_disentanglement.editor import Config as EditorConfig
from causaray.systems.causal_disentanglement.editor import autoencoder_of as untrained
from causaray.systems.latent_drifting.drift import saved_drift, told_drift

METHOD = "text-prior"
AUTOENCODER = "autoencoder"


@dataclass(frozen=True)
class Config:
    """Everything but the numbers.

    `autoencoder`: the weights of system 1 by name, shipped or in a folder beside; `patch`: see CausalCodec; `width`:
    channels of the U-Net at each resolution; `dim`: of what the text encoder says.
    """

    name: str
    autoencoder: str
    names: tuple[str, ...]
    vocabulary: tuple[str, ...]
    length: int = 32
    patch: int = 1
    width: tuple[int, ...] = (64, 128)
    dim: int = 96

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Config":
        """Of config.json. Raises KeyError where it does not say what is needed."""
        known: dict[str, Any] = {}
        for key in cls.__dataclass_fields__:
            known[key] = tuple(values[key]) if isinstance(values[key], list) else values[key]
        return cls(**known)


def build(config: Config, autoencoder: CausalAutoencoder) -> Prior:
    """An untrained prior of that configuration. Raises BadInput where the packages for it are missing."""
    need("diffusers", "prior")
    codec, words = CausalCodec(autoencoder, config.patch), WordList(config.vocabulary, config.length)
    return Prior(
        config.name,
        codec.size,
        codec,
        _unet(config, codec),
        _text_encoder(config, len(words)),
        words,
        AngleClock(),
        config.names,
    )


def _unet(config: Config, codec: CausalCodec) -> Any:
    from diffusers import UNet2DConditionModel  # takes seconds to import

    levels = len(config.width)
    return UNet2DConditionModel(
        sample_size=codec.side, in_channels=codec.channels, out_channels=codec.channels, layers_per_block=1,
        block_out_channels=config.width, down_block_types=("CrossAttnDownBlock2D",) * levels,
        up_block_types=("CrossAttnUpBlock2D",) * levels, cross_attention_dim=config.dim, attention_head_dim=4,
        norm_num_groups=16,
    )  # fmt: skip


def _text_encoder(config: Config, words: int) -> nn.Module:
    from transformers import CLIPTextConfig, CLIPTextModel

    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=words,
            hidden_size=config.dim,
            intermediate_size=2 * config.dim,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=config.length,
            projection_dim=config.dim,
            bos_token_id=0,
            pad_token_id=0,
            eos_token_id=0,
        )
    )


def read_autoencoder(folder: Path) -> CausalAutoencoder:
    """The autoencoder of weights of system 1, or of it alone. Raises BadInput when the folder holds none."""
    net, _ = load_weights(folder, SYSTEM_1, lambda told: untrained(EditorConfig.from_dict(told)), f"{AUTOENCODER}.")
    return net


def holds_prior(folder: Path) -> bool:
    """Whether a folder is a prior's: ours, or one of Stable Diffusion."""
    return weightfiles.is_stable(folder) or weightfiles.config(folder).get("method") == METHOD


def load_prior(name_or_folder: str | Path, size: int = weightfiles.STABLE_SIZE) -> Prior:
    """A prior to use: ours by name or folder, or a Stable Diffusion folder in the layout of diffusers.

    size: image side in pixels for a Stable Diffusion folder, whose autoencoder takes any multiple of eight. Weights are
    read from safetensors alone and nothing is fetched. Raises BadInput for a folder that holds neither.
    """
    if weightfiles.is_stable(name_or_folder):
        return load_stable(Path(name_or_folder), size)
    folder = weightfiles.find(name_or_folder)
    config = weightfiles.config(folder)
    if config.get("method") != METHOD:
        raise BadInput(f"{folder} holds weights of method {config.get('method')}; a prior is of method {METHOD}.")
    try:
        autoencoder = autoencoder_of(folder, config)
        if config.get("autoencoder_digest") not in (None, weightfiles.digest(autoencoder)):
            raise BadInput(f"{folder} was learned on other weights than {autoencoder}; put those beside it.")
        prior = build(Config.from_dict(config), read_autoencoder(autoencoder))
    except KeyError as error:
        raise BadInput(f"{folder} does not say its {error}; make the prior again.") from error
    load_weights(folder, METHOD, lambda _: _trained(prior))
    prior.digest, prior.drift = weightfiles.digest(folder), saved_drift(config)
    return prior.eval().requires_grad_(False)


def save_prior(prior: Prior, config: Config, folder: Path, **about: Any) -> None:
    """Write the trained parts in half precision, and config.json; `about` says how they were trained."""
    said = {"method": METHOD, "size": prior.size, **asdict(config), "drift": told_drift(prior.drift), **about}
    save_weights(deepcopy(_trained(prior)).half(), said, folder)


def _trained(prior: Prior) -> nn.ModuleDict:
    """The parts of a prior that its file holds: all but the autoencoder, which is another's."""
    return nn.ModuleDict({"unet": prior.unet, "text_encoder": prior.text_encoder, "scale": prior.codec.scale})


def keep_autoencoder(folder: Path, made: Path) -> None:
    """Put the autoencoder beside the weights `made` of its latents, unless it ships with the package."""
    if folder.parent != weightfiles.SHIPPED:
        shutil.copytree(folder, made / AUTOENCODER, dirs_exist_ok=True)


def autoencoder_of(folder: Path, config: Mapping[str, Any]) -> Path:
    """The weights folder of the autoencoder that a prior's folder names."""
    beside = folder / AUTOENCODER
    return beside if beside.is_dir() else weightfiles.find(config[AUTOENCODER])


def check_words(prior: Prior, texts: Sequence[str]) -> None:
    """Raises BadInput for a word that a prior of ours was never told, and would take for any other such word."""
    if isinstance(prior.words, WordList) and (strange := [w for text in texts for w in prior.words.unknown(text)]):
        raise BadInput(f"{prior.name} was never told {', '.join(strange)}; ask for what its captions speak of.")
