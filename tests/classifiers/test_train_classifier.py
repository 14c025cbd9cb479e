"""The one training of classifiers."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from causaray.classifiers.groups import empirical_risk
from causaray.classifiers.labelled_rows import LabelledRows, even
from causaray.classifiers.train import train_classifier


class Two(nn.Module):
    """A normalisation that stays, and one that learns."""

    def __init__(self) -> None:
        super().__init__()
        self.known, self.new, self.read = nn.BatchNorm2d(1), nn.BatchNorm2d(1), nn.Linear(64, 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.read(self.new(self.known(images)).flatten(1))


@pytest.fixture
def source() -> LabelledRows:
    rng = np.random.default_rng(0)
    images = rng.random((50, 1, 8, 8), np.float32)
    return LabelledRows(lambda rows: images[rows], torch.from_numpy(images.mean((2, 3)) > 0.5).float(), even(50))


def trained(source: LabelledRows, out: Path, steps: int = 3, **options) -> Two:
    torch.manual_seed(0)
    net = Two()
    optimiser = torch.optim.SGD(net.parameters(), lr=1.0)
    return train_classifier(
        net, source, empirical_risk(), optimiser, lambda x: x / 2, batch=8, steps=steps, seed=0, out=out, name="net",
        **{"still": net.known if options.pop("keeps", False) else None, **options},
    )  # fmt: skip


def test_a_part_can_keep_its_normalisation_and_what_comes_back_is_in_use(source: LabelledRows, tmp_path: Path) -> None:
    kept, learned = (trained(source, tmp_path / str(keeps), keeps=keeps) for keeps in (True, False))
    assert kept.known.running_mean.item() == 0 != learned.known.running_mean.item()
    assert kept.new.running_mean.item() != 0 and not kept.training


def test_images_are_augmented(source: LabelledRows, tmp_path: Path) -> None:
    net = trained(source, tmp_path, steps=40)
    assert net.known.running_mean.item() == pytest.approx(0.25, abs=0.03)


def test_the_gradient_is_clipped(source: LabelledRows, tmp_path: Path) -> None:
    torch.manual_seed(0)
    before = Two().read.weight
    moved = [(trained(source, tmp_path / str(c), steps=1, clip=c).read.weight - before).norm() for c in (1e-3, 1e3)]
    assert moved[0] < 1e-4 < moved[1]


def test_a_checkpoint_holds_the_net_alone_where_objectives_have_no_state(source: LabelledRows, tmp_path: Path) -> None:
    trained(source, tmp_path)
    assert list(torch.load(tmp_path / "net.pt", weights_only=True)["modules"]) == ["net"]
    assert (tmp_path / "net.csv").read_text().startswith("3,")


def test_a_batch_is_the_same_whenever_it_is_asked_for(source: LabelledRows) -> None:
    first, again = (source.batches(6, seed=1)(4) for _ in range(2))
    assert torch.equal(first.images, again.images) and torch.equal(first.labels, source.labels[again.rows])
    assert not torch.equal(first.rows, source.batches(6, seed=1)(5).rows)
