"""Removal of real disease, measured in the phantom world, where findings are truly there."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from causaray.cohorts.phantom import prepare_phantom
from causaray.editors.edit import Edit, EditRequest
from causaray.evaluation import real_disease
from causaray.evaluation.real_disease import page, removed

NAME = "Pleural Effusion"


class Brightness:
    """A judge that takes the brightness of the lower half for fluid."""

    names = (NAME,)

    def predict(self, images: Tensor) -> Tensor:
        return images[:, :, images.shape[2] // 2 :].mean((1, 2, 3))[:, None]


class Darkening:
    """An editor that darkens the lower half when fluid is to go, and does nothing else."""

    def edit(self, images: Tensor, request: EditRequest) -> Edit:
        made = images.clone()
        if NAME in [finding.name for finding in request.findings]:
            made[:, :, images.shape[2] // 2 :] *= 0.8
        return Edit(images, made)


class Ruler:
    """In place of signs read by anatomy: the brightness of an image."""

    def __init__(self, reader: object, films: Tensor) -> None: ...

    def measure(self, images: Tensor, requests: list[object]) -> dict[str, np.ndarray]:
        return {"angle_blunting": images.mean((1, 2, 3)).numpy()}


def test_a_removal_that_works_is_told_from_a_control_that_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(real_disease, "SignReader", Ruler)
    rows = prepare_phantom(tmp_path / "phantom", 60, size=64, seed=2)
    found, pictures = removed(rows, NAME, Darkening(), Brightness(), None, 0)  # type: ignore[arg-type]
    assert found["films"] == int((rows.labels([NAME]) == 1).sum())
    assert 0 < found["seen"] < found["films"]
    assert found["judge"]["value"] == found["sign_moves"]["value"] == 1.0
    assert found["judge_control"]["value"] == found["sign_control"]["value"] == 0.0
    assert found["judge_after"] == pytest.approx(0.8 * found["judge_before"])
    assert len(pictures) == min(real_disease.GRID, found["films"])
    about = {"command": "c", "weights": "w", "digest": "d" * 64, "split": "test", "seed": 0}
    assert "| Pleural Effusion |" in page({"about": about, "findings": {NAME: found}})
    assert torch.equal(torch.tensor(pictures[0][0].pixels.shape), torch.tensor([64, 64]))
