"""causaray.plot, and the notebooks that use it."""

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib").use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from film_weights import needs_net  # noqa: E402

from causaray import plot, weightfiles  # noqa: E402
from causaray.app.explainer import Explanation  # noqa: E402
from causaray.counterfactual import Counterfactual  # noqa: E402
from causaray.errors import BadInput  # noqa: E402
from causaray.findings import parse_prompt  # noqa: E402
from causaray.scan import Scan  # noqa: E402

NOTEBOOKS = Path(__file__).parents[2] / "docs" / "notebooks"
PIXELS = np.linspace(0, 1, 64 * 48, dtype=np.float32).reshape(64, 48)
SIGNS = {"factual": {"cardiothoracic_ratio": 0.4, "lung_area": {"left": 0.2, "right": None}}}
SIGNS |= {"counterfactual": {"cardiothoracic_ratio": 0.5, "lung_area": {"left": 0.1, "right": 0.2}}}


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture
def made() -> Counterfactual:
    after = PIXELS.copy()
    after[:8, :8] = 0.5
    judged = {"Pleural Effusion": (0.1, 0.7)}
    asked = parse_prompt("pleural effusion")
    return Counterfactual(Scan(PIXELS), Scan(after), asked, "m", "w", "d", 0, 0.7, judged=judged, signs=SIGNS)


def test_a_film_is_grey_and_a_synthetic_one_says_so(made):
    shown = plot.film(made.factual, "factual").images[0]
    assert np.array_equal(shown.get_array(), PIXELS) and shown.get_clim() == (0, 1)
    marked = plot.film(made.counterfactual.pixels, synthetic=True).images[0].get_array()
    assert not np.array_equal(marked[-8:], made.counterfactual.pixels[-8:])


def test_the_difference_is_even_about_nothing(made):
    shown = plot.difference(made).images[0]
    low, high = shown.get_clim()
    assert low == -high == pytest.approx(-np.abs(made.difference).max())
    assert shown.cmap(0.5)[:3] == pytest.approx((0.5, 0.5, 0.5), abs=0.01)


def test_a_grid_takes_edits_and_explanations(made):
    explained = Explanation("Edema", "absent", PIXELS, made.counterfactual.pixels, 0.8, 0.2, True, 0.7)
    axes = plot.grid([made, explained]).axes
    assert len(axes) == 6 and axes[0].get_ylabel() == "pleural effusion" and axes[3].get_ylabel() == "no edema"
    with pytest.raises(BadInput, match="no edit"):
        plot.grid([])


def test_signs_before_and_after(made):
    axes = plot.signs(made)
    named = [label.get_text() for label in axes.get_yticklabels()]
    assert named == ["judge: pleural effusion", "cardiothoracic ratio", "lung area left"]
    assert [list(line.get_xdata()) for line in axes.lines] == [[0.1, 0.7], [0.4, 0.5], [0.2, 0.1]]
    nothing = Counterfactual(made.factual, made.counterfactual, made.request, "m", "w", "d", 0, 0.7)
    with pytest.raises(BadInput, match="Nothing was measured"):
        plot.signs(nothing)


def test_a_curve_of_figures_either_way():
    figures = [{"value": v, "low": v - 1, "high": v + 1} for v in (1.0, 2.0)]
    lists = {key: [one[key] for one in figures] for key in ("value", "low", "high")}
    for given in (figures, lists):
        axes = plot.curve([0, 30], given, "arm")
        assert list(axes.lines[0].get_ydata()) == [1, 2] and axes.get_legend()
    with pytest.raises(BadInput, match="3 points"):
        plot.curve([0, 1, 2], figures)


@needs_net
@pytest.mark.skipif(not (weightfiles.SHIPPED / "cxr-128").is_dir(), reason="cxr-128 is not there")
@pytest.mark.parametrize(
    ("name", "said"), [("edit", "film's own"), ("explain", "not torchxrayvision"), ("forecast", "phantoms")]
)
def test_a_notebook_runs(name, said, tmp_path, monkeypatch, capsys):
    """Its cells are plain Python: run here one after the other, as a kernel would. It keeps no outputs."""
    cells = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code and not any(cell["outputs"] or cell["execution_count"] for cell in code), "strip the outputs"
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for number, cell in enumerate(code):
        exec(compile("".join(cell["source"]), f"{name}, cell {number}", "exec"), names)
    assert said in capsys.readouterr().out and plt.get_fignums()
    assert not list(tmp_path.iterdir())


def test_every_notebook_is_run():
    assert sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb")) == ["edit", "explain", "forecast"]
