"""The encoder slot of the long-tail optimisation: ours, or any image model in the layout of transformers."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from causaray import weightfiles
from causaray.editors.saved import load_weights
from causaray.errors import BadInput
from causaray.nets.encoder import ChestEncoder
from causaray.nets.guide import resized
from causaray.systems.causal_disentanglement.amortised_noise import Amortised
from causaray.systems.causal_disentanglement.seed_optimisation import ENGINES, Engine, ReferenceGuidance

METHOD = "chest-encoder"
AMORTISED = "noise-cxr-128"


class References(nn.Module):
    """A chest encoder with the centroids of the references that ship with it.

    Called with images (B, 1, S, S) in [0, 1] it gives features (B, d). `names`: the findings with a centroid.
    """

    def __init__(self, encoder: ChestEncoder, config: dict[str, Any], digest: str) -> None:
        super().__init__()
        self.encoder, self.name, self.digest = encoder.eval().requires_grad_(False), config["name"], digest
        self.columns = {name: i for i, name in enumerate(config["names"])}
        self.counts: dict[str, int] = config["references"]
        self.names = tuple(n for n, i in self.columns.items() if not encoder.centroids[i].isnan().any())

    @classmethod
    def load(cls, folder: Path) -> "References":
        """Read a weights folder. Raises BadInput when it holds no chest encoder."""
        net, config = load_weights(
            folder,
            METHOD,
            lambda c: ChestEncoder(len(c["names"]), [tuple(v) for v in c["views"]], c["width"], c["dim"]),
        )
        return cls(net, config, weightfiles.digest(folder))

    def forward(self, images: Tensor) -> Tensor:
        return self.encoder(images)

    def centroid(self, name: str) -> Tensor:
        """The centroid (d,) of a finding's references. Raises BadInput for a finding without any."""
        if name not in self.names:
            known = ", ".join(self.names)
            raise BadInput(f"No references of {name} come along; give some with --references. Known: {known}.")
        return self.encoder.centroids[self.columns[name]]

    def unlike(self, images: Tensor, name: str) -> bool:
        """Whether images show less of a finding than an average radiograph does; False where nobody knows."""
        if name not in self.columns:
            return False
        return bool(self.encoder.likeness(images)[:, self.columns[name]].mean() < 0)


def shipped_pull(folder: Path, engine: str) -> ReferenceGuidance:
    """A pull toward the centroids that come with a chest encoder. Raises BadInput for an unknown engine."""
    references = References.load(folder)
    centroids = {name: references.centroid(name) for name in references.names}
    return ReferenceGuidance(references, centroids, engine_named(engine), engine, references.name)


def engine_named(engine: str) -> Engine:
    """The engine of that name: of ENGINES, "amortised" (of AMORTISED, which ships), or a weights folder of such a one.

    Raises BadInput when there is none such.
    """
    if engine in ENGINES:
        return ENGINES[engine]
    if engine != "amortised" and not Path(engine).is_dir():
        raise BadInput(f"There is no engine {engine}; known are {', '.join([*ENGINES, 'amortised'])}.")
    return Amortised.load(weightfiles.find(AMORTISED if engine == "amortised" else engine))


class TransformersEncoder(nn.Module):
    """An image model of transformers, such as a CLIP or a ViT, from a local folder: images to pooled features (B, d).

    Grey values are repeated for red, green and blue and standardised as the folder's preprocessor_config.json says.
    Only safetensors are read, and nothing is fetched. Raises BadInput when the folder holds no such model.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, folder: str | Path) -> None:
        super().__init__()
        from transformers import AutoConfig, AutoModel  # takes seconds to import

        try:
            config = AutoConfig.from_pretrained(folder, local_files_only=True)
            model = AutoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True)
        except (OSError, ValueError, KeyError) as error:
            raise BadInput(f"{folder} holds no image model of transformers with safetensors.") from error
        self.model = getattr(model, "vision_model", model).eval().requires_grad_(False)
        vision = getattr(config, "vision_config", config)
        if not hasattr(vision, "image_size"):
            raise BadInput(f"{folder} holds a model that does not take images.")
        self.size, self.channels = int(vision.image_size), int(getattr(vision, "num_channels", 3))
        mean, deviation = _preprocessing(Path(folder))
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1))
        self.register_buffer("deviation", torch.tensor(deviation).view(1, -1, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        pixels = (resized(images, self.size).expand(-1, self.channels, -1, -1) - self.mean) / self.deviation
        seen = self.model(pixel_values=pixels)
        pooled = getattr(seen, "pooler_output", None)
        pooled = seen.last_hidden_state.mean(1) if pooled is None else pooled
        return pooled.flatten(1) / pooled.flatten(1).norm(dim=1, keepdim=True)


def _preprocessing(folder: Path) -> tuple[list[float], list[float]]:
    import json

    try:
        said = json.loads((folder / "preprocessor_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        said = {}
    return said.get("image_mean", [0.5]), said.get("image_std", [0.5])
