"""For tests that read films: whether the net that does is there, and phantoms as films."""

import pytest

from causaray import weightfiles
from causaray.anatomy.reader import SHIPPED
from causaray.cohorts.phantom import World
from causaray.scan import Scan

needs_net = pytest.mark.skipif(
    SHIPPED not in {folder.name for folder in weightfiles.shipped()}, reason=f"no weights {SHIPPED}"
)


def films(n: int = 1, size: int = 128, seed: int = 3) -> list[Scan]:
    """Films of n healthy phantoms."""
    return [Scan(image[0].numpy(), view="PA") for image in healthy(n, size, seed).images]


def healthy(n: int = 1, size: int = 128, seed: int = 3):
    return World(size=size, common=0, devices=0).sample(n, seed=seed)
