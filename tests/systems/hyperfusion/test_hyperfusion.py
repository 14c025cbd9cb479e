"""HyperFusion and its baselines: equal size, gaps in the table, worlds whose truth is known, training and use."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from torch import Tensor, nn

import causaray
from causaray.cohorts import Cohort
from causaray.cohorts.phantom.cohort import prepare_phantom
from causaray.diffusion.sampler import guided
from causaray.errors import BadInput
from causaray.evaluation.statistics.resampled import corrected_difference
from causaray.nets.tabular import Column
from causaray.systems.hyperfusion.conditioned_denoiser import TableCondition
from causaray.systems.hyperfusion.experiment import ARMS
from causaray.systems.hyperfusion.fitting import Fit, drop_columns, fitted, new_reader
from causaray.systems.hyperfusion.fusion_nets import METHODS, ImageNet, matched, parameters
from causaray.systems.hyperfusion.problem import Problem, hidden
from causaray.systems.hyperfusion.radiographs import cohort_table
from causaray.systems.hyperfusion.reader import FusionReader
from causaray.systems.hyperfusion.worlds import COLUMNS, probability, world

RECIPE = {"method": "hyperfusion", "name": "tiny", "steps": 3, "batch": 16, "lr": 1e-3, "size": 32, "fewest": 5}


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantoms") / "cohort"
    prepare_phantom(folder, 160, size=32, seed=0)
    return folder


@pytest.fixture(scope="module")
def weights(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained")
    (out / "recipe.yaml").write_text(yaml.safe_dump(RECIPE | {"findings": ["Pleural Effusion"]}))
    return causaray.train(out / "recipe.yaml", phantoms, out / "weights")


def test_all_nets_are_as_large_as_hyperfusion() -> None:
    sizes = {method: parameters(matched(method, COLUMNS, 3)) for method in METHODS}
    assert all(abs(size / sizes["hyper"] - 1) < 0.05 for size in sizes.values()), sizes


def test_who_sees_what() -> None:
    """Each net answers to what it reads and to nothing else; at the start FiLM, DAFT and low rank are the image's."""
    torch.manual_seed(0)
    images, values = torch.rand(4, 1, 32, 32), torch.randn(4, len(COLUMNS)).abs().round()
    for method in METHODS:
        net = matched(method, COLUMNS, 2)
        first = net(images, values)
        by_table = (net(images, values + 1) - first).abs().max() > 0
        by_image = (net(images.flip(2), values) - first).abs().max() > 0
        assert by_table == (method not in ("image", "film", "daft", "low-rank")), method
        assert by_image == (method != "table"), method


def test_hyper_layer_is_set_up_for_the_tables_own_embeddings() -> None:
    torch.manual_seed(0)
    values = np.stack([np.arange(64), np.arange(64) % 2], 1).astype(np.float32)
    net = matched("hyper", (Column("age"), Column("sex", ("F", "M"))), 1)
    assert isinstance(net, ImageNet) and net.last.hyper is not None and net.table is not None
    net.fit_table(values)
    x = torch.randn(64, net.first.conv2.out_channels, 8, 8).relu() * 2**0.5
    found = []
    with torch.no_grad():
        for _ in range(16):
            net.fit_table(values)
            found.append(float(net.last.hyper(x, net.table(torch.from_numpy(values))).square().mean()))
    assert np.mean(found) == pytest.approx(2, rel=0.15)


def test_columns_are_dropped_at_every_rate() -> None:
    values = torch.ones(4000, 4)
    share = drop_columns(values, torch.Generator().manual_seed(0)).isnan().float().mean(1)
    assert 0.5 < float((share == 0).float().mean()) < 0.7
    assert all(float((share == level).float().mean()) > 0.05 for level in (0.25, 0.5, 0.75, 1))
    some = hidden(np.ones((500, 4), np.float32), 0.5, 0)
    assert (np.isnan(some).sum(1) == 2).all()
    assert np.isnan(hidden(np.ones((500, 3), np.float32), 0.5, 0)).mean() == pytest.approx(0.5, abs=0.03)


