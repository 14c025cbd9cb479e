from pathlib import Path

import numpy as np
import pytest
from made_judge import make_quick

from causaray import weightfiles
from causaray.anatomy.reader import SHIPPED
from causaray.cohorts import Cohort
from causaray.cohorts.drawn import prepare_pairs, truths
from causaray.cohorts.phantom import prepare_phantom

REQUESTS = ["moderate left pleural effusion", "severe right pleural effusion", "moderate cardiomegaly"]


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Phantoms, which the net of coordinates reads as it reads films."""
    if not (weightfiles.SHIPPED / SHIPPED / weightfiles.MODEL).is_file():
        pytest.skip("the net of coordinates is not there")
    folder = tmp_path_factory.mktemp("films") / "phantom"
    prepare_phantom(folder, 60, size=64, seed=1)
    return folder


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory, films: Path) -> Path:
    """Pairs of phantoms of split test, several requests a film."""
    folder = tmp_path_factory.mktemp("drawn") / "pairs"
    prepare_pairs(films, REQUESTS, folder, split="test", per_film=0)
    return folder


@pytest.fixture(scope="session")
def film(drawn: Path) -> np.ndarray:
    """The films of the pairs, (n, 1, S, S)."""
    pairs = Cohort.open(drawn)
    return pairs.images(np.arange(len(pairs)))


@pytest.fixture(scope="session")
def truth(drawn: Path) -> np.ndarray:
    """The same with their findings."""
    return truths(Cohort.open(drawn))[0]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """See `make_quick`."""
    make_quick(monkeypatch)
