"""Findings drawn by `causaray edit --editor drawn`, at the film's own pixels."""

import json

import numpy as np
import pytest
from film_weights import films, needs_net
from PIL import Image
from pydicom import dcmread

import causaray
from causaray.anatomy.device_words import KINDS, devices_named
from causaray.anatomy.devices import DEVICES
from causaray.app.cli import main
from causaray.app.drawing_options import meant_device
from causaray.errors import BadInput
from causaray.findings import parse_prompt
from causaray.imagefiles import write_dicom, write_png
from causaray.scan import Scan

HEIGHT, WIDTH = 240, 200


@pytest.fixture
def film(tmp_path):
    """A phantom's film of 200 x 240 pixels, film.png."""
    picture = Image.fromarray(np.uint8(films(size=256)[0].pixels * 255)).resize(
        (WIDTH, HEIGHT), Image.Resampling.BICUBIC
    )
    picture.save(tmp_path / "film.png")
    return tmp_path / "film.png"


@needs_net
def test_a_film_comes_back_with_its_own_pixels(film, judge, tmp_path):
    (made,) = causaray.edit(film, "moderate left pleural effusion", tmp_path / "out", editor="drawn")
    assert [file.name for file in made.files] == [
        "film-counterfactual.png", "film-counterfactual.json", "film-counterfactual-film.png",
        "film-counterfactual-difference.png",
    ]  # fmt: skip
    assert made.factual.pixels.shape == made.counterfactual.pixels.shape == (HEIGHT, WIDTH)
    with Image.open(made.files[2]) as alone:
        assert (alone.mode, alone.size) == ("L", (WIDTH, HEIGHT))
    record = json.loads(made.files[1].read_text())
    assert (record["method"], record["weights"], record["size"]) == ("drawn", "anatomy-128", HEIGHT)
    assert record["shape"] == [HEIGHT, WIDTH] and len(record["digest"]) == 64
    assert record["interpretation"].startswith("New left pleural effusion, taking up ")
    signs = record["signs"]
    assert signs["readable"] and signs["change"]["opacity"]["left"]["lower"] > 0.1
    assert abs(signs["change"]["opacity"]["right"]["upper"]) < 0.1
    with pytest.raises(BadInput, match="only earlier results"):
        causaray.edit(tmp_path / "out", "pneumonia", weights="anatomy-128")