def test_in_the_world_of_interaction_neither_says_anything_alone() -> None:
    rng = np.random.default_rng(0)
    opaque, height = np.ones(20000, bool), rng.random(20000)
    laboratory = rng.choice([-1, 1], 20000)
    true = probability("interaction", opaque, height, laboratory)
    for one in (height > 0.5, laboratory > 0):
        assert abs(true[one].mean() - true[~one].mean()) < 0.02
    assert true[(height > 0.8) & (laboratory > 0)].mean() > 0.9
    assert true[(height > 0.8) & (laboratory < 0)].mean() < 0.1


def test_an_opacity_is_read_by_the_table() -> None:
    """A small world of two shapes: which of them is the finding is what the table says."""
    rng = np.random.default_rng(0)
    n = 640
    low, high_value = rng.random(n) < 0.5, rng.random(n) < 0.5
    images = 0.1 * torch.rand(n, 1, 32, 32)
    images[torch.from_numpy(low), :, 18:30, 8:24] += 0.8
    images[torch.from_numpy(~low), :, 2:14, 8:24] += 0.8
    values = (2.0 * high_value - 1)[:, None].astype(np.float32)
    answers = (low == high_value)[:, None].astype(np.float32)
    whole = Problem("shapes", images, (Column("laboratory"),), values, answers, np.arange(n), ("finding",))
    train, test = (whole.rows(rows) for rows in whole.folds(5, 0)[0])
    scores = {}
    for method in ("image", "hyper"):
        reader = fitted(method, train, Fit(steps=60, batch=32, lr=5e-3))
        scores[method] = test.measure(reader.read(test.images, test.values))
    assert scores["hyper"] > 0.95 and scores["image"] < 0.7
    swapped = reader.read(test.images, -test.values)
    assert test.measure(swapped) < 0.05  # the film held, the table changed: another reading


def test_folds_keep_a_patients_films_together() -> None:
    problem = world("additive", 40, 0)
    problem = Problem(**{**vars(problem), "patients": np.repeat(np.arange(20), 2)})
    folds = problem.folds(5, 0)
    assert sorted(np.concatenate([test for _, test in folds]).tolist()) == list(range(40))
    assert all(not set(problem.patients[a]) & set(problem.patients[b]) for a, b in folds)


def test_corrected_interval_by_hand() -> None:
    """Of 1, 2, 3 and a quarter as many cases held out as trained on: deviation sqrt(1 * (1/3 + 1/4)), t(2) 4.303."""
    found = corrected_difference(np.array([1.0, 2.0, 3.0]), 1 / 5)
    assert found["value"] == 2 and found["high"] - found["value"] == pytest.approx(4.30265 * (7 / 12) ** 0.5, abs=1e-4)
    assert found["p"] == pytest.approx(0.1203, abs=1e-3)
    assert np.isnan(corrected_difference(np.array([1.0]), 0.2)["p"])


def test_trained_weights_read_a_film_with_a_table(weights: Path, phantoms: Path) -> None:
    reader, cohort = FusionReader.load(weights), Cohort.open(phantoms)
    assert reader.names == ("Pleural Effusion",) and [c.name for c in reader.columns] == ["age", "sex", "view"]
    images, table = torch.from_numpy(cohort.images(range(3))), cohort_table(cohort, ["age", "sex"])[:3]
    read = reader.read_table(images, table)
    assert list(read.columns) == ["Pleural Effusion"] and read.to_numpy().min() > 0 and read.to_numpy().max() < 1
    other = reader.read_table(images, table.assign(age=90)) - read
    assert np.allclose(reader.what_if(images, table, {"age": 90}), other)
    assert np.allclose(reader.what_if(images, table, {"view": None}), 0)  # it was missing already
    nothing = reader.read_table(images, pd.DataFrame(index=range(3)))
    assert np.isfinite(nothing.to_numpy()).all()


