"""DeCoDEx: its chain, its energies and its counterfactuals, in worlds whose answer is known."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from torch import Tensor

import causaray
from causaray.app.verbs.reproduce import reproduce
from causaray.cohorts.phantom.cohort import prepare_planted
from causaray.cohorts.phantom.planting import Planting
from causaray.diffusion.sampler import ancestral, posterior
from causaray.editors.edit import EditRequest
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.findings import parse_prompt
from causaray.systems.decodex import experiment
from causaray.systems.decodex import train as training
from causaray.systems.decodex.chain import Chain, gradient
from causaray.systems.decodex.counterfactuals import Maker, Nested
from causaray.systems.decodex.energies import Energies, Scales, detector_energy, perceptual_energy
from causaray.systems.decodex.space import GaussianSpace

SIDE = 8
LEFT, RIGHT = torch.zeros(1, 1, SIDE, SIDE), torch.zeros(1, 1, SIDE, SIDE)
LEFT[..., 4:7, 1:3], RIGHT[..., 1:3, 5:7] = 1, 1
"""Where the disease of the world is, and where its artifact."""


def world(n: int, seed: int) -> Tensor:
    """Grey images in which left and right square are as bright as chance has it, apart from each other."""
    generator = torch.Generator().manual_seed(seed)
    disease, artifact = torch.rand(2, n, 1, 1, 1, generator=generator)
    noise = 0.02 * torch.randn(n, 1, SIDE, SIDE, generator=generator)
    return (0.3 + 0.4 * disease * LEFT + 0.4 * artifact * RIGHT + noise).clamp(0, 1)


def brightness(images: Tensor, where: Tensor) -> Tensor:
    return (images * where).sum((1, 2, 3)) / where.sum()


def biased(images: Tensor) -> Tensor:
    """A classifier that leans on disease and artifact alike."""
    return 20 * (brightness(images, LEFT) + brightness(images, RIGHT) - 1.0)


def detector(images: Tensor) -> Tensor:
    return 6 * (brightness(images, RIGHT) - 0.5)


@pytest.fixture(scope="module")
def space() -> GaussianSpace:
    made = GaussianSpace(SIDE, 4)
    made.fit(world(300, 0))
    return made.requires_grad_(False)


def maker(space: GaussianSpace, scales: Nested, estimate: str = "one step", steps: int = 20) -> Maker:
    return Maker(Chain(space, 0.6, steps, estimate), scales, biased, detector, lambda x: x)  # type: ignore[arg-type]


def test_the_hook_moves_the_mean_by_the_variance_times_the_gradient(space: GaussianSpace) -> None:
    z, times = space.encode(world(2, 1)), torch.tensor([0.5, 0.3])
    seeds = [torch.Generator().manual_seed(i) for i in (3, 4)]
    plain = ancestral(space.velocity, z, times, generator=seeds)
    seeds = [torch.Generator().manual_seed(i) for i in (3, 4)]
    pulled = ancestral(space.velocity, z, times, generator=seeds, pull=lambda z, v, t: torch.full_like(z, 2.0))
    _, deviation = posterior(space.velocity(z, times[:1]), z, times[:1].expand(2), times[1:].expand(2))
    assert deviation.min() > 0 and torch.allclose(plain - pulled, 2 * deviation.square().expand_as(z), atol=1e-6)


@pytest.mark.parametrize("estimate", ["recursion", "one step", "through"])
def test_zero_guidance_is_plain_sampling(space: GaussianSpace, estimate: str) -> None:
    x, chain = world(3, 1), Chain(space, 0.6, 6, estimate)  # type: ignore[arg-type]
    plain, calls = chain.run(x, [5, 6, 7])
    energies = Energies(x, torch.ones(3), Scales(), biased, detector, lambda x: x)
    guided, more = chain.run(x, [5, 6, 7], energies)
    assert torch.equal(plain, guided) and calls == more == 6
    alone, _ = chain.run(x[1:2], [6], replace(energies, x=x[1:2], target=torch.ones(1), scales=Scales(3.0, 1.0)))
    together, _ = chain.run(x, [5, 6, 7], replace(energies, scales=Scales(3.0, 1.0)))
    assert torch.allclose(alone[0], together[1], atol=1e-5) and not torch.allclose(together, plain, atol=1e-2)


@pytest.mark.parametrize(("estimate", "calls"), [("recursion", 1830), ("one step", 60), ("through", 120)])
def test_calls_of_sixty_steps(space: GaussianSpace, estimate: str, calls: int) -> None:
    x = world(1, 1)
    energies = Energies(x, torch.ones(1), Scales(1.0), biased, detector, lambda x: x)
    assert Chain(space, 0.6, 60, estimate).run(x, [0], energies)[1] == calls  # type: ignore[arg-type]


def test_energies_by_hand() -> None:
    one, other = torch.tensor([0.5, 3.0]), torch.tensor([0.0, 0.0])
    assert float(detector_energy(one, other)) == pytest.approx(0.5 * 0.25 + 2.5)
    assert float(detector_energy(one[:1], other[:1])) == pytest.approx(0.125)  # whatever else is in the batch
    assert float(perceptual_energy(torch.ones(2, 3, 2, 2), torch.zeros(2, 3, 2, 2))) == 2.0
    x = torch.full((1, 1, 2, 2), 0.5)
    energies = Energies(
        x, torch.tensor([0.0]), Scales(2.0, 0.0, 0.1), lambda x: x.sum((1, 2, 3)), detector, lambda x: x
    )
    assert torch.equal(gradient(energies.of_image, x), torch.full_like(x, 2.0))  # it is to fall
    assert torch.allclose(gradient(energies.of_latents, x + 1), torch.full_like(x, 0.1))


@pytest.mark.parametrize("estimate", ["recursion", "one step", "through"])
def test_the_detector_keeps_the_artifact_and_the_disease_changes(space: GaussianSpace, estimate: str) -> None:
    x = world(80, 2)
    x = x[((biased(x) > 1) & (biased(x) < 5) & (brightness(x, LEFT) > 0.5)).nonzero()[:8, 0]]
    target, seeds = torch.zeros(len(x)), range(len(x))
    scales = Nested((0.5,), (10.0,))
    guided = maker(space, scales, estimate).make(x, target, seeds).images
    unguided = maker(space, scales.without_detector(), estimate).make(x, target, seeds).images
    moved, without = ((brightness(made, RIGHT) - brightness(x, RIGHT)).abs().mean() for made in (guided, unguided))
    assert len(x) == 8 and moved < 0.4 * without
    assert (brightness(x, LEFT) - brightness(guided, LEFT) > 0.02).all()


def test_what_is_so_already_stays_and_scales_grow_only_as_far_as_needed(space: GaussianSpace) -> None:
    x = world(6, 3)
    already = (biased(x) > 0).float()
    made = maker(space, Nested((1.0,), (1.0,))).make(x, already, range(6))
    assert torch.equal(made.images, x) and made.done.all() and made.calls == 0
    made = maker(space, Nested((0.0, 40.0, 80.0), (0.0,)), "through", 10).make(x, 1 - already, range(6))
    assert made.done.all() and (made.tried == 2).all() and made.calls == 10 + 10 + 20
    asked = maker(space, Nested((0.0,), (0.0,)))
    nothing = asked.make(x, 1 - already, range(6))
    assert torch.equal(nothing.images, x) and not nothing.done.any()


def test_distances_hold_back(space: GaussianSpace) -> None:
    x = world(4, 4)
    target = (biased(x) <= 0).float()
    free, by_features, by_l1 = (
        (maker(space, Nested((1.0,), (0.0,), l1, p)).make(x, target, range(4)).images - x).abs().mean()
        for l1, p in ((0.0, 0.0), (0.0, 500.0), (5.0, 0.0))
    )
    assert by_features < 0.7 * free and by_l1 < 0.7 * free


RECIPE = {
    "name": "tiny", "about": "A test.", "method": "decodex", "size": 64, "finding": "Pleural Effusion",
    "axes": 8, "augment": 0.0, "precision": "fp32", "steps": 3, "classifier": {"steps": 4, "batch": 8, "lr": 1.0e-3},
    "detector": {"steps": 4, "batch": 8, "lr": 1.0e-3}, "class_scales": [1, 5], "detector_scales": [1],
}  # fmt: skip


def written(folder: Path, **changes: object) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(RECIPE | changes))
    return path


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cohort") / "planted"
    prepare_planted(folder, 240, 0.9, Planting(), test=8)
    return folder


def test_weights_edit(cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "check_detector", lambda *given: None)  # four updates are too few for a detector
    weights = Path(causaray.train(written(tmp_path), cohort, tmp_path / "out", device="cpu"))
    editor = EditorSpec.of(weights).open("cpu")
    images = world(2, 5).repeat_interleave(8, 2).repeat_interleave(8, 3)
    none = editor.edit(images, EditRequest(parse_prompt("pleural effusion"), strength=0.0))
    assert torch.equal(none.counterfactual, images)
    request = EditRequest(parse_prompt("no pleural effusion"), seed=[1, 2], strength=1.0)
    made = editor.edit(images, request)
    assert made.counterfactual.shape == images.shape and made.done.shape == made.tried.shape == (2,)
    alone = editor.edit(images[1:], replace(request, seed=2))
    assert torch.allclose(alone.counterfactual[0], made.counterfactual[1], atol=1e-5)
    mask = torch.zeros(1, 1, 64, 64, dtype=torch.bool)
    assert torch.equal(editor.edit(images, replace(request, mask=mask)).counterfactual, images)
    for asked, message in (
        (EditRequest(parse_prompt("edema")), "Edema"),
        (replace(request, strength=1.5), "Strength 1.5 is outside"),
        (replace(request, guidance=2.0), "takes no guidance"),
    ):
        with pytest.raises(BadInput, match=message):
            editor.edit(images, asked)


def test_what_cannot_be_trained_is_refused(cohort: Path, tmp_path: Path) -> None:
    for changes, message in (
        ({"finding": "Hernia"}, "Hernia is not both present and absent"),
        ({"artifact": "size"}, "All rows are of one group by size"),
        ({"artifact": "patient"}, "values; an artifact is there or not"),
        ({"artifact": "wire"}, "wire is no column"),
        ({"class_scales": [5, 1]}, "rise from 0 or more"),
        ({"axes": 2000}, "are too few for 2000 axes"),
    ):
        with pytest.raises(BadInput, match=message):
            causaray.train(written(tmp_path, **changes), cohort, tmp_path / "out", device="cpu")
        assert not list((tmp_path / "out").glob("tiny"))
    dull = {"steps": 1, "batch": 8, "lr": 1.0e-9}
    with pytest.raises(BadInput, match="The detector of the artifact is at chance"):
        causaray.train(written(tmp_path, detector=dull), cohort, tmp_path / "dull", device="cpu")


def test_the_page_holds_what_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("VAL", 24), ("TEST", 24), ("EDITED", 6), ("AUGMENTED", 6), ("COMPARED", 2), ("LONG", 3),
                        ("STRIPS", 2)):  # fmt: skip
        monkeypatch.setattr(experiment, name, value)
    monkeypatch.setattr(training, "check_detector", lambda *given: None)
    out = tmp_path / "page"
    found = reproduce(
        "decodex", written(tmp_path), [], out, limit=40, judge="judge-phantom-64", work=tmp_path / "work",
        tell=lambda what: None,
    )  # fmt: skip
    rows = found["counterfactuals"]["rows"]
    assert set(rows) == {"guided", "unguided", "the image as it is", "the true counterfactual"}
    assert rows["the true counterfactual"]["truth"]["whole"]["l1_to_copied"]["value"] == 0
    assert math.isclose(rows["the image as it is"]["flip"]["value"], 0.0)  # of images that are read rightly
    assert {"ERM", "resampling", "reweighting", "Group-DRO"} < set(found["groups"])
    page = (out / "table.md").read_text(encoding="utf-8")
    assert "could not be read by us" in page and str(tmp_path) not in page and (out / "counterfactuals.png").is_file()
    with pytest.raises(BadInput, match="The judge does not know"):
        reproduce("decodex", written(tmp_path), [], out, limit=40, judge="judge-224", work=tmp_path / "work",
                  tell=lambda what: None)  # fmt: skip
