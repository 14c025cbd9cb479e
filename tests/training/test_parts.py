"""The maps of findings alone, then the decoder of edits alone, on phantoms, where both are known."""

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.anatomy.reader import AnatomyReader
from causaray.cohorts import Cohort
from causaray.cohorts.phantom import prepare_phantom
from causaray.editors.residual import carry_kept
from causaray.evaluation.pairs.place import overlap
from causaray.nets.guide import resized
from causaray.systems.causal_disentanglement.editor import EditorNet
from causaray.systems.causal_disentanglement.stage1_drawn_groups import with_share, without
from causaray.systems.causal_disentanglement.training.pairs import Pairs, write_pairs
from causaray.systems.causal_disentanglement.training.parts import guessed, train_edits, train_maps, train_refiner
from causaray.systems.causal_disentanglement.training.phantom_pairs import phantom_pairs
from causaray.systems.causal_disentanglement.training.train import configure
from causaray.systems.causal_disentanglement.training.true_groups import group_batches
from causaray.training.recipe import Edits, Maps, Recipe, Refinement, load_recipe
from causaray.training.source import Source

NAMES = ("No Finding", "Pleural Effusion")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    return prepare_phantom(tmp_path_factory.mktemp("cohort") / "phantom", 40, size=64, seed=3)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory, cohort: Cohort) -> Pairs:
    folder = tmp_path_factory.mktemp("pairs") / "pairs"
    return write_pairs(phantom_pairs(cohort, NAMES, NAMES[1:], 48, 0), 48, 64, folder)


@pytest.fixture(scope="module")
def plan() -> Recipe:
    plan = load_recipe("cxr-128")
    latent = plan.latent.model_copy(update={"width": 16, "pathology_size": 16, "transformer_layers": 1, "fine": 1})
    return plan.model_copy(update={"size": 64, "latent": latent, "precision": "fp32", "augment": 0.0})


@pytest.fixture(scope="module")
def net(plan: Recipe) -> EditorNet:
    torch.manual_seed(0)
    return EditorNet(configure(plan, NAMES)).eval()


@pytest.fixture(scope="module")
def source(cohort: Cohort, plan: Recipe) -> Source:
    return Source(cohort, NAMES, plan, torch.device("cpu"))


def _others(net: EditorNet, part: str) -> dict[str, Tensor]:
    state = net.autoencoder.state_dict()
    return {name: value.clone() for name, value in state.items() if not name.startswith(part)}


def _same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


@torch.no_grad()
def _error(net: EditorNet, pairs: Pairs) -> float:
    """The error of removing by the true map, as a share of that of doing nothing."""
    groups, _ = group_batches(pairs, 24, 9, 0.0, torch.device("cpu"))(0)
    identity, maps = net.autoencoder.encode(resized(groups.drawn, 64))
    share = F.adaptive_avg_pool2d(groups.share, 16)
    ill = with_share(maps.mean, share, groups.shown)
    size = net.autoencoder.shape.size
    fine = with_share(torch.zeros(len(share), len(NAMES), size, size), resized(groups.share, size), groups.shown)
    place = AnatomyReader.load().read(groups.drawn).place.sheets()
    before, after = (
        net.autoencoder.render(identity.mean, z, groups.drawn, place, told)
        for z, told in ((ill, fine), (without(ill, groups.shown), without(fine, groups.shown)))
    )
    made = carry_kept(groups.drawn, before, after)
    return float((made - groups.films).abs().mean() / (groups.drawn - groups.films).abs().mean())


def test_each_part_learns_its_own_and_leaves_the_others_as_they_are(
    net: EditorNet, source: Source, pairs: Pairs, plan: Recipe, tmp_path: Path
) -> None:
    drawn = pairs.sheets(torch.arange(24).numpy())
    before = _others(net, "encoder.pathology")
    train_maps(net, source, pairs, plan, Maps(steps=200, batch=6, lr=5e-3, films=6), tmp_path)
    assert _same(before, net.autoencoder.state_dict())
    maps = net.autoencoder.encode(drawn[:, 1:2])[1].mean[:, 1:]
    assert overlap(maps.detach(), drawn[:, 2:]).mean() > 0.5, "the map tells the drawn share"
    healthy = net.autoencoder.encode(drawn[:, :1])[1].mean[:, 1:]
    assert healthy.mean() < 0.5 * maps.mean()

    coarse = F.interpolate(maps.detach(), (64, 64), mode="bilinear", align_corners=False)
    before = _others(net, "refiner")
    train_refiner(net, source, pairs, plan, Refinement(steps=16, batch=6, lr=1e-2), tmp_path)
    assert _same(before, net.autoencoder.state_dict())
    place = AnatomyReader.load().read(drawn[:, 1:2]).place.sheets()
    with torch.no_grad():
        read = net.autoencoder.encode(drawn[:, 1:2])[1].mean
        fine = net.autoencoder.refine(drawn[:, 1:2], place, read, torch.zeros(24, len(NAMES)))[:, 1:]
    assert overlap(fine, drawn[:, 2:]).mean() > overlap(coarse, drawn[:, 2:]).mean(), "finer maps fit closer"

    before, nothing = _others(net, "over"), _error(net, pairs)
    train_edits(net, source, pairs, plan, Edits(steps=32, batch=6, lr=1e-2), tmp_path)
    assert _same(before, net.autoencoder.state_dict())
    assert _error(net, pairs) < 0.85 * nothing
    assert all(p.requires_grad for p in net.parameters()), "later stages learn again what they please"


def test_a_guessed_share_is_near_the_true_one_and_never_beyond_it() -> None:
    torch.manual_seed(0)
    share = torch.zeros(64, 1, 64, 64)
    share[:, :, 16:48, 16:48] = 0.8
    rough = guessed(share, 16)
    assert rough.shape == (64, 1, 16, 16) and rough.min() >= 0 and rough.max() <= 1
    assert (rough - F.adaptive_avg_pool2d(share, 16)).abs().mean() < 0.05
    assert not rough[..., :2, :].any() and rough.std(0).max() > 0.05


def test_the_decoder_of_edits_alone_learns_on_films_twice_as_fine(
    source: Source, pairs: Pairs, plan: Recipe, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    fine = plan.model_copy(update={"latent": plan.latent.model_copy(update={"fine": 2})})
    net = EditorNet(configure(fine, NAMES)).eval()
    films, drawn, share = (sheet.repeat(2, 1).repeat(2, 2) for sheet in (pairs.films, pairs.drawn, pairs.share))
    finer = Pairs(films, drawn, share, pairs.rows)
    before, untrained = _others(net, "over"), _error(net, finer)
    train_edits(net, source, finer, fine, Edits(steps=3, batch=6, lr=1e-2), tmp_path)
    assert _same(before, net.autoencoder.state_dict())
    assert _error(net, finer) != untrained


def test_a_cohort_prepared_finer_is_seen_at_the_size_of_the_recipe(cohort: Cohort, plan: Recipe) -> None:
    half = Source(cohort, NAMES, plan.model_copy(update={"size": 32}), torch.device("cpu"))
    rows = torch.arange(3).numpy()
    torch.testing.assert_close(
        torch.from_numpy(half.data.images(rows)), F.avg_pool2d(torch.from_numpy(cohort.images(rows)), 2)
    )
