"""Counterfactuals show what a classifier answers to, and SCLS ranks classifiers by how far they rely on an artifact."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from causaray.classifiers.calibration import Calibrated
from causaray.classifiers.groups import empirical_risk
from causaray.classifiers.labelled_rows import LabelledRows, even
from causaray.cohorts.planted import Planted
from causaray.errors import BadInput
from causaray.evaluation.classification.reliance import Response, answered_most
from causaray.systems.debiasing import losses
from causaray.systems.debiasing.generator import CounterfactualGenerator
from causaray.systems.debiasing.joint import Pair, train_pair
from causaray.systems.debiasing.measured import DRAWN, GAN, LOW, Bench, measured, rank_agreement
from causaray.systems.debiasing.pairs import Labelled, learned, retrained
from causaray.systems.debiasing.recipe import DebiasingRecipe

SIDE = 32
BASE, CORNER = (slice(20, 32), slice(4, 28)), (slice(0, 8), slice(24, 32))
"""Where the finding is, and where the artifact is."""
STEEP = 40.0


def recipe(**said) -> DebiasingRecipe:
    plain = {"name": "toy", "about": "", "method": "debiasing", "size": 64, "finding": "Pleural Effusion"}
    plain |= {"objective": "erm", "augment": 0.0, "precision": "fp32", "run": {"steps": 2, "batch": 8, "lr": 1e-3}}
    return DebiasingRecipe.model_validate(plain | said)


def drawn(rows: np.ndarray, finding: np.ndarray, artifact: np.ndarray) -> Tensor:
    """Grey images with a little noise, brighter at the base with the finding, in the corner with the artifact."""
    noise = torch.randn(64, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    images = 0.4 + 0.02 * noise[torch.from_numpy(rows)]
    images[..., *BASE] += 0.2 * torch.from_numpy(finding).view(-1, 1, 1, 1)
    images[..., *CORNER] += 0.2 * torch.from_numpy(artifact).view(-1, 1, 1, 1)
    return images


def world() -> Planted:
    finding, artifact = np.tile([0, 0, 1, 1], 16), np.tile([0, 1], 32)
    return Planted("finding", "artifact", finding, artifact, np.arange(64).astype(str), drawn)


class Reader(nn.Module):
    """Logits of what is seen at the base and in the corner, weighed: one weight of the artifact for each output."""

    def __init__(self, *weights: float) -> None:
        super().__init__()
        self.weights = weights

    def forward(self, images: Tensor) -> Tensor:
        base, corner = (images[..., *place].mean((1, 2, 3)) for place in (BASE, CORNER))
        seen = [(1 - w) * base + w * corner - 0.5 for w in self.weights]
        return STEEP * torch.stack(seen, 1)


def reader(*weights: float) -> Calibrated:
    return Calibrated(Reader(*weights), len(weights)).eval()


JUDGE = reader(0.0, 1.0)  # p reads the base, d the corner


class Swapper(nn.Module):
    """A generator that draws the finding and the artifact as of the class asked for, by given shares."""

    def __init__(self, finding: float, artifact: float) -> None:
        super().__init__()
        self.shares = ((BASE, finding), (CORNER, artifact))

    def forward(self, images: Tensor, target: Tensor) -> Tensor:
        made = images.clone()
        for place, share in self.shares:
            level = 0.4 + 0.2 * target.view(-1, 1, 1, 1)
            made[..., *place] = (1 - share) * images[..., *place] + share * level
        return made


def asked(weight: float, generator: nn.Module):
    truth = world()
    return measured(Pair(reader(weight), generator), Bench(truth, JUDGE), truth.finding)  # type: ignore[arg-type]


def test_a_generator_is_the_identity_before_its_training_and_draws_nothing_finer_than_two_pixels() -> None:
    generator = CounterfactualGenerator((8, 16))
    images = torch.rand(3, 1, SIDE, SIDE)
    assert torch.equal(generator(images, torch.tensor([0.0, 1.0, 1.0])), images)
    nn.init.normal_(generator.unet.leave[-1].weight, std=0.05)
    change = generator(0.5 * torch.ones(1, 1, SIDE, SIDE), torch.ones(1)) - 0.5
    folded = torch.nn.functional.pixel_unshuffle(change, 2).std(1)
    assert change.abs().max() > 0 and folded.mean() < change.std()


def test_the_class_asked_for_is_told_to_the_generator() -> None:
    torch.manual_seed(0)
    generator = CounterfactualGenerator((8, 16))
    nn.init.normal_(generator.unet.leave[-1].weight, std=0.05)
    images = torch.full((2, 1, SIDE, SIDE), 0.5)
    one, other = generator(images, torch.tensor([0.0, 1.0]))
    assert (one - other).abs().max() > 1e-3


def test_low_pass_takes_a_checkerboard_away_and_leaves_what_is_large() -> None:
    board = torch.ones(1, 1, 64, 64)
    board[..., ::2, ::2] = board[..., 1::2, 1::2] = -1
    assert losses.low_passed(board).abs().max() < 0.05
    large = torch.zeros(1, 1, 64, 64)
    large[..., 16:48, 16:48] = 1
    assert losses.low_passed(large)[0, 0, 32, 32] == pytest.approx(1)
    torch.manual_seed(0)
    shown = losses.coarsened(board.expand(4, -1, -1, -1))
    assert (shown.std((1, 2, 3))[::2] < 0.1).all() and (shown.std((1, 2, 3))[1::2] > 0.9).all()


def test_the_losses_are_nothing_where_they_should_be() -> None:
    ones, zeros = torch.ones(2, 1, 4, 4), torch.zeros(2, 1, 4, 4)
    assert losses.discriminator_loss(ones, zeros) == losses.realness_loss(ones) == losses.kept_loss(ones, ones) == 0
    assert losses.discriminator_loss(zeros, ones) == 2
    assert losses.class_loss(torch.zeros(3, 1), torch.ones(3)) == pytest.approx(np.log(2))


@pytest.mark.parametrize(("weight", "inside", "outside"), [(1.0, CORNER, BASE), (0.0, BASE, CORNER)])
def test_a_generator_learns_to_draw_what_the_classifier_answers_to(weight, inside, outside, tmp_path: Path) -> None:
    truth = world()
    plan = recipe(size=64, run={"steps": 30, "batch": 8, "lr": 1e-3}, generator={"edited": 8, "lr": 0.1})
    torch.manual_seed(0)
    pair = Pair(reader(weight), CounterfactualGenerator((4, 8)))
    rows = LabelledRows(truth.images.__getitem__, torch.zeros(64, 1), even(64))
    train_pair(pair, rows, None, plan, 30, tmp_path, "pair")
    found = measured(pair, Bench(truth, JUDGE), truth.finding)
    change = (found.made - truth.images).abs()
    assert found.figures[GAN]["crossed"]["value"] > 0.9
    assert change[..., *inside].mean() > 3 * change[..., *outside].mean()
    assert (found.figures[GAN]["scls_d"]["value"] > 0.5) == (weight == 1.0)


def test_a_classifier_that_stays_does_not_learn_and_one_with_an_objective_does(tmp_path: Path) -> None:
    made = world()
    images = torch.nn.functional.interpolate(made.images, size=64)
    data = Labelled(images.__getitem__, made.finding, made.group)
    pair = learned(recipe(), data, tmp_path / "erm")
    again = learned(recipe(), data, tmp_path / "erm")  # finds the training done
    assert all(torch.equal(a, b) for a, b in zip(pair.parameters(), again.parameters(), strict=True))
    before = {name: value.clone() for name, value in pair.classifier.state_dict().items()}
    source = data.rows(even(64), recipe(), torch.device("cpu"))
    pair.generator.requires_grad_(True)
    train_pair(pair, source, None, recipe(), 2, tmp_path / "stays", "pair")
    assert all(torch.equal(before[name], value) for name, value in pair.classifier.state_dict().items())
    pair.generator.requires_grad_(True)
    train_pair(pair, source, empirical_risk(), recipe(), 2, tmp_path / "learns", "pair")
    assert not all(torch.equal(before[name], value) for name, value in pair.classifier.state_dict().items())


def test_dfr_refuses_a_group_without_images(tmp_path: Path) -> None:
    made = world()
    images = torch.nn.functional.interpolate(made.images, size=64)
    data = Labelled(images.__getitem__, made.finding, made.group)
    pair, plan = learned(recipe(), data, tmp_path), recipe(objective="dfr", group=["finding", "artifact"])
    some = np.flatnonzero(made.group != 1)
    held = Labelled(images[some].__getitem__, made.finding[some], made.group[some])
    with pytest.raises(BadInput, match="Group 1 has no held-out images"):
        retrained(pair, held, data, plan, tmp_path)
    moved = retrained(pair, data, data, plan, tmp_path)
    assert not torch.equal(moved.classifier.net.view.head[-1].weight, pair.classifier.net.view.head[-1].weight)


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_scls_of_who_reads_the_finding_is_0_and_of_who_is_the_detector_1(weight: float) -> None:
    found = asked(weight, Swapper(finding=1 - weight, artifact=weight)).figures
    for who in (GAN, DRAWN):
        assert found[who]["crossed"]["value"] == 1
        assert found[who]["scls_d"]["value"] == pytest.approx(weight, abs=0.05)
    assert found["do_effect"]["value"] == pytest.approx(weight, abs=0.05)
    assert found["do_effect_of_finding"]["value"] == pytest.approx(1 - weight, abs=0.05)
    worst = found["groups"]["worst"]["value"]
    assert worst == 1 - weight, "who reads the artifact is wrong on both minorities"


def test_evidence_that_is_too_fine_to_be_seen_does_not_stay_when_low_passed() -> None:
    board = torch.ones(8, 8)
    board[::2, ::2] = board[1::2, 1::2] = -1

    class Hider(nn.Module):
        def forward(self, images: Tensor, target: Tensor) -> Tensor:
            made = images.clone()
            made[..., *CORNER] = 0.4 + 0.3 * board * target.view(-1, 1, 1, 1)
            return made

    class SeesFine(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return STEEP * ((board * images[..., *CORNER]).mean((1, 2, 3)) - 0.15)[:, None]

    truth = world()
    pair = Pair(Calibrated(SeesFine(), 1).eval(), Hider())  # type: ignore[arg-type]
    found = measured(pair, Bench(truth, JUDGE), truth.finding).figures
    assert found[GAN]["crossed"]["value"] == 1 and found["stays_low_passed"]["value"] == 0
    assert found[LOW]["scls_d"] is None


def test_scls_ranks_classifiers_as_the_do_effect_does() -> None:
    weights = [0.0, 0.45, 0.55, 1.0]
    each = [asked(w, Swapper(finding=1 - w, artifact=w)) for w in weights]
    patients = world().patients
    effects = [one.figures["do_effect"]["value"] for one in each]
    assert effects == sorted(effects)
    assert rank_agreement(each, GAN, patients)["value"] == pytest.approx(1)
    for mine, theirs in zip(each, reversed(each), strict=True):
        mine.moved["turned"] = theirs.moved[GAN]
    assert rank_agreement(each, "turned", patients)["value"] == pytest.approx(-1)


def test_the_counterfactual_is_the_edit_that_crosses_and_is_answered_most() -> None:
    before = np.array([0.1, 0.1, 0.1, 0.9])
    first, second = np.array([0.6, 0.4, 0.2, 0.4]), np.array([0.9, 0.6, 0.45, 0.45])
    edits = [Response(before, first), Response(before, second)]
    assert answered_most(edits).tolist() == [1, 1, -1, 0]
    assert answered_most(edits, threshold=0.95).tolist() == [-1] * 4


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"group": ["sex"]}, "erm has none"),
        ({"objective": "dfr"}, "need group"),
        ({"generator": {"edited": 16}}, "at most run.batch"),
    ],
)
def test_recipes_that_make_no_sense_are_refused(said, why) -> None:
    with pytest.raises(ValueError, match=why):
        recipe(**said)
