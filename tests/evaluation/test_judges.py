import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import typer
from made_judge import Halves, coarse

from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort, open_cohorts, prepare
from causaray.evaluation.judges import judge_measures, judges
from causaray.evaluation.statistics import bootstrap
from causaray.imagefiles import write_png
from causaray.scan import Scan

NAMES = ("Edema", "Pleural Effusion")


class Blind(torch.nn.Module):
    """Says the same of every film."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.full((len(images), 2), 0.5)


@pytest.fixture(scope="module")
def cohorts(tmp_path_factory) -> list[Path]:
    """Films whose upper half is bright in edema, the lower in effusion; and normal ones of another source."""
    root, rng = tmp_path_factory.mktemp("judged"), np.random.default_rng(0)
    for name, findings in (("sick", ("Edema", "Effusion", "No Finding")), ("well", ("No Finding",) * 3)):
        (root / name / "images").mkdir(parents=True)
        rows = ["image,patient,findings,view,split,open,reader"]
        for i in range(24):
            finding, pixels = findings[i % 3], 0.3 + 0.1 * rng.random((32, 32), np.float32)
            pixels[:16] += 0.3 * (finding == "Edema")
            pixels[16:] += 0.3 * (finding == "Effusion")
            write_png(Scan(pixels), root / name / f"images/{i}.png")
            reader = "Normal" if finding == "No Finding" else ""
            rows.append(f"images/{i}.png,p{i},{finding},PA,test,True,{reader}")
        (root / name / "metadata.csv").write_text("\n".join(rows) + "\n")
        prepare(root / name, root / "ready" / name, 32)
    return [root / "ready/sick", root / "ready/well"]


@pytest.fixture
def quick(monkeypatch) -> dict[str, Judge]:
    """A judge that sees, one that is blind, coarse greys in place of their features, and few draws."""
    draw = bootstrap.draw_patients
    monkeypatch.setattr(bootstrap, "draw_patients", lambda patients, n, seed: draw(patients, min(n, 20), seed))
    monkeypatch.setattr(judge_measures, "chest_encoder", lambda judge: coarse)
    return {"new": Judge(NAMES, "1", Halves()), "old": Judge(NAMES, "0", Blind())}


@pytest.fixture
def found(quick, cohorts):
    return judge_measures.measured(quick, open_cohorts(cohorts), "test")


def test_auroc_is_asked_of_the_cohort_that_shows_findings_and_compared_in_pairs(found):
    assert list(found["auroc"]) == ["sick, Edema", "sick, Pleural Effusion", "sick, mean"]
    mean = found["auroc"]["sick, mean"]
    assert (mean["new"]["value"], mean["old"]["value"], mean["difference"]["value"]) == (1.0, 0.5, 0.5)
    assert (mean["positives"], mean["films"]) == (16, 24)


def test_reliability_normal_films_and_the_cohort_are_measured_of_both(found):
    assert found["reliability"]["sick, Edema"]["old"]["ece"]["value"] == pytest.approx(0.5 - 1 / 3, abs=0.01)
    assert {group: one["films"] for group, one in found["normal"].items()} == {"sick, test": 8, "well, test": 24}
    assert found["normal"]["well, test"]["mean"]["Edema"]["old"]["value"] == 0.5
    assert set(found["cohort"]) == {*NAMES, "probe"} and found["cohort"]["Edema"]["old"]["value"] == 0.5


def test_split_train_is_that_of_the_guide(quick, cohorts):
    rows = open_cohorts(cohorts)
    rows.table["split"], rows.table["fold"] = "train", np.where(np.arange(len(rows)) % 2, "guide", "judge")
    assert judge_measures.measured(quick, rows, "train")["auroc"]["sick, mean"]["films"] == 12


def test_the_command_writes_a_page_and_its_numbers(quick, cohorts, tmp_path, monkeypatch):
    for name in quick:
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").touch()
    monkeypatch.setattr(Judge, "load", lambda folder: quick[folder.name])
    said = [*map(str, cohorts), "--judge", str(tmp_path / "new"), "--against", str(tmp_path / "old")]
    monkeypatch.setattr(sys, "argv", ["judges", *said, "--out", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as ended:
        typer.run(judges.main)
    assert ended.value.code in (None, 0)
    page = (tmp_path / "out/judge.md").read_text()
    assert (
        "python -m causaray.evaluation.judges.judges" in page
        and "| sick, mean | 16 / 24 | 1.00 (1.00 to 1.00) |" in page
    )
    assert json.loads((tmp_path / "out/judge.json").read_text())["about"]["judges"] == {"new": "1", "old": "0"}


def test_films_of_one_cohort_alone_cannot_tell_whether_a_judge_knows_it(quick, cohorts):
    assert judge_measures.measured(quick, Cohort.open(cohorts[0]), "test")["cohort"] == {}
