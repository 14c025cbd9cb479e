import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
import torch

from causaray.app.verbs.reproduce import reproduce
from causaray.classifiers.judge import Judge
from causaray.cohorts.phantom import prepare_phantom
from causaray.errors import BadInput
from causaray.systems.baselines.train import KINDS
from causaray.systems.causal_disentanglement.experiments import ablation as rows_module
from causaray.systems.causal_disentanglement.experiments.ablation import Row, changed
from causaray.systems.causal_disentanglement.experiments.ablation_page import markdown
from causaray.systems.causal_disentanglement.experiments.tables import (
    CHANNELS,
    EXPERIMENTS,
    LAYERS,
    OVERALL,
    channels_by_layers,
    compare,
    methods,
    modules,
)
from causaray.training.recipe import Recipe, load_recipe

BASELINES = tuple(Row(kind, method=kind) for kind in KINDS)


def test_a_row_changes_what_it_says_and_nothing_else() -> None:
    recipe = load_recipe("ablation-64")
    other = changed(recipe, {"latent.transformer_layers": 0, "stage1.weights.identity": 0.0})
    assert (other.latent.transformer_layers, other.stage1.weights.identity) == (0, 0.0)
    assert changed(other, {"latent.transformer_layers": 2, "stage1.weights.identity": 0.02}) == recipe
    with pytest.raises(KeyError):
        changed(recipe, {"latent.layers": 0})


@pytest.mark.parametrize("experiment", [methods, modules, channels_by_layers])
def test_all_rows_of_all_tables_are_recipes(experiment: Callable[[Recipe], Sequence[Row]]) -> None:
    recipe = load_recipe("ablation-64")
    rows = experiment(recipe)
    assert len({row.name for row in rows}) == len(rows)
    assert all(changed(recipe, row.change) for row in rows)


def test_the_baseline_of_table_4_has_neither_swaps_nor_t_and_the_grid_of_figure_9_is_whole() -> None:
    recipe = load_recipe("ablation-64")
    baseline = changed(recipe, modules(recipe)[0].change)
    assert baseline.stage1.swap_from >= baseline.stage1.steps
    assert baseline.latent.transformer_layers == 0
    grid = {
        (p.latent.channels, p.latent.transformer_layers)
        for row in channels_by_layers(recipe)
        for p in [changed(recipe, row.change)]
    }
    assert grid == {(n, k) for n in CHANNELS for k in LAYERS}


class Halves(torch.nn.Module):
    """Reads the brightness of the upper and of the lower half as two findings."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.stack([half.mean((1, 2, 3)) for half in images.chunk(2, dim=2)], dim=1)


def test_an_experiment_trains_measures_and_writes_its_page_and_a_second_run_trains_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_recipe: Path
) -> None:
    monkeypatch.setattr(rows_module, "SUITE", ("reconstruction", "effect"))  # no Inception weights in CI
    monkeypatch.setattr(Judge, "load", lambda folder: Judge(("Edema", "Pleural Effusion"), "0" * 64, Halves()))
    prepare_phantom(tmp_path / "phantom", 240, size=64)
    rows = (Row("all"), Row("no T", {"latent.transformer_layers": 0}), Row("weak", strength=0.3), *BASELINES)
    monkeypatch.setitem(EXPERIMENTS, "fig9", partial(compare, lambda recipe: rows, OVERALL))
    told: list[str] = []
    arguments = ("fig9", tiny_recipe, [tmp_path / "phantom"], tmp_path / "docs")
    options = {"judge": "judge-phantom-64", "seeds": 2, "limit": 8, "work": tmp_path / "runs", "tell": told.append}
    found = reproduce(*arguments, **options, command="causaray reproduce fig9")  # type: ignore[arg-type]
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").rglob("*.pt")}
    assert reproduce(*arguments, **options) == found  # type: ignore[arg-type]
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").rglob("*.pt")} == before
    names = [row.name for row in rows]
    assert told[: 2 * len(rows)] == [f"{name}, seed {seed}" for seed in range(2) for name in names]
    assert list(found) == names
    assert len(list((tmp_path / "runs").glob("weights-*"))) == 2 * (len(rows) - 1), "two rows differ in strength alone"
    assert len(list((tmp_path / "runs").glob("guide-*"))) == 2, "rows of a seed share a guide"
    psnr = found["all"]["psnr"]
    assert psnr["mean"] == pytest.approx(sum(psnr["values"]) / 2) and psnr["deviation"] > 0
    assert {p.name for p in (tmp_path / "docs").iterdir()} == {"fig9.json", "fig9.md", "fig9.png"}
    assert json.loads((tmp_path / "docs" / "fig9.json").read_text())["rows"]["no T"]["psnr"]["values"]


def test_what_was_not_measured_is_a_dash() -> None:
    nothing = {"mean": None, "deviation": None, "values": [None]}
    some = {"mean": 0.5, "deviation": None, "values": [0.5]}
    rows = {"a": {key: some if key == "effect" else nothing for key in OVERALL}, "b": dict.fromkeys(OVERALL, nothing)}
    about = dict.fromkeys(("command", "recipe", "cohorts", "judge", "seeds", "limit"), "x")
    page = markdown("t", about, rows, OVERALL)
    assert "| a | 0.500 |" in page and "| b | - |" in page


def test_what_cannot_be_reproduced_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no experiment table9; known are table1"):
        reproduce("table9", "ablation-64", [tmp_path], tmp_path / "out")
    with pytest.raises(BadInput, match="0 seeds"):
        reproduce("table4", "ablation-64", [tmp_path], tmp_path / "out", seeds=0)
