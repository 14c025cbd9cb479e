"""The image: each finding changes the pixels that it may reach and, bit for bit, no other."""

import numpy as np
import pytest
import torch

from causaray.cohorts.phantom import FINDINGS, Setting, World
from causaray.cohorts.phantom.bones import bones, ribs
from causaray.cohorts.phantom.devices import metal
from causaray.cohorts.phantom.drawing import blur, canvas, posture, splat
from causaray.cohorts.phantom.model import UNSIDED
from causaray.cohorts.phantom.thorax import heart, thorax

SIZE, N = 64, 6
WORLD = World(size=SIZE, common=0, devices=0)
HEALTHY = WORLD.sample(N, seed=5)


def side_of(name):
    return None if name in UNSIDED else "left"


def seen(phantoms, draw):
    """Where something of the canvas, `draw(frame, chest)`, falls on the detector: boolean (n, 1, S, S)."""
    frame = canvas(phantoms.values, phantoms.exogenous, SIZE)
    sheet = draw(frame, thorax(frame)) * torch.ones(N, len(frame.y[0]), len(frame.y[0]))
    return posture(frame, sheet, SIZE)[:, None] > 0


def lungs(frame, chest):
    return chest.air + chest.field


def left_lung(frame, chest):
    return lungs(frame, chest) * (frame.x > 0)


def near_heart(frame, chest):
    return (heart(frame) > 0) | (frame.xm.abs() < 0.3)


REACH = {
    "Pleural Effusion": left_lung,
    "Cardiomegaly": lambda frame, chest: heart(frame),
    "Atelectasis": lambda frame, chest: frame.x > -0.42,  # it pulls the mediastinum and lifts its own diaphragm
    "Edema": lungs,
    "Consolidation": left_lung,
    "Pneumothorax": left_lung,
    "Emphysema": lambda frame, chest: chest.t < 1,
    "Lung Lesion": left_lung,
    "Enlarged Cardiomediastinum": near_heart,
    "Fracture": lambda frame, chest: (frame.x > 0) & (chest.t > 0.4) & (chest.t < 1.03),
    "Support Devices": lambda frame, chest: metal(frame),
}


@pytest.mark.parametrize("name", REACH)
def test_a_finding_reaches_its_place_and_no_pixel_beyond(name):
    shown = WORLD.counterfactual(HEALTHY, {name: Setting(0.8, side_of(name))})
    change = shown.images != HEALTHY.images
    assert change.flatten(1).any(1).all()
    assert not (change & ~seen(shown, REACH[name]) & ~seen(HEALTHY, REACH[name])).any()


def test_age_reaches_bones_and_the_heart_only():
    old, young = (WORLD.counterfactual(HEALTHY, {"age": years}) for years in (85, 25))

    def reach(frame, chest):
        return (bones(frame, chest, ribs(frame, chest)) > 0) | near_heart(frame, chest)

    change = old.images != young.images
    assert change.any() and not (change & ~seen(old, reach) & ~seen(young, reach)).any()


def test_the_view_reaches_heart_and_shoulders_only():
    front, back = (WORLD.counterfactual(HEALTHY, {"view": view}) for view in ("AP", "PA"))
    change = front.images != back.images
    allowed = seen(front, lambda frame, chest: (heart(frame) > 0) | (frame.across > 0.5))
    assert change.any() and not (change & ~allowed).any()


@pytest.mark.parametrize("name", FINDINGS)
def test_severity_is_monotone(name):
    strengths = [
        (WORLD.counterfactual(HEALTHY, {name: Setting(severity, side_of(name))}).images - HEALTHY.images).abs()
        for severity in (0.15, 0.4, 0.65, 0.95)
    ]
    total = torch.stack([change.flatten(1).sum(1) for change in strengths])
    assert (total[0] > 0).all() and (total.diff(dim=0) > 0).all()


OPAQUE = ("Pleural Effusion", "Cardiomegaly", "Edema", "Consolidation", "Lung Lesion", "Enlarged Cardiomediastinum")


@pytest.mark.parametrize("name", OPAQUE)
def test_opacities_are_bright(name):
    change = WORLD.counterfactual(HEALTHY, {name: Setting(0.8, side_of(name))}).images - HEALTHY.images
    assert (change.flatten(1).sum(1) > 0.9 * change.abs().flatten(1).sum(1)).all()


