from pathlib import Path

import pytest
import torch
import yaml

from causaray.anatomy.coordinates import SHEETS, Coordinates
from causaray.anatomy.reader import AnatomyReader
from causaray.anatomy.training.phantoms import phantoms
from causaray.anatomy.training.train import half_and_half, in_views, loss, some_enlarged, when_asked
from causaray.anatomy.training.views import altered, overlaid
from causaray.app.cli import main
from causaray.cohorts.phantom import World, prepare_phantom
from causaray.cohorts.phantom.coordinates import coordinates

RUN = {"steps": 2, "batch": 6, "lr": 1e-3}
RECIPE = {
    "name": "tiny-anatomy", "method": "anatomy", "about": "A test.", "size": 64, "phantoms": 64, "widths": [8, 8, 16],
    "drawn": RUN, "tuned": RUN, "films": 40, "rounds": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def lessons():
    patients = World(size=64, common=0.0, devices=0.0).sample(8, seed=1)
    return patients.images, coordinates(patients)


@pytest.fixture
def arguments(tmp_path) -> list[str]:
    prepare_phantom(tmp_path / "films", 48, size=64)
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(RECIPE))
    return ["train", str(tmp_path / "tiny.yaml"), "--cohorts", str(tmp_path / "films"), "--out", str(tmp_path / "out")]


def test_the_command_trains_a_net_that_reads_and_goes_on_from_what_it_holds(arguments, tmp_path, monkeypatch):
    monkeypatch.setattr("causaray.anatomy.training.train.DOUBTFUL", 1.0)  # two steps make no sure reader
    assert main(arguments) == 0
    reader = AnatomyReader.load(tmp_path / "out/tiny-anatomy")
    reading = reader.read(torch.rand(2, 1, 100, 100))
    assert reading.place.sheets().shape == (2, len(SHEETS), 64, 64)
    assert reading.doubt.min() >= 0 and reading.doubt.max() <= 1
    first = (tmp_path / "out/tiny-anatomy/model.safetensors").read_bytes()
    assert main([*arguments, "--resume"]) == 0
    assert (tmp_path / "out/tiny-anatomy/model.safetensors").read_bytes() == first


def test_images_and_coordinates_are_altered_alike(lessons):
    """The lungs stay dark under the lungs' masks, whatever the pose."""
    torch.manual_seed(0)
    images, sheets = altered(overlaid(*lessons), lessons[1])
    place = Coordinates.of(sheets)
    lungs, heart = place.aerated > 0.8, place.heart > 0.9
    darker = [float(x[0][h[0]].mean() - x[0][m[0]].mean()) for x, m, h in zip(images, lungs, heart, strict=True)]
    assert sum(value > 0.3 for value in darker) >= 7
    left_of_it = [float(p.x[p.left > 0.5].mean()) > 0 for p in (place.rows([i]) for i in range(8))]
    assert all(left_of_it)


def test_phantoms_to_learn_from_vary_more_than_those_of_the_world():
    images, sheets = phantoms(64, 64, seed=4)
    assert images.dtype == torch.uint8 and sheets.dtype == torch.float16
    world = World(size=64, common=0.2, devices=0.3).sample(64, seed=4)
    own = coordinates(world)[:, SHEETS.index("below"), 32, 16]
    assert sheets[:, SHEETS.index("below"), 32, 16].float().std() > 1.3 * own.std()


def test_an_enlarged_heart_is_enlarged_in_film_and_mask(lessons):
    torch.manual_seed(1)
    images, sheets = some_enlarged(*lessons, share=1.0)
    before, after = (Coordinates.of(x).heart.sum((1, 2, 3)) for x in (lessons[1], sheets))
    assert (after > before).all()
    grown = (Coordinates.of(sheets).heart > 0.7) & (Coordinates.of(lessons[1]).heart < 0.3)
    assert (images - lessons[0])[grown].mean() > 0.05  # where there was lung, there is heart
    assert torch.equal(some_enlarged(*lessons, share=0.0)[0], lessons[0])


def test_a_net_that_knows_the_truth_has_no_loss_and_no_doubt(lessons):
    sheets = lessons[1]
    logits = torch.cat([torch.logit(sheets[:, :5].clamp(1e-4, 1 - 1e-4)), sheets[:, 5:]], 1)
    assert float(loss(logits, sheets)) < float(loss(logits.roll(3, 3), sheets)) / 3


def test_views_that_agree_leave_no_doubt():
    class Same(torch.nn.Module):
        """Reads the same lungs wherever it looks."""

        def forward(self, x):
            made = torch.full((len(x), len(SHEETS), *x.shape[2:]), -9.0)
            made[:, :2] = 9.0
            return made

    mean, doubt = in_views(Same(), torch.rand(3, 1, 64, 64))
    assert mean.shape == (3, len(SHEETS), 64, 64) and float(doubt.max()) < 1e-6


def test_lessons_are_made_when_asked_for_and_mixed():
    made = []

    def make():
        made.append(1)
        return lambda batch: (torch.ones(batch, 1), torch.ones(batch, 1))

    other = when_asked(make)
    both = half_and_half(lambda batch: (torch.zeros(batch, 1), torch.zeros(batch, 1)), other)
    assert not made
    assert both(6)[0].sum() == 3 and both(6)[1].sum() == 3 and made == [1]


def test_the_recipe_that_ships_can_be_read():
    from causaray.training.recipe import AnatomyRecipe, load_plan

    plan = load_plan("anatomy-128", AnatomyRecipe)
    assert plan.size == 128 and Path(plan.name).name == "anatomy-128"
