import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from made_judge import make_quick

from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort
from causaray.errors import BadInput
from causaray.evaluation.evaluate import evaluate
from causaray.evaluation.page.figures import ABSENT, at, keys
from causaray.evaluation.page.words import load
from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor

pytestmark = pytest.mark.usefixtures("quick")
FORMATS = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory, cohort: Path, weights: Path) -> Path:
    """The folder of a report of all families."""
    folder = tmp_path_factory.mktemp("report")
    with pytest.MonkeyPatch.context() as patch:
        make_quick(patch)
        evaluate(weights, [cohort], folder, command="causaray evaluate")
    return folder


@pytest.fixture(scope="module")
def found(out: Path) -> dict[str, Any]:
    return json.loads((out / "metrics.json").read_text())["cohorts"]["nih"]


def test_a_report_says_what_was_measured(found: dict[str, Any]) -> None:
    assert found["images"] == found["patients"] == 10
    assert found["null_edit_equal"] is True
    assert set(found["effect"]) == {"Edema", "Pleural Effusion"}
    assert found["effect"]["Edema"]["control_copied"] == pytest.approx(0.5)
    assert found["effect"]["Edema"]["judge_real"]["positives"] == 4
    assert found["mean_effect"] == found["effect_by_frequency"]["auroc"]["macro"]
    assert found["identity"]["edited"]["n"] == found["identity"]["low_passed"]["edited"]["n"] == 20
    assert found["realism"]["fid"]["edited"] is None
    assert len(found["realism"]["radial_power"]["edited"]) == 32
    assert found["soundness"]["composition"]["10"]["l1"]["value"] == 0, "null edits change nothing"
    assert 0.3 < found["soundness"]["minimality"]["control_copied"]["value"] < 0.4, "0.30 but for so few images"
    assert found["truth"] is None
    assert found["privacy"]["edited"]["membership"]["auc"]["n"] == 34
    assert set(found["subgroups"]["effect"]) == {"age", "sex"}, "what all have in common is no subgroup"


def test_a_report_is_written_in_three_ways(out: Path) -> None:
    assert {"metrics.json", "index.html", "results.md"} <= {file.name for file in out.iterdir()}
    text = (out / "results.md").read_text()
    assert "tiny" in text and "`causaray evaluate`" in text
    assert len(list(out.glob("*.png"))) == 4
    assert not (out / "unfinished").exists()
    about = json.loads((out / "metrics.json").read_text())["about"]
    assert about["judge"] != about["digest"]


def test_every_key_is_documented(found: dict[str, Any]) -> None:
    documented = set(re.findall(r"`([^`]+)`", FORMATS))
    free = {"Edema", "Pleural Effusion", "Edema, Pleural Effusion", "Pleural Effusion, Edema", "1", "5", "10", "F", "M"}
    assert {key for key in _keys(found) if key not in free and not re.match(r"\d+ (to|and)", key)} <= documented


def _keys(values: Any) -> Iterator[str]:
    for key, value in values.items() if isinstance(values, dict) else ():
        yield key
        yield from _keys(value)


def test_the_page_asks_only_for_what_is_there(found: dict[str, Any]) -> None:
    for name, section in load().sections.items():
        for frame in section.frames if name not in ("truth", "text") else ():
            for place in [frame.rows] if isinstance(frame.rows, str) else frame.rows.values():
                path = keys(place)
                if "*" in path:
                    group = at(found, path[: path.index("*")])
                    assert group is not ABSENT or name == "subgroups", place
                    path = tuple(next(iter(group)) if key == "*" else key for key in path) if group != ABSENT else ()
                for below in frame.marks.values() if path else ():
                    _check(at(found, path + keys(below)), place, below, name)


def _check(value: Any, place: str, below: str, section: str) -> None:
    if section in ("disentanglement", "subgroups") or "by_frequency" in place:
        return  # depend on how many patients there are, and of what kind
    assert value is not ABSENT, (place, below)