@needs_net
def test_what_is_far_from_the_finding_is_the_input_bit_for_bit(film, judge):
    (made,) = causaray.edit(film, "moderate left pleural effusion", editor="drawn")
    assert made.difference.max() > 0.1
    assert not made.difference[: HEIGHT // 5].any() and not made.difference[:, : WIDTH // 4].any()


@needs_net
def test_the_same_seed_gives_the_same_film_and_strength_0_the_input(film, judge):
    first, again = (causaray.edit(film, "right pneumothorax", editor="drawn")[0] for _ in range(2))
    assert np.array_equal(first.counterfactual.pixels, again.counterfactual.pixels) and first.difference.any()
    (null,) = causaray.edit(film, "right pneumothorax", editor="drawn", strength=0)
    assert not null.difference.any() and null.signs["change"]["cardiothoracic_ratio"] == 0


@needs_net
def test_nothing_changes_outside_of_a_mask(film, judge, tmp_path):
    allowed = np.zeros((HEIGHT, WIDTH), np.uint8)
    allowed[150:, 100:] = 255
    Image.fromarray(allowed).save(tmp_path / "mask.png")
    (made,) = causaray.edit(film, "severe left pleural effusion", editor="drawn", mask=tmp_path / "mask.png")
    assert made.difference.any() and not made.difference[allowed == 0].any()
    assert made.mask == pytest.approx((allowed > 0).mean(), abs=1e-3)


@needs_net
def test_a_dicom_keeps_pixels_and_spacing(film, judge, tmp_path):
    scan = Scan(causaray.read_scan(film).pixels, spacing=(0.14, 0.14), view="PA")
    write_dicom(scan, tmp_path / "film.dcm", derived_from=scan, description="made for a test", seed=0)
    (made,) = causaray.edit(tmp_path / "film.dcm", "cardiomegaly", tmp_path / "out", editor="drawn")
    written = dcmread(next(file for file in made.files if file.suffix == ".dcm"))
    assert (written.Rows, written.Columns) == (HEIGHT, WIDTH) and written.PixelSpacing == [0.14, 0.14]


@needs_net
def test_the_device_that_is_named_is_drawn(film, judge):
    by_option = causaray.edit(film, "support devices", editor="drawn", support_device="feeding tube")[0]
    by_words = causaray.edit(film, "nasogastric tube", editor="drawn")[0]
    other = causaray.edit(film, "pacemaker", editor="drawn")[0]
    assert np.array_equal(by_option.counterfactual.pixels, by_words.counterfactual.pixels)
    assert not np.array_equal(by_words.counterfactual.pixels, other.counterfactual.pixels)


def test_the_words_for_devices_are_those_that_can_be_drawn():
    assert set(KINDS) == set(DEVICES)
    assert devices_named("left chest tube, no edema") == {"chest tube": "drain"}
    assert devices_named("Endotracheal tubes and a pace-maker") == {"endotracheal tube": "tracheal tube"}
    assert devices_named("support devices") == {}


@pytest.mark.parametrize(
    ("prompt", "device", "why"),
    [
        ("support devices", "spoon", 'no device "spoon" to draw; the devices are pacemaker'),
        ("icd", None, 'No device called "icd"'),
        ("pacemaker and chest tube", None, "one kind, not .*drain"),
        ("pacemaker", "drain", "one kind, not drain and pacemaker"),
        ("effusion", "drain", "no device is asked for"),
    ],
)
def test_devices_that_are_refused(prompt, device, why):
    with pytest.raises(BadInput, match=why):
        meant_device(prompt, parse_prompt(prompt), device)


@pytest.fixture
def refused(film, judge, tmp_path, capsys):
    """The sentence by which an edit of a film is refused; nothing is written."""

    def run(*options, scan=film):
        assert main(["edit", str(scan), *options, "--out", str(tmp_path / "out")]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and not (tmp_path / "out").exists()
        return said

    return run


@needs_net
@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--prompt", "no effusion"], "findings are drawn, not taken away"),
        (["--prompt", "hernia"], "Hernia cannot be drawn; these can: Atelectasis"),
        (["--prompt", "moderate left"], "without a finding"),
        (["--prompt", "left middle lobe consolidation"], "say upper lobe or lower lobe"),
        (["--prompt", "edema", "--negative", "effusion"], "--negative cannot be given with the editor that draws"),
        (["--prompt", "edema", "--engine", "search", "--attention"], "--engine and --attention cannot"),
        (["--caption", "old woman"], "--caption cannot"),
        ([], "by --prompt"),
        (["--prompt", "edema", "--weights", "cxr-64"], "There are no weights called"),
        (["--prompt", "edema", "--weights", "phantom-64"], "draws by anatomy-128, not by"),
    ],
)
def test_what_the_editor_that_draws_does_not_take(refused, options, why):
    assert why in refused(*options, "--editor", "drawn")


def test_a_device_is_for_editors_that_draw_one(png, editor_folder):
    with pytest.raises(BadInput, match='say "support devices" in the prompt'):
        causaray.edit(png, "pneumonia", support_device="drain")
    for weights in (editor_folder, "prior-128"):
        with pytest.raises(BadInput, match="takes no support_device"):
            causaray.edit(png, "support devices", weights=weights, support_device="drain")


@needs_net
def test_its_weights_are_no_other_editor_s(png):
    with pytest.raises(BadInput, match="prism needs a prior"):
        causaray.edit(png, "pneumonia", weights="anatomy-128", editor="prism")
    with pytest.raises(BadInput, match="alone; name other weights"):
        causaray.generate("pneumonia", weights="anatomy-128")


@needs_net
@pytest.mark.parametrize(
    "change",
    [
        lambda film: np.rot90(film),
        lambda film: 1 - film,
        lambda film: np.where(np.arange(film.shape[1]) < film.shape[1] // 2, 0, film),
        lambda film: np.random.default_rng(0).random(film.shape),
        lambda film: np.hypot(*np.mgrid[-1:1:240j, -1:1:200j]) < 0.7,
    ],
    ids=["turned", "inverted", "half black", "noise", "a disc, as a slice"],
)
def test_films_that_cannot_be_read(refused, film, tmp_path, change):
    pixels = np.array(change(causaray.read_scan(film).pixels), np.float32)
    write_png(Scan(pixels), tmp_path / "bad.png")
    said = refused("--prompt", "edema", "--editor", "drawn", scan=tmp_path / "bad.png")
    assert "bad.png" in said and "give an upright frontal radiograph of the whole chest" in said


@needs_net
def test_one_bad_film_of_several_and_nothing_is_written(refused, film, tmp_path):
    turned = np.ascontiguousarray(np.rot90(causaray.read_scan(film).pixels))
    (tmp_path / "many").mkdir()
    film.rename(tmp_path / "many" / "a.png")
    write_png(Scan(turned), tmp_path / "many" / "b.png")
    assert "b.png" in refused("--prompt", "edema", "--editor", "drawn", scan=tmp_path / "many")
