import json

import numpy as np
import pytest
from PIL import Image

import causaray
from causaray.app.cli import main
from causaray.errors import BadInput


def test_new_images_and_a_contact_sheet(editor_folder, tmp_path):
    made = causaray.generate("pneumonia", 5, tmp_path / "out", weights=editor_folder, watermark=False)
    names = ["contact-sheet.png", *(f"generated-{i}.png" for i in range(1, 6))]
    assert [file.name for file in made.files] == names == sorted(file.name for file in (tmp_path / "out").iterdir())
    assert Image.open(made.files[0]).size == (4 * 390 - 6, 2 * 408)
    single = np.asarray(Image.open(made.files[1])).astype(int)
    assert single.shape == (64, 64)
    off = np.abs(single - 255 * made.images[0].pixels)
    assert off[:40].max() <= 0.5 and off[-10:].max() > 20  # SYNTHETIC, bottom left


def test_images_differ_and_the_seed_brings_them_back(editor_folder, png):
    one, again, other = (
        causaray.generate("pneumonia", 3, seed=seed, identity=png, weights=editor_folder).images for seed in (0, 0, 1)
    )
    assert [scan.pixels.tobytes() for scan in one] == [scan.pixels.tobytes() for scan in again]
    assert len({scan.pixels.tobytes() for scan in (*one, *other)}) == 6


def test_the_anatomy_is_drawn_from_a_folder(editor_folder, png, tmp_path):
    made = causaray.generate("no pneumonia", 2, identity=tmp_path, weights=editor_folder)
    assert len(made.images) == 2 and made.images[0].patient is None and made.images[0].source is None


@pytest.mark.parametrize("n", [0, 1001])
def test_how_many(editor_folder, n, tmp_path):
    with pytest.raises(BadInput, match="1 to 1000"):
        causaray.generate("pneumonia", n, tmp_path / "out", weights=editor_folder)


def test_the_command(editor_folder, tmp_path, capsys):
    command = ["generate", "--prompt", "pneumonia", "-n", "2", "--out", str(tmp_path / "out")]
    command += ["--weights", str(editor_folder)]
    assert main(command) == 0
    assert str(tmp_path / "out" / "contact-sheet.png") in capsys.readouterr().out
    assert main([*command, "--json"]) == 2
    assert capsys.readouterr().out == ""
    assert main([*command, "--json", "--force"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert list(said) == ["files", "request", "seed", "weights", "digest", "seconds"] and len(said["files"]) == 3
