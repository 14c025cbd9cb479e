import json
import shutil
from pathlib import Path

import pytest

from causaray import weightfiles
from causaray.anatomy.reader import AnatomyReader
from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort
from causaray.errors import BadInput
from causaray.evaluation.judges import belief
from causaray.evaluation.judges.believe import deciding, measured, page


def test_judge_and_signs_are_measured_by_finding_and_severity(drawn: Path, films: Path) -> None:
    found = measured(Cohort.open(drawn), Judge.load(None), AnatomyReader.load())
    effusion = found["Pleural Effusion"]
    assert set(effusion) == {"moderate", "severe", "all"} and effusion["all"]["n"] == 2 * effusion["severe"]["n"]
    assert effusion["severe"]["judge"]["raised"]["value"] == 1, "this judge reads the brightness of the lower half"
    assert effusion["severe"]["signs"]["angle_blunting"]["value"] > 0.8
    assert found["Cardiomegaly"]["moderate"]["judge"] is None
    assert deciding(found) == {"Pleural Effusion": effusion["moderate"]["judge"]["auroc"]["value"]}
    about = {"command": "x", "name": "judge", "judge": "0" * 64, "split": "test"}
    assert "| Cardiomegaly, **not to be believed** | moderate |" in page({"about": about, "findings": found})
    with pytest.raises(BadInput, match="holds no drawn pairs"):
        measured(Cohort.open(films), Judge.load(None), AnatomyReader.load())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A weights folder of which only the digest counts."""
    shutil.copytree(weightfiles.SHIPPED / "judge-224", tmp_path / "judge")
    (tmp_path / "judge" / belief.FILE).unlink(missing_ok=True)
    return tmp_path / "judge"


def test_what_a_judge_does_not_see_is_marked(folder: Path) -> None:
    digest = weightfiles.digest(folder)
    belief.write(folder, digest, {"Edema": 0.8, "Pneumothorax": 0.6})
    known = belief.believe(folder, digest)
    assert known == {"Edema": 0.8, "Pneumothorax": 0.6}
    found = belief.marked({"effect": {"Edema": {}, "Pneumothorax": {}, "Hernia": {}}}, known)
    assert [one["believed"] for one in found["effect"].values()] == [True, False, False]
    said = belief.said({"believe": known}, found)
    assert said.startswith("Not to be believed: the effect of Pneumothorax, Hernia.")


def test_nothing_is_marked_where_nothing_was_measured(folder: Path) -> None:
    assert belief.believe(folder, weightfiles.digest(folder)) is None
    belief.write(folder, "another digest", {"Edema": 0.8})
    assert belief.believe(folder, weightfiles.digest(folder)) is None, "what was measured of other weights"
    (folder / belief.FILE).write_text(json.dumps({"judge": weightfiles.digest(folder), "auroc": [0.8]}))
    assert belief.believe(folder, weightfiles.digest(folder)) is None, "damaged"
    assert belief.marked({"effect": {"Edema": {}}}, None) == {"effect": {"Edema": {}}}
    assert "was not measured" in belief.said({"believe": None}, {"effect": {"Edema": {}}})
    assert belief.said({"believe": None}, {}) == ""
