import json
from pathlib import Path

import pytest
import torch
from tiny_prior import save_tiny_prior

from causaray import weightfiles
from causaray.cohorts.phantom import prepare_phantom
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.evaluation.images import features
from causaray.experiments.compare import FIGURES, TEXTS, compare
from causaray.experiments.compare_page import TEXT, write
from causaray.priors.text_prior import AUTOENCODER


def test_editors_are_measured_on_the_same_patients(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(features, "inception", lambda: lambda x: torch.nn.functional.avg_pool2d(x, 16).flatten(1))
    prepare_phantom(tmp_path / "phantom", 240, size=64)
    prior = save_tiny_prior(weightfiles.find("prior-phantom-64") / AUTOENCODER, tmp_path / "prior")
    report = compare(
        ["causal=phantom-64", f"paired={prior}"], [tmp_path / "phantom"], tmp_path / "out", limit=8,
        judge="judge-phantom-64", findings=["Pleural Effusion"], command="causaray compare ...",
    )  # fmt: skip
    ours, words = report["cohorts"]["phantom"].values()
    assert set(FIGURES) <= set(ours) == set(words) and set(ours[TEXT]) == set(TEXTS)
    assert words["network calls"] == 3 * 12 and words["null edit is the input"]
    assert ours["effect, AUROC of the judge"]["value"] > 0.5
    page = (tmp_path / "out" / "compare.md").read_text()
    assert "causaray compare ..." in page and (tmp_path / "out" / "phantom.png").is_file()
    assert json.loads((tmp_path / "out" / "compare.json").read_text())["about"]["limit"] == 8
    assert not (tmp_path / "out" / "unfinished").exists()


@pytest.mark.parametrize("text", ["magic=phantom-64", "causal=", "prism="])
def test_an_editor_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="names no editor"):
        EditorSpec.read(text)


def test_what_nothing_is_told_of_is_no_number(tmp_path: Path) -> None:
    known, unknown = {"value": 0.5, "low": 0.4, "high": 0.6}, dict.fromkeys(("value", "low", "high"), float("nan"))
    editor = {"effect": known, "null edit is the input": True, TEXT: {"agrees": unknown, "told": known, "own": None}}
    about = {"command": "causaray compare", "limit": 4, "split": "test", "strength": 0.7}
    write({"about": about, "cohorts": {"phantom": {"copying": editor}}}, tmp_path)
    page = (tmp_path / "compare.md").read_text()
    assert (
        "| copying | - | 0.500 (0.400 to 0.600) | - |" in page and "| copying | 0.500 (0.400 to 0.600) | yes |" in page
    )
    found = json.loads((tmp_path / "compare.json").read_text(), parse_constant=pytest.fail)
    assert found["cohorts"]["phantom"]["copying"][TEXT]["agrees"]["value"] is None
