"""`edit` with a prior in place of weights that edit, and in a mask."""

import json

import numpy as np
import pytest
from made_radiograph import radiograph
from PIL import Image
from stable_folder import save_stable_folder
from tiny_encoder import save_tiny_encoder
from tiny_prior import save_untrained_prior

import causaray
from causaray.app.cli import main
from causaray.app.editing import EditingPipeline
from causaray.editors.spec import EditorSpec

pytestmark = pytest.mark.usefixtures("judge")
pytest.importorskip("diffusers", reason="priors need the extra `prior`")


@pytest.fixture(scope="module")
def prior(tmp_path_factory):
    return save_untrained_prior(tmp_path_factory.mktemp("prior") / "tiny")


@pytest.fixture
def mask(tmp_path):
    """A picture of the same pixels as `png`, bright on its left half."""
    picture = np.zeros(radiograph().shape, np.uint8)
    picture[:, : picture.shape[1] // 2] = 255
    Image.fromarray(picture).save(tmp_path / "mask.png")
    return tmp_path / "mask.png"


@pytest.mark.parametrize("editor", ["prism", "paired", "inpainting"])
def test_a_prior_edits_by_words(editor, png, prior, tmp_path):
    code = main(
        ["edit", str(png), "--prompt", "edema", "--weights", str(prior), "--editor", editor, "--out", str(tmp_path)]
    )
    record = json.loads((tmp_path / "patient-counterfactual.json").read_text())
    assert code == 0
    assert (record["method"], record["weights"], record["mask"], record["filtered"]) == (editor, "tiny", None, None)


def test_filters_are_told_in_the_record_and_the_text(png, prior, tmp_path):
    encoder = save_tiny_encoder(tmp_path / "encoder", ("Edema", "Hernia"))
    (made,) = causaray.edit(png, "edema", weights=prior, filters=encoder)
    assert set(made.filtered) == {"image_image", "image_text", "direction", "consistent", "accepted", "own"}
    assert made.filtered["accepted"] != ("the filters do not let it through" in made.text)


@pytest.mark.parametrize("by_words", [True, False])
def test_outside_the_mask_the_image_is_the_input(by_words, png, prior, editor_folder, mask):
    weights, prompt = (prior, "edema") if by_words else (editor_folder, "pneumonia")
    (made,) = causaray.edit(png, prompt, weights=weights, mask=mask)
    half = made.difference.shape[1] // 2
    assert not made.difference[:, half + 1 :].any() and made.difference[:, :half].any()
    assert made.record()["mask"] == pytest.approx(0.5, abs=0.05)


def test_a_stable_diffusion_folder_edits_by_words(tmp_path):
    folder = save_stable_folder(tmp_path / "sd")
    spec = EditorSpec.of(folder)
    assert (spec.folder, spec.size, spec.kind) == (folder, 512, "prism")
    pipeline = EditingPipeline.open(spec)  # an edit of that size takes a minute
    assert pipeline.editor.weights == "sd" and pipeline.editor.method == "prism"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--negative", "no edema"], "are for system 1"),
        (["--attention"], "are for system 1"),
        (["--editor", "magic"], "There is no editor magic"),
        (["--mask", "small.png"], "The mask small.png is 40 x 40 pixels"),
        (["--mask", "missing.png"], "missing.png"),
    ],
)
def test_what_does_not_go_together_is_refused(options, said, png, prior, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    picture = np.zeros((40, 40), np.uint8)
    picture[:20] = 255
    Image.fromarray(picture).save("small.png")
    assert main(["edit", str(png), "--prompt", "edema", "--weights", str(prior), "--out", "made", *options]) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.glob("made/*"))


def test_an_editor_by_words_needs_a_prior(png, editor_folder, capsys):
    arguments = ["edit", str(png), "--prompt", "pneumonia", "--weights", str(editor_folder), "--editor", "prism"]
    assert main(arguments) == 2
    assert "need a prior" in capsys.readouterr().err


def test_from_caption_to_caption(png, prior, tmp_path, capsys):
    arguments = ["edit", str(png), "--weights", str(prior), "--out", str(tmp_path)]
    assert main([*arguments, "--caption", "edema", "--instead-of", "no edema"]) == 0
    record = json.loads((tmp_path / "patient-counterfactual.json").read_text())
    assert record["words"] == ["no edema", "edema"] and record["request"] == ""
    assert '"edema" instead of "no edema"' in capsys.readouterr().out
    by_prompt = causaray.edit(png, "edema", weights=prior)[0]
    by_caption = causaray.edit(png, weights=prior, caption="edema", instead_of="no edema")[0]
    assert np.array_equal(by_prompt.counterfactual.pixels, by_caption.counterfactual.pixels)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--caption", "hernia"], "was never told hernia"),
        (["--caption", "edema", "--prompt", "edema"], "give one of the three"),
        (["--caption", "edema", "--filters", "encoder"], "filters edits of findings, not of captions"),
    ],
)
def test_captions_that_cannot_be_asked(options, said, png, prior, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    save_tiny_encoder(tmp_path / "encoder")
    assert main(["edit", str(png), "--weights", str(prior), *options]) == 2
    assert said in capsys.readouterr().err


def test_a_caption_needs_a_prior(png, editor_folder, capsys):
    assert main(["edit", str(png), "--caption", "old woman", "--weights", str(editor_folder)]) == 2
    assert "Captions are for priors" in capsys.readouterr().err


def test_a_prior_makes_new_radiographs_of_words_alone(prior, png, tmp_path):
    made = causaray.generate("edema", 2, tmp_path / "new", weights=prior)
    assert len(made.images) == 2 and made.images[0].pixels.shape == (64, 64)
    assert not np.array_equal(made.images[0].pixels, made.images[1].pixels)
    with pytest.raises(causaray.BadInput, match="keeps no anatomy"):
        causaray.generate("edema", 1, identity=png, weights=prior)