@pytest.mark.parametrize(
    ("table", "match"),
    [
        ({"age": [1.0]}, "2 images and 1 rows"),
        ({"age": ["old", "young"]}, 'holds "old" where a number'),
        ({"sex": ["F", "X"]}, "sex was F or M in the training, never X"),
    ],
)
def test_tables_that_cannot_be_read_are_refused(weights: Path, table: dict[str, list[object]], match: str) -> None:
    with pytest.raises(BadInput, match=match):
        FusionReader.load(weights).read_table(torch.rand(2, 1, 32, 32), pd.DataFrame(table))


def test_a_column_of_no_training_cannot_be_changed(weights: Path) -> None:
    with pytest.raises(BadInput, match="read no column dose"):
        FusionReader.load(weights).what_if(torch.rand(1, 1, 32, 32), pd.DataFrame({"age": [50]}), {"dose": 1})


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"columns": ["weight"]}, "has a column weight"),
        ({"findings": ["Hernia"]}, "Hernia is not both present and absent"),
        ({"reads": "age"}, "columns hold age, which is what is read"),
    ],
)
def test_recipes_that_cannot_be_trained_are_refused(
    phantoms: Path, tmp_path: Path, change: dict[str, object], match: str
) -> None:
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(RECIPE | change))
    with pytest.raises(BadInput, match=match):
        causaray.train(tmp_path / "recipe.yaml", phantoms, tmp_path / "out")
    assert not (tmp_path / "out" / "recipe.json").exists()


def test_age_is_read_in_years(phantoms: Path, tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(RECIPE | {"reads": "age", "columns": ["sex"]}))
    reader = FusionReader.load(causaray.train(tmp_path / "recipe.yaml", phantoms, tmp_path / "out"))
    cohort = Cohort.open(phantoms)
    read = reader.read_table(torch.from_numpy(cohort.images(range(9))), cohort_table(cohort, ["sex"])[:9])
    assert read["age"].between(15, 100).all()


def test_without_a_table_the_denoiser_is_the_unconditional_one() -> None:
    torch.manual_seed(0)
    condition = TableCondition((Column("laboratory"),), channels=2)
    nn.init.normal_(condition.before.up.weight)
    nn.init.normal_(condition.behind.up.weight)

    def unconditional(z: Tensor, t: Tensor) -> Tensor:
        return z.tanh() * t[:, None, None, None]

    z, t = torch.randn(3, 2, 8, 8), torch.rand(3)
    none = condition.denoiser(unconditional, torch.full((3, 1), torch.nan))
    told = condition.denoiser(unconditional, torch.ones(3, 1))
    assert torch.equal(none(z, t), unconditional(z, t))
    assert (told(z, t) - none(z, t)).abs().max() > 0.1
    assert torch.allclose(guided(told, none, 1.0)(z, t), told(z, t), atol=1e-5)


def test_a_denoiser_learns_from_the_table() -> None:
    """Images are as bright as the laboratory value; the net that is conditioned says 0, whatever it sees."""
    torch.manual_seed(0)
    condition = TableCondition((Column("laboratory"),), channels=1)
    optimiser = torch.optim.Adam([p for p in condition.parameters() if p.requires_grad], 1e-2)
    losses = []
    for _ in range(120):
        value, noise, t = torch.randn(32, 1), torch.randn(32, 1, 4, 4), torch.rand(32)
        a, b = (t * torch.pi / 2).cos()[:, None, None, None], (t * torch.pi / 2).sin()[:, None, None, None]
        x = value[:, :, None, None].expand_as(noise)
        z, v = a * x + b * noise, a * noise - b * x
        loss = (condition.denoiser(lambda z, t: 0 * z, value)(z, t) - v).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert np.mean(losses[-20:]) < 0.9 * np.mean(losses[:20])


def test_every_arm_reads_a_problem() -> None:
    problem = world("additive", 60, 0)
    assert {arm.method for arm in ARMS if arm.method} == set(METHODS)
    for method in METHODS:
        read = new_reader(method, problem, 0).read(problem.images[:5], problem.values[:5])
        assert read.shape == (5, 1) and ((read > 0) & (read < 1)).all()
