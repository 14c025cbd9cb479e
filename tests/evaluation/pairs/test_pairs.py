import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pair_folders import edited_folder
from torch import Tensor

from causaray.anatomy.editor import DrawnEdit
from causaray.app.cli import main
from causaray.cohorts import Cohort
from causaray.cohorts.drawn import requests
from causaray.editors.edit import EditRequest
from causaray.errors import BadInput
from causaray.evaluation.edits.by_editor import EditorCandidate, Settings
from causaray.evaluation.evaluate import evaluate
from causaray.evaluation.pairs.place import overlap
from causaray.systems.baselines.drawn_baseline import DrawnBaseline

FORMATS = (Path(__file__).parents[3] / "docs" / "formats.md").read_text(encoding="utf-8")


def _truth(report: dict[str, Any], group: str = "all") -> dict[str, Any]:
    return report["cohorts"]["drawn-phantom"]["truth"][group]


@pytest.fixture(scope="module")
def perfect(tmp_path_factory: pytest.TempPathFactory, drawn: Path, film: np.ndarray, truth: np.ndarray) -> Path:
    """The folder of an editor that knows the truth, both ways."""
    return edited_folder(tmp_path_factory.mktemp("perfect") / "perfect", drawn, truth, film)


def test_the_truth_is_perfect_both_ways(drawn: Path, perfect: Path, tmp_path: Path) -> None:
    report = evaluate(None, [drawn], tmp_path / "out", edited=perfect, command="causaray evaluate")
    cohort, pairs = report["cohorts"]["drawn-phantom"], len(Cohort.open(drawn))
    assert cohort["images"] == pairs and set(cohort["truth"]) == {
        "all", "Cardiomegaly", "Pleural Effusion", "l1_to_copied"
    }  # fmt: skip
    assert cohort["truth"]["l1_to_copied"]["value"] == 0
    for way in ("added", "removed"):
        found = _truth(report)[way]
        assert found["whole"]["edited"]["l1"]["value"] == found["changed"]["edited"]["l1"]["value"] == 0
        assert found["changed"]["copied"]["l1"]["value"] > 5
        assert found["correlation"]["value"] == pytest.approx(1)
        assert found["localised"]["edited"] == found["localised"]["truth"]
        # Fluid pushes the heart, and veils a little beyond what is counted as its own.
        assert found["localised"]["truth"]["value"] > 0.75 > found["localised"]["even"]["value"]
        assert found["side"]["edited"]["value"] == found["side"]["truth"]["value"] == 1
        assert found["unchanged"]["value"] == 0
        assert set(found["severity"]) == {"moderate", "severe"}
        effusion = _truth(report, "Pleural Effusion")[way]
        assert effusion["signs"]["angle_blunting"]["absolute_error"]["value"] == 0
        assert effusion["signs"]["angle_blunting"]["copied_absolute_error"]["value"] > 0.1
        assert effusion["judge"]["auroc_edited"] == effusion["judge"]["auroc_truth"]
        assert _truth(report, "Cardiomegaly")[way]["judge"] is None, "this judge knows no cardiomegaly"
    heart = _truth(report, "Cardiomegaly")["added"]["signs"]["cardiothoracic_ratio"]
    assert heart["truth"]["value"] > heart["copied"]["value"]
    assert _truth(report, "Cardiomegaly")["added"]["side"] is None
    text = (tmp_path / "out" / "results.md").read_text()
    assert "`causaray evaluate`" in text and "### Removed" in text
    page = (tmp_path / "out" / "index.html").read_text()
    assert "Pairs to look at" in page and page.count("truth less film") > 6
    assert json.loads((tmp_path / "out" / "metrics.json").read_text())["about"]["adds_only"] is False
    documented = set(re.findall(r"`([^`]+)`", FORMATS))
    assert set(_keys(report["cohorts"])) - documented <= {"drawn-phantom", "Cardiomegaly", "Pleural Effusion"}


def _keys(values: Any) -> Any:
    for key, value in values.items() if isinstance(values, dict) else ():
        yield key
        yield from _keys(value)


def test_the_copied_input_is_the_control(drawn: Path, film: np.ndarray, perfect: Path, tmp_path: Path) -> None:
    copied = edited_folder(tmp_path / "copied", drawn, film)
    report = evaluate(None, [drawn], tmp_path / "out", edited=copied, against=perfect)
    added = _truth(report)["added"]
    assert set(_truth(report)) == {"added"} and report["about"]["adds_only"], "it was never asked to remove"
    assert added["changed"]["l1_to_copied"]["value"] == 1 == added["severity"]["severe"]["l1_to_copied"]["value"]
    assert added["unchanged"]["value"] == 1 and added["side"]["edited"]["value"] == 0
    assert added["correlation"] is added["localised"]["edited"] is None
    effusion = _truth(report, "Pleural Effusion")["added"]
    assert effusion["judge"]["auroc_edited"]["value"] == 0.5
    assert effusion["signs"]["lower_opacity"]["error"]["value"] < 0
    apart = report["difference"]["drawn-phantom"]["truth"]["all"]["added"]["changed"]
    assert apart["edited"]["l1"]["value"] == pytest.approx(added["changed"]["edited"]["l1"]["value"])


