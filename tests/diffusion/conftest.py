import pytest
import torch

from causaray.diffusion.prior import Prior
from causaray.nets.autoencoder import CausalAutoencoder, Shape
from causaray.priors.text_prior import Config, build


@pytest.fixture(scope="module")
def prior() -> Prior:
    """A small untrained prior of 64 px images whose output layers are not the zeros that they start as."""
    torch.manual_seed(0)
    shape = Shape(64, 4, 16, 16, 1, 1, 16, 2)
    config = Config(
        "tiny", "none", ("Edema",), ("edema", "left", "mild", "no", "pleural", "effusion"), 8, 1, (16, 32), 16
    )
    made = build(config, CausalAutoencoder(shape, 1)).eval().requires_grad_(False)
    for parameter in made.unet.parameters():
        parameter += 0.05 * torch.randn_like(parameter)
    return made
