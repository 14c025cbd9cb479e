import json

import pytest
from PIL import Image

import causaray
from causaray.app.cli import main
from causaray.app.verbs.demo import DEMO, EDITS


@pytest.mark.usefixtures("judge")
def test_the_demo(editor_folder, tmp_path, monkeypatch, capsys):
    prompts = {name: (image, "pneumonia") for name, (image, _) in EDITS.items()}  # this editor knows no edema
    monkeypatch.setattr("causaray.app.verbs.demo.EDITS", prompts)
    for _ in range(2):  # it may be run again
        assert main(["demo", "--out", str(tmp_path / "demo"), "--weights", str(editor_folder)]) == 0
    lines = capsys.readouterr().out.splitlines()[-len(EDITS) - 1 :]
    assert all("of the pixels changed" in line for line in lines[:-1])
    assert lines[-1].endswith(str(tmp_path / "demo" / "demo.png"))
    assert Image.open(tmp_path / "demo" / "demo.png").size == (3 * 390 - 6, len(EDITS) * 408)
    assert all(json.loads(file.read_text())["synthetic"] for file in (tmp_path / "demo").glob("*.json"))


def test_its_radiographs_are_small_real_and_attributed():
    images = {name for name, _ in EDITS.values()}
    readme = (DEMO / "README.md").read_text()
    for name in images:
        assert causaray.read_scan(DEMO / name).pixels.shape[0] >= 224
        assert f"`{name}`" in readme
    assert sum((DEMO / name).stat().st_size for name in images) < 100_000
