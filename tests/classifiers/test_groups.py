"""Objectives over groups, on numbers worked out by hand and on a world with a spurious attribute."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from causaray.classifiers.groups import GroupDRO, Reweighting, by_group, empirical_risk, groups_of, risks
from causaray.classifiers.labelled_rows import LabelledRows, even, sampler
from causaray.classifiers.train import Objective, train_classifier
from causaray.errors import BadInput

LOGITS = torch.tensor([[0.0], [math.log(3)]])
LABELS = torch.tensor([[1.0], [0.0]])
"""Cost ln 2 and ln 4."""


def test_weights_of_groups_follow_the_update_worked_out_by_hand() -> None:
    objective = GroupDRO(np.array([0, 1]), rate=1.0)
    loss = objective(LOGITS, LABELS, torch.arange(2))
    torch.testing.assert_close(objective.q, torch.tensor([1 / 3, 2 / 3]))
    assert loss.item() == pytest.approx(math.log(2) / 3 + 2 * math.log(4) / 3)
    objective(LOGITS, LABELS, torch.arange(2))
    torch.testing.assert_close(objective.q, torch.tensor([1 / 5, 4 / 5]))


def test_a_group_that_is_not_in_the_batch_and_unknown_labels_cost_nothing() -> None:
    labels = torch.tensor([[1.0, torch.nan], [torch.nan, torch.nan]])
    found = risks(torch.zeros(2, 2), labels, torch.tensor([2, 0]), 3)
    torch.testing.assert_close(found, torch.tensor([0.0, 0.0, math.log(2)]))


def test_reweighting_weighs_rows_by_the_size_of_their_group() -> None:
    objective = Reweighting(np.array([0, 0, 0, 1]))
    torch.testing.assert_close(objective.weight, torch.tensor([2 / 3, 2 / 3, 2 / 3, 2.0]))
    loss = objective(LOGITS, LABELS, torch.tensor([0, 3]))
    assert loss.item() == pytest.approx((2 / 3 * math.log(2) + 2 * math.log(4)) / 2)


def test_the_mean_risk_is_that_of_known_labels_kept_from_0_and_1() -> None:
    told = torch.tensor([[1.0], [torch.nan]])
    assert empirical_risk()(LOGITS, told, torch.arange(2)).item() == pytest.approx(math.log(2))
    soft = nn.functional.binary_cross_entropy_with_logits(LOGITS[1:], torch.tensor([[0.05]]))
    found = empirical_risk(smoothing=0.05)(LOGITS, torch.tensor([[torch.nan], [0.0]]), torch.arange(2))
    torch.testing.assert_close(found, soft)


def test_the_sampler_draws_all_groups_alike() -> None:
    group = np.repeat([0, 1, 2], [900, 90, 10])
    drawn = group[sampler(by_group(group), 6000, seed=0)(0)]
    np.testing.assert_allclose(np.bincount(drawn) / 6000, [1 / 3] * 3, atol=0.03)


def test_groups_are_the_values_that_are_together() -> None:
    table = pd.DataFrame({"sex": ["F", "M", None, "F"], "Edema": [1.0, 0.0, 0.0, np.nan], "view": "PA"})
    group, names = groups_of(table, ["sex", "Edema"])
    assert [names[g] for g in group] == [
        "sex F, Edema 1.0", "sex M, Edema 0.0", "sex unknown, Edema 0.0", "sex F, Edema unknown",
    ]  # fmt: skip
    with pytest.raises(BadInput, match="shoe is no column"):
        groups_of(table, ["shoe"])
    with pytest.raises(BadInput, match="All rows are of one group by view"):
        groups_of(table, ["view"])


class World:
    """Images of two pixels: the first tells the finding poorly, the second a device, which 95 % of the ill have and 5 %
    of the well."""

    def __init__(self, n: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        ill = rng.integers(0, 2, n)
        device = np.where(rng.random(n) < 0.95, ill, 1 - ill)
        seen = np.stack([0.7 * (2 * ill - 1) + rng.standard_normal(n), 2 * (2 * device - 1) + rng.normal(0, 0.3, n)], 1)
        self.images = torch.from_numpy(seen.astype(np.float32)).view(n, 1, 1, 2)
        self.labels = torch.from_numpy(ill.astype(np.float32))[:, None]
        self.group = 2 * ill + device

    def rows(self, chance: np.ndarray) -> LabelledRows:
        return LabelledRows(lambda rows: self.images[rows], self.labels, chance)

    def worst(self, net: nn.Module) -> float:
        """The least accuracy of the four groups."""
        with torch.no_grad():
            right = ((net(self.images) > 0) == (self.labels == 1)).numpy()[:, 0]
        return min(right[self.group == g].mean() for g in range(4))


def learned(world: World, objective: Objective, chance: np.ndarray, out: Path, steps: int = 400) -> nn.Module:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(2, 1))
    optimiser = torch.optim.AdamW(net.parameters(), lr=0.05)
    return train_classifier(
        net, world.rows(chance), objective, optimiser, lambda x: x, batch=64, steps=steps, seed=0, out=out, name="world"
    )


def test_the_worst_group_is_better_off_than_under_the_mean_risk(tmp_path: Path) -> None:
    world, unseen = World(2000, seed=0), World(4000, seed=1)
    by_mean = unseen.worst(learned(world, empirical_risk(), even(2000), tmp_path / "erm"))
    by_worst = unseen.worst(learned(world, GroupDRO(world.group), by_group(world.group), tmp_path / "dro"))
    by_weight = unseen.worst(learned(world, Reweighting(world.group), even(2000), tmp_path / "weighed"))
    assert by_mean < 0.4 and by_worst > 0.6 and by_weight > 0.6


def test_a_stopped_training_resumes_with_the_weights_of_its_groups(tmp_path: Path) -> None:
    world, made = World(200, seed=0), {}
    for name, stops in {"whole": False, "parts": True}.items():
        if stops:
            with pytest.raises(KeyboardInterrupt):
                learned(world, Stopped(world.group, at=7), by_group(world.group), tmp_path / name, steps=12)
        objective = GroupDRO(world.group)
        net = learned(world, objective, by_group(world.group), tmp_path / name, steps=12)
        made[name] = {**net.state_dict(), "q": objective.q}
    assert all(torch.equal(value, made["parts"][key]) for key, value in made["whole"].items())


class Stopped(GroupDRO):
    """Ctrl-C at a step."""

    def __init__(self, group: np.ndarray, at: int) -> None:
        super().__init__(group)
        self.left = at

    def forward(self, *batch: torch.Tensor) -> torch.Tensor:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().forward(*batch)
