from pathlib import Path

import numpy as np
import pytest
import torch
from made_judge import make_quick

from causaray.cohorts import Cohort, prepare
from causaray.imagefiles import write_png
from causaray.nets.autoencoder import Shape
from causaray.scan import Scan
from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor, Config, EditorNet


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small images with two findings each way, prepared at 64 px under the name nih: 10 test, 24 train, 2 val.

    An eleventh test image is a lateral film.
    """
    source = tmp_path_factory.mktemp("raw") / "nih"
    (source / "images").mkdir(parents=True)
    rng, rows = np.random.default_rng(0), ["image,patient,findings,sex,age,view,split,open"]
    for i, split in enumerate(["test"] * 10 + ["train"] * 24 + ["val"] * 2 + ["test"]):
        pixels = np.kron(rng.random((8, 8)), np.ones((8, 8))).astype(np.float32)
        write_png(Scan(pixels), source / f"images/{i}.png")
        finding, sex = ("Edema", "Effusion", "No Finding")[i % 3], "MF"[i % 2]
        rows.append(f"images/{i}.png,p{i},{finding},{sex},{30 + 2 * i},{'LL' if i == 36 else 'PA'},{split},True")
    (source / "metadata.csv").write_text("\n".join(rows) + "\n")
    prepare(source, source.parent / "ready", 64)
    return source.parent / "ready"


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory, cohort: Path) -> Path:
    """An editor of 64 px that nobody has trained, but that says it was, on the cohort."""
    torch.manual_seed(0)
    shape = Shape(
        size=64, channels=4, pathology_size=8, width=16, depth=1,
        transformer_layers=1, transformer_dim=32, transformer_patch=4,
    )  # fmt: skip
    config = Config("tiny", ("Edema", "Pleural Effusion"), shape, 32, 1, steps=2)
    folder = tmp_path_factory.mktemp("weights") / "tiny"
    cards = [{key: card[key] for key in ("name", "counts", "digest")} for card in Cohort.open(cohort).cards]
    CausalDisentanglementEditor(EditorNet(config), config).save(folder, cohorts=cards)
    return folder


@pytest.fixture
def edited(tmp_path: Path, cohort: Path) -> Path:
    """A folder as somebody else's editor would leave it: each test image brighter and darker in its upper half."""
    folder, rows = tmp_path / "peer", ["image,finding,state,file"]
    folder.mkdir()
    test = Cohort.open(cohort).subset(split="test").frontal()
    for i, (image, pixels) in enumerate(zip(test.table["image"], test.images(np.arange(len(test))), strict=True)):
        for state, shift in (("present", 0.1), ("absent", -0.1)):
            changed = pixels[0].copy()
            changed[:32] = (changed[:32] + shift).clip(0, 1)
            write_png(Scan(changed), folder / f"{i}-{state}.png")
            rows.append(f"{image},edema,{state},{i}-{state}.png")
    (folder / "edits.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """See `made_judge.make_quick`."""
    make_quick(monkeypatch)
