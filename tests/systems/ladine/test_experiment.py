"""`causaray reproduce ladine`: its figures by hand, and a whole run of a few steps."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from causaray.app.verbs.reproduce import reproduce
from causaray.cohorts import Cohort
from causaray.cohorts.phantom import prepare_phantom
from causaray.errors import BadInput
from causaray.evaluation.classification.corruptions import CORRUPTIONS, STRENGTHS
from causaray.systems.ladine import experiment
from causaray.systems.ladine.page import against, row_figures, write_page
from causaray.systems.ladine.train import Labelled

pytest.importorskip("matplotlib")
CELLS = 1 + len(CORRUPTIONS) * len(STRENGTHS)
RECIPE = {
    "name": "tiny", "method": "ladine", "label": "Pleural Effusion", "size": 32, "depth": 2, "blocks": [1],
    "samples": 3, "sampling_steps": 3, "views": 1, "fewest": 4,
    **{stage: {"steps": 2, "batch": 6, "lr": 1e-3} for stage in ("vit", "guides", "members")},
}  # fmt: skip


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantom") / "phantom"
    prepare_phantom(folder, 90, size=32, common=0.5, tail=0.0)
    return folder


@pytest.fixture()
def test_rows(phantoms: Path) -> Labelled:
    rows = Cohort.open(phantoms)
    four = rows.subset(mask=np.arange(len(rows)) < 4)
    return Labelled(four, np.array([0.0, 1.0, 0.0, 1.0]))


def probabilities(clean: list[float], shifted: list[float]) -> np.ndarray:
    return np.array([clean] + [shifted] * (CELLS - 1))


def seed_of(ours: np.ndarray, theirs: np.ndarray, width: np.ndarray) -> dict:
    """What a seed found, of two rows whose answers are known."""
    none = np.full((CELLS, 4), np.nan)
    shift = {name: {"probability": theirs, "width": none} for name in ("ViT", "deep ensemble of 2")}
    shift |= {name: {"probability": ours, "width": width} for name in ("LaDiNE", "LaDiNE, logits")}
    attack = {"none": [1, 1], "transfer": [1, 0], "end to end": [0, 0], "square": [1, 0]}
    steps = {"20": {"ece": 0.02, "accuracy": 1.0, "ms": 1.0}, "1000": {"ece": 0.03, "accuracy": 1.0, "ms": 40.0}}
    return {
        "shift": shift, "attacks": dict.fromkeys(shift, attack),
        "sampling": {name: steps for name in shift if name.startswith("LaDiNE")},
        **{key: dict.fromkeys(shift, 1.0) for key in ("ms", "parameters", "temperature")},
    }  # fmt: skip


def test_figures_by_hand(test_rows: Labelled) -> None:
    ours = probabilities([0.1, 0.9, 0.2, 0.8], [0.1, 0.9, 0.2, 0.4])
    theirs = probabilities([0.1, 0.9, 0.2, 0.8], [0.6, 0.9, 0.2, 0.4])
    width = probabilities([0.1, 0.1, 0.1, 0.1], [0.1, 0.2, 0.3, 0.9])
    found = [seed_of(ours, theirs, width), seed_of(ours, ours, width)]
    one = row_figures("LaDiNE", found, test_rows)
    assert one["clean"]["accuracy"] == [1.0, 1.0] and one["shift"]["accuracy"] == [0.75, 0.75]
    assert one["clean"]["ECE"][0] == pytest.approx(0.15), "sure by 0.9 and 0.8, and always right"
    assert one["shift"]["errors by width"] == [1.0, 1.0] and one["shift"]["errors by max-softmax"] == [1.0, 1.0]
    assert one["shift"]["width where wrong"][0] == pytest.approx(0.9)
    assert one["accuracy under shift"]["value"] == pytest.approx(0.75)
    less = against("LaDiNE", "deep ensemble of 2", found, test_rows)
    assert less["seeds"] == [0.25, 0.0] and less["difference"]["value"] == pytest.approx(0.125)


def test_the_page_says_where_the_claims_do_not_hold(test_rows: Labelled, tmp_path: Path) -> None:
    ours = probabilities([0.1, 0.9, 0.2, 0.8], [0.1, 0.9, 0.2, 0.4])
    width = probabilities([0.1, 0.1, 0.1, 0.1], [0.1, 0.2, 0.3, 0.9])
    write_page({"command": "causaray reproduce ladine"}, [seed_of(ours, ours, width)], test_rows, tmp_path)
    page = (tmp_path / "table.md").read_text()
    assert "LaDiNE **is not** shown to be 2 points of mean accuracy under corruption ahead of the deep ensemble" in page
    assert "0.0100: **not within** 0.005" in page and "not readable by us" in page
    assert (tmp_path / "shift.png").stat().st_size > 1000
    better = seed_of(probabilities([0.1, 0.9, 0.2, 0.8], [0.1, 0.9, 0.2, 0.8]), 1 - ours, width)
    write_page({"command": "causaray reproduce ladine"}, [better], test_rows, tmp_path, ["## Two sources"])
    page = (tmp_path / "table.md").read_text()
    assert "LaDiNE is 2 points" in page and page.index("## Two sources") < page.index("## Under corruption")


def test_a_whole_run_is_kept_and_refuses_another_recipe(
    phantoms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, few in (("PGD_STEPS", 2), ("QUERIES", 2), ("STEPS", 12)):
        monkeypatch.setattr(experiment, name, few)
    recipe = tmp_path / "tiny.yaml"
    recipe.write_text(yaml.safe_dump(RECIPE))
    told: list[str] = []

    def run(seeds: int) -> dict:
        return reproduce(
            "ladine", recipe, phantoms, tmp_path / "out", seeds=seeds, limit=8, work=tmp_path / "w", tell=told.append
        )

    run(1)
    first = json.loads((tmp_path / "out/results.json").read_text())
    rows = ["ViT", "deep ensemble of 2", "MC dropout", "CARD", "LaDiNE", "LaDiNE, logits"]
    assert list(first["rows"]) == rows and first["about"]["tested on"] <= 8
    assert first["seeds"][0]["parameters"]["deep ensemble of 2"] >= first["seeds"][0]["parameters"]["LaDiNE"]
    assert all(
        set(each) == {"none", "transfer", "end to end", "square"} for each in first["seeds"][0]["attacks"].values()
    )
    assert set(first["seeds"][0]["sampling"]) == {"LaDiNE", "LaDiNE, logits"}
    before = len(told)
    run(1)
    assert len(told) == before, "nothing is trained or measured again"
    recipe.write_text(yaml.safe_dump(RECIPE | {"views": 2}))
    with pytest.raises(BadInput, match="holds a training of another recipe: views is 1 there and 2 here"):
        run(1)
