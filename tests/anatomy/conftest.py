import pytest
import torch

from causaray.anatomy.coordinates import Coordinates
from causaray.cohorts.phantom import World
from causaray.cohorts.phantom.coordinates import coordinates


@pytest.fixture(scope="session")
def healthy():
    """Six healthy phantoms (6, 1, 128, 128), and their true coordinates."""
    phantoms = World(size=128, common=0.0, devices=0.0).sample(6, seed=3)
    return phantoms.images, Coordinates.of(coordinates(phantoms))


@pytest.fixture(scope="session")
def film(healthy):
    images, place = healthy
    return images[:1], place.rows([0])


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
