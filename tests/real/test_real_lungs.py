"""Lungs of real adults: found in most, found again under a grain, and wider apart where the heart is large."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from causaray.cohorts import read_studies
from causaray.evaluation.images.anatomy import overlap, widths
from causaray.evaluation.images.lungs import lung_masks, plausible
from causaray.evaluation.statistics.auroc import auroc

DATA = Path(os.environ.get("CAUSARAY_SHARED", Path(__file__).parents[3] / "shared")) / "data"
EACH = 40

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no real cohorts in {DATA} (set CAUSARAY_SHARED)")


@pytest.fixture(scope="module")
def images() -> Tensor:
    """EACH images with cardiomegaly, then as many without any finding: (2 * EACH, 1, 128, 128)."""
    studies = read_studies(DATA / "nih")
    asked = [
        [s for s in studies if any(f.name == name and f.state == "present" for f in s.findings)][:EACH]
        for name in ("Cardiomegaly", "No Finding")
    ]
    return torch.stack([torch.from_numpy(s.scan().square(128).pixels)[None] for side in asked for s in side])


def test_most_lungs_are_found_and_found_again(images: Tensor) -> None:
    masks = lung_masks(images)
    known = plausible(masks)
    assert known.mean() > 0.8
    grain = 0.01 * torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    again = lung_masks((images + grain).clamp(0, 1))
    assert overlap(masks, again)[known].mean() > 0.97 > 0.75 > overlap(masks, np.roll(masks, 1, axis=0))[known].mean()


def test_large_hearts_are_told_by_their_width(images: Tensor) -> None:
    masks = lung_masks(images)
    heart, chest = widths(masks)
    known = plausible(masks) & np.isfinite(heart)
    large = np.repeat([1, 0], EACH)
    assert auroc(large[known], (heart / chest)[known]) > 0.65
