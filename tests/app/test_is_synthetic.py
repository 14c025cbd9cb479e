"""The marks of synthetic images: put in, carried along, found again, and found in nothing else."""

import csv
import json
from io import BytesIO

import numpy as np
import pytest
from made_radiograph import radiograph
from PIL import Image
from pydicom import dcmread

import causaray
from causaray.app.cli import main
from causaray.imagefiles import burn_in
from causaray.imagefiles.visible_mark import PRESENT as SEEN
from causaray.imagefiles.visible_mark import visible_mark
from causaray.imagefiles.watermark import PRESENT, score, watermarked

SHAPES = [(128, 128), (300, 240), (500, 600)]


def film(shape: tuple[int, int]) -> np.ndarray:
    rng = np.random.default_rng(1)
    large = Image.fromarray(radiograph().astype(np.uint8)).resize(shape[::-1], Image.Resampling.BICUBIC)
    return (np.asarray(large) / 255 + 0.01 * rng.standard_normal(shape)).clip(0, 1).astype(np.float32)


def through(pixels: np.ndarray, quality: int | None = None, half: bool = False) -> np.ndarray:
    image = Image.fromarray(np.rint(255 * pixels).astype(np.uint8))
    if half:
        small = image.resize((image.width // 2, image.height // 2), Image.Resampling.BICUBIC)
        image = small.resize(image.size, Image.Resampling.BICUBIC)
    if quality:
        file = BytesIO()
        image.save(file, "JPEG", quality=quality)
        image = Image.open(file)
    return np.asarray(image) / 255


@pytest.mark.parametrize("shape", SHAPES)
def test_the_watermark_survives_png_jpeg_and_half_the_pixels(shape):
    plain = film(shape)
    marked = watermarked(burn_in(plain, "SYNTHETIC"))
    assert marked.dtype == np.float32 and marked.min() >= 0 and marked.max() <= 1
    for way in ({}, {"quality": 85}, {"half": True}, {"half": True, "quality": 85}):
        assert score(through(marked, **way)) >= PRESENT > 4 > abs(score(through(plain, **way)))
    assert visible_mark(through(marked, 85), "SYNTHETIC") >= SEEN > visible_mark(plain, "SYNTHETIC")
    assert score(watermarked(np.full(shape, 0.5, np.float32))) >= PRESENT, "of a picture of nothing, too"
    assert not (watermarked(np.zeros(shape, np.float32))).any(), "black stays black"


def test_an_edit_has_it_where_it_is_asked_for_and_no_other_pixel_changes_else(dicom, editor_folder, judge, tmp_path):
    parts = {"prompt": "pneumonia", "weights": editor_folder}
    (plain,) = causaray.edit(dicom, out=tmp_path / "a", **parts)
    (marked,) = causaray.edit(dicom, out=tmp_path / "b", watermark=True, **parts)
    assert np.array_equal(plain.counterfactual.pixels, marked.counterfactual.pixels), "measured is the edit alone"
    assert (plain.record()["watermark"], marked.record()["watermark"]) == (False, True)
    for ending in ("-film.png", ".dcm"):
        for made, has in ((plain, False), (marked, True)):
            (file,) = (one for one in made.files if one.name == f"patient-counterfactual{ending}")
            (found,) = causaray.is_synthetic(file)
            assert found.synthetic and found.metadata and found.visible >= SEEN
            assert (found.watermark >= PRESENT) == has
    assert causaray.is_synthetic(plain.files[0])[0].metadata, "the panels, too"
    assert dcmread(plain.files[2]).SyntheticData == "YES"


def test_what_it_says_and_its_exit_code(png, tmp_path, capsys):
    assert main(["is-synthetic", str(png)]) == 1
    assert "no mark of a synthetic image" in capsys.readouterr().out
    Image.fromarray(np.rint(255 * watermarked(film((300, 240)))).astype("u1")).save(tmp_path / "w.jpg", quality=85)
    assert main(["is-synthetic", str(tmp_path / "w.jpg")]) == 0
    assert "by its watermark (score" in capsys.readouterr().out
    assert main(["is-synthetic", str(tmp_path / "w.jpg"), "--json"]) == 0
    assert '"synthetic": true' in capsys.readouterr().out
    assert main(["is-synthetic", str(tmp_path / "none.png")]) == 2
    (tmp_path / "text.png").write_text("no image")
    assert main(["is-synthetic", str(tmp_path / "text.png")]) == 2


def test_what_others_say_of_their_pictures_is_believed(tmp_path):
    """A colour picture, which is not read, with the source type that IPTC asks of makers of images."""
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">http://cv.iptc.org/newscodes/digitalsourcetype/%s</x:xmpmeta>'
    colours = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    for term in (b"trainedAlgorithmicMedia", b"digitalCapture"):
        Image.fromarray(colours).save(tmp_path / f"{term.decode()}.jpg", xmp=xmp % term)
    real, synthetic = causaray.is_synthetic(tmp_path)
    assert synthetic.synthetic and synthetic.text.endswith("(Digital Source Type trainedAlgorithmicMedia).")
    assert real.synthetic is None and "colour" in real.text


def test_several_files_are_told_line_by_line_and_as_a_table(png, tmp_path, capsys):
    """A real film, a marked one and one that cannot be read: the worst of them is the exit code."""
    folder, table = tmp_path / "films", tmp_path / "told.csv"
    folder.mkdir()
    Image.fromarray(np.rint(255 * watermarked(film((300, 240)))).astype("u1")).save(folder / "marked.png")
    assert main(["is-synthetic", str(folder), str(folder / "marked.png"), "--csv", str(table)]) == 0
    assert main(["is-synthetic", str(folder), str(png), "--csv", str(table)]) == 2
    assert "is there already" in capsys.readouterr().err
    (folder / "text.png").write_text("no image")
    assert main(["is-synthetic", str(folder), str(png), "--csv", str(table), "--force", "--json"]) == 2
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["synthetic"] for line in lines] == [True, None, False]
    assert [line["fault"] is None for line in lines] == [True, False, True]
    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    assert [row["synthetic"] for row in rows] == ["True", "", "False"]
    assert rows[1]["fault"] == lines[1]["fault"]
    assert main(["is-synthetic", str(folder / "marked.png"), str(png)]) == 1
    assert main(["is-synthetic", str(png), "--csv", str(png), "--force"]) == 2, "an input is not written over"
    assert main(["is-synthetic", str(tmp_path / "films" / "none")]) == 2