@pytest.mark.parametrize("name", ["Pneumothorax", "Emphysema"])
def test_air_is_dark(name):
    change = WORLD.counterfactual(HEALTHY, {name: Setting(0.8, side_of(name))}).images - HEALTHY.images
    lungs = HEALTHY.regions["left lung"]
    assert all(change[i][lungs[i]].mean() < 0 for i in range(N))


@pytest.mark.parametrize("name", [name for name in FINDINGS if name not in (*UNSIDED, "Atelectasis")])
def test_the_patients_left_is_at_the_images_right(name):
    columns = torch.arange(SIZE) + 0.5
    for side, sign in (("left", 1), ("right", -1)):
        change = (WORLD.counterfactual(HEALTHY, {name: Setting(0.8, side)}).images - HEALTHY.images).abs()
        middle = (change.sum((1, 2)) * columns).sum(1) / change.sum((1, 2, 3)) - SIZE / 2
        assert (sign * middle > 4).all()


def test_the_heart_lies_to_the_left_and_air_is_dark():
    left, right, heart_at = (HEALTHY.regions[name] for name in ("left lung", "right lung", "heart"))
    assert ((heart_at & left).sum((1, 2, 3)) > 1.3 * (heart_at & right).sum((1, 2, 3))).all()
    lung = (left | right) & ~heart_at
    assert all(image[air].mean() < image[~air].mean() for image, air in zip(HEALTHY.images, lung, strict=True))


def test_an_effusion_hides_the_diaphragm():
    """The step at the dome, well inside the left lung, is gone under fluid."""

    def step(phantoms):
        at = seen(phantoms, lambda f, chest: (chest.below.abs() < 0.03) & (f.x > 0.42) & (f.x < 0.52))
        above = at.roll(-4, 2) & ~at
        below = at.roll(4, 2) & ~at
        return torch.stack([i[b].mean() - i[a].mean() for i, a, b in zip(phantoms.images, above, below, strict=True)])

    hidden = WORLD.counterfactual(HEALTHY, {"Pleural Effusion": Setting(0.9, "left")})
    assert (step(HEALTHY) > 0.1).all() and (step(hidden).abs() < 0.3 * step(HEALTHY)).all()


def test_fluid_sinks_below_free_air():
    """Under the surface of a large effusion a pneumothorax changes nothing; above it, it does."""
    fluid = {"Pleural Effusion": Setting(0.7, "left")}
    both = WORLD.counterfactual(HEALTHY, {**fluid, "Pneumothorax": Setting(0.5, "left")}).images
    change = both != WORLD.counterfactual(HEALTHY, fluid).images
    drowned = seen(HEALTHY, lambda frame, chest: (frame.y - frame.sided("diaphragm") > 0.2) & (frame.x > 0))
    assert change.flatten(1).any(1).all() and not (change & drowned).any()


def test_pixels_keep_the_contract_at_every_size():
    for size in (32, 50, 100):
        images = World(size=size).sample(3).images
        assert images.shape == (3, 1, size, size) and images.dtype == torch.float32
        assert images.min() >= 0 and images.max() <= 1 and (images.flatten(1).std(1) > 0.1).all()


def test_the_same_patient_at_two_sizes():
    large, small = (World(size=size, common=0, devices=0).sample(4).images for size in (128, 64))
    shrunk = torch.nn.functional.avg_pool2d(large, 2)
    assert all(np.corrcoef(a.flatten(), b.flatten())[0, 1] > 0.97 for a, b in zip(shrunk, small, strict=True))


def test_splat_and_blur_keep_mass_and_place():
    frame = canvas(HEALTHY.values, HEALTHY.exogenous, SIZE)
    sheet = splat(frame, torch.full((N, 1), 0.25), torch.full((N, 1), -0.1), torch.full((N, 1), 0.002))
    soft = blur(sheet, 1.3)
    for made in (sheet, soft):
        assert made.sum((1, 2)) * frame.pixel**2 == pytest.approx(np.full(N, 0.002), rel=1e-4)
        assert (made.sum(1) @ frame.x[0, 0] / made.sum((1, 2))).numpy() == pytest.approx(0.25, abs=1e-5)
        assert (made.sum(2) @ frame.y[0, :, 0] / made.sum((1, 2))).numpy() == pytest.approx(-0.1, abs=1e-5)