def test_the_same_seed_gives_the_same_figures(cohort: Path, weights: Path, tmp_path: Path) -> None:
    first, again = (
        evaluate(weights, [cohort], tmp_path / name, suite=("effect", "realism", "soundness")) for name in "ab"
    )
    assert json.dumps(first) == json.dumps(again)


def test_a_stopped_run_goes_on_but_never_with_other_edits(
    cohort: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[float] = []
    edit = CausalDisentanglementEditor.edit
    monkeypatch.setattr(
        CausalDisentanglementEditor,
        "edit",
        lambda self, images, request: (calls.append(request.strength), edit(self, images, request))[1],
    )

    def stop(what: str, done: int, total: int) -> None:
        if "judging" in what:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(weights, [cohort], tmp_path, suite=("effect",), progress=stop)
    assert calls.count(0.7) == 4, "two findings, each added and removed"
    evaluate(weights, [cohort], tmp_path, suite=("effect",))
    assert calls.count(0.7) == 4, "what was made is not made again"
    with pytest.raises(KeyboardInterrupt):
        evaluate(weights, [cohort], tmp_path, suite=("effect",), progress=stop)
    evaluate(weights, [cohort], tmp_path, suite=("effect",), strength=0.5)
    assert calls.count(0.5) == 4, "edits of another strength are other edits"


Refuse = Callable[..., str]


@pytest.fixture
def refusal(cohort: Path, weights: Path, tmp_path: Path) -> Refuse:
    """The sentence with which an evaluation is refused before anything is written."""

    def refuse(**changed: Any) -> str:
        arguments = {"weights": weights, "cohorts": [cohort], "out": tmp_path / "out", **changed}
        with pytest.raises(BadInput) as error:
            evaluate(**arguments)
        assert not (tmp_path / "out").exists()
        assert str(error.value).endswith(".") and "\n" not in str(error.value)
        return str(error.value)

    return refuse


def test_a_split_without_images(refusal: Refuse) -> None:
    assert "Split dev of nih holds no images; its splits are train (24), test (11), val (2)" in refusal(split="dev")


def test_two_images(refusal: Refuse) -> None:
    assert "holds 2 images of 2 patients; at least 4" in refusal(split="val")
    assert "holds 2 images of 2 patients" in refusal(limit=2)


def test_an_unknown_suite(refusal: Refuse) -> None:
    assert "no suite beauty; known are effect, identity" in refusal(suite=("beauty",))


def test_a_folder_that_is_no_cohort(refusal: Refuse, tmp_path: Path) -> None:
    assert "no prepared cohort" in refusal(cohorts=[tmp_path])


def test_images_of_another_size(refusal: Refuse) -> None:
    assert "prepared at 64 px; cxr-128 works at 128 px" in refusal(weights="cxr-128")


def test_a_judge_that_knows_none_of_the_findings(refusal: Refuse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Judge, "load", lambda folder: Judge(("Fibrosis",), "0" * 64, None))
    assert "know no finding in common" in refusal()


def test_patients_that_were_in_training(refusal: Refuse, cohort: Path, weights: Path, tmp_path: Path) -> None:
    assert "tiny was trained on nih" in refusal(split="train")
    report = evaluate(weights, [cohort], tmp_path, split="train", suite=("reconstruction",), allow_trained=True)
    assert report["cohorts"]["nih"]["images"] == 24
    assert "not a held-out split" in (tmp_path / "index.html").read_text()


def test_nothing_to_measure(refusal: Refuse, edited: Path) -> None:
    assert "Nothing to measure" in refusal(weights=None)
    assert "--against" in refusal(edited=edited)


def test_an_editor_against_itself_is_not_apart(cohort: Path, weights: Path, tmp_path: Path) -> None:
    report = evaluate(weights, [cohort], tmp_path, against=weights, suite=("effect",))
    apart = report["difference"]["nih"]["effect"]["Edema"]["as_edited"]
    assert apart["value"] == apart["low"] == apart["high"] == 0
    assert Cohort.open(cohort).name in report["against"]["cohorts"]