def test_a_mirrored_edit_is_on_the_wrong_side(drawn: Path, film: np.ndarray, truth: np.ndarray, tmp_path: Path) -> None:
    wrong = (film + (truth - film)[..., ::-1]).clip(0, 1)
    report = evaluate(None, [drawn], tmp_path / "out", edited=edited_folder(tmp_path / "wrong", drawn, wrong))
    added = _truth(report)["added"]
    assert added["side"]["edited"]["value"] < 0.1
    assert added["side"]["truth"]["value"] == 1
    assert added["localised"]["edited"]["value"] < added["localised"]["truth"]["value"]


def test_weights_are_asked_row_by_row_and_a_stopped_run_goes_on(
    drawn: Path, films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    edit = DrawnBaseline.edit

    def counted(self: DrawnBaseline, images: Tensor, request: EditRequest) -> DrawnEdit:
        asked.append(f"{len(images)} {request.findings.to_text()}")
        return edit(self, images, request)

    monkeypatch.setattr(DrawnBaseline, "edit", counted)
    report = evaluate("anatomy-128", [drawn], tmp_path / "out")
    texts = [one.to_text() for one in requests(Cohort.open(drawn))]
    assert sorted(asked) == sorted(f"{texts.count(text)} {text}" for text in set(texts)), "the film alone is edited"
    assert _truth(report)["added"]["changed"]["l1_to_copied"]["value"] < 0.7
    assert report["about"]["adds_only"] and "removed" not in _truth(report)
    assert "only adds" in (tmp_path / "out" / "results.md").read_text()
    asked.clear()

    def stop(what: str, done: int, total: int) -> None:
        if what.startswith("truth"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate("anatomy-128", [drawn], tmp_path / "again", progress=stop)
    made = len(asked)
    again = evaluate("anatomy-128", [drawn], tmp_path / "again")
    assert len(asked) == made, "what was made is not made again"
    assert again["cohorts"] == report["cohorts"]


def test_what_cannot_be_measured_is_one_sentence(
    drawn: Path, film: np.ndarray, perfect: Path, films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    with pytest.raises(BadInput, match=r"Of drawn pairs the family truth is measured, not effect; say --suite truth\."):
        evaluate(None, [drawn], out, edited=perfect, suite=("effect",))
    with pytest.raises(BadInput, match=r"holds drawn pairs beside other films"):
        evaluate("anatomy-128", [drawn, films], out)
    table = (perfect / "edits.csv").read_text().splitlines()
    missing = edited_folder(tmp_path / "missing", drawn, film)
    (missing / "edits.csv").write_text("\n".join(table[:1] + [line for line in table[1:] if "present" in line][1:]))
    (missing / "0-present.png").unlink()
    with pytest.raises(BadInput, match=r"holds no edit of .* present; every pair"):
        evaluate(None, [drawn], out, edited=missing)
    untrue = tmp_path / "untrue"
    shutil.copytree(drawn, untrue)
    (untrue / "truth.npy").unlink()
    asked = ["evaluate", "--edited", str(perfect), "--cohorts", str(untrue), "--out", str(out)]
    assert main(asked) == 2
    assert "draw the pairs again" in capsys.readouterr().err
    assert not out.exists()


def test_pairs_of_films_that_were_learned_from_are_known_by_their_name(drawn: Path) -> None:
    pairs = Cohort.open(drawn)
    learned = EditorCandidate(DrawnBaseline.load(Path("anatomy-128")), [{"name": "phantom", "digest": {}}], Settings())
    learned.check(pairs, "test", False)
    learned.check(pairs, "train", True)
    with pytest.raises(BadInput, match=r"was trained on drawn-phantom, where only split test was held out, not train"):
        learned.check(pairs, "train", False)


def test_the_editor_that_draws_is_measured_on_any_cohort(films: Path, tmp_path: Path) -> None:
    report = evaluate("anatomy-128", [films], tmp_path / "out", suite=("effect", "truth", "reconstruction"), limit=8)
    found = report["cohorts"]["phantom"]
    assert report["about"]["adds_only"] and found["null_edit_equal"]
    assert found["reconstruction"] is None, "there is no autoencoder"
    assert found["effect"]["Pleural Effusion"]["gain_removed"]["value"] == 0, "removed is the input itself"
    assert found["effect"]["Pleural Effusion"]["gain_added"]["value"] > 0
    assert set(found["unchanged"]) == {"Pleural Effusion", "Edema"} and found["unchanged"]["Pleural Effusion"] < 8
    assert "only adds" in (tmp_path / "out" / "index.html").read_text()


def test_the_overlap_of_shares_is_that_of_masks_where_they_are_masks() -> None:
    share = torch.zeros(3, 1, 4, 4)
    share[:2, :, :2] = 1.0  # the upper half
    seen = torch.zeros(3, 1, 2, 2)
    seen[0, 0, 0] = 1.0  # the same
    seen[1, 0, :, 0] = 0.5  # half of the left: a quarter of the truth is met
    # Sums of the lesser: 2 and 0.5; of both: 4 and 3.
    assert overlap(seen, share) == pytest.approx([1.0, 1 / 3, np.nan], nan_ok=True)
