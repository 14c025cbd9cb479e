"""The verb read-reports, and edits toward a report."""

import json
from pathlib import Path

import numpy as np
import pytest

from causaray import BadInput, edit, read_reports
from causaray.app.cli import main
from causaray.app.verbs.read_reports import compare_reports, engine_of
from causaray.reports.evaluation.baselines import keywords, negation_only
from causaray.reports.evaluation.gold import Annotated, annotated
from causaray.reports.evaluation.scores import Said, of_people, of_reading, score
from causaray.reports.rules import read_report

TEXT = "INDICATION: Rule out pneumonia.\nFINDINGS: Small left effusion. No pneumothorax.\n"


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "one.txt"
    path.write_text(TEXT)
    return path


def test_a_report_is_read(report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read-reports", str(report)]) == 0
    assert capsys.readouterr().out == "one: mild left pleural effusion, no pneumothorax\n"
    assert main(["read-reports", str(report), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["report"] == "one" and [m["text"] for m in told["mentions"]] == ["effusion", "pneumothorax"]


def test_labels_are_written(report: Path, tmp_path: Path) -> None:
    assert main(["read-reports", str(report), "--labels", str(tmp_path / "labels.csv")]) == 0
    header, row = (tmp_path / "labels.csv").read_text().splitlines()
    assert dict(zip(header.split(","), row.split(","), strict=True))["Pleural Effusion"] == "1.0"


def test_two_reports_tell_what_became_of_the_findings(report: Path, tmp_path: Path) -> None:
    later = tmp_path / "later.txt"
    later.write_text("FINDINGS: The left effusion has increased. New pneumothorax on the right.")
    assert [change.kind for change in compare_reports(report, later).values()] == ["new", "worse"]
    assert main(["read-reports", str(later), "--before", str(report)]) == 0


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["nowhere.txt"], "There is no nowhere.txt"),
        (["REPORT", "--engine", "gpt"], "There is no engine gpt"),
        (["REPORT", "--engine", "llm"], "needs --endpoint and --model"),
        (["REPORT", "--endpoint", "http://localhost:1"], "Engine rules asks no server"),
        (["REPORT", "--evaluate", "mimic"], "There is no gold standard mimic"),
        (["REPORT", "--evaluate", "iu"], "No report has people's annotations"),
    ],
)
def test_bad_input_is_one_sentence(
    arguments: list[str], says: str, report: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["read-reports", *(str(report) if one == "REPORT" else one for one in arguments)]) == 2
    assert says in capsys.readouterr().err


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(BadInput, match="no engine"):
        engine_of("spacy")


def test_the_function_reads_one_by_one(report: Path) -> None:
    ((key, reading),) = read_reports(report)
    assert key == "one" and reading.findings.present == ("Pleural Effusion",)


def test_an_edit_toward_a_report(report: Path, png: Path) -> None:
    (by_report,) = edit(png, report=report)
    (by_prompt,) = edit(png, "mild left effusion, no pneumothorax")
    assert by_report.request == by_prompt.request
    assert np.array_equal(by_report.counterfactual.pixels, by_prompt.counterfactual.pixels)


def test_an_edit_takes_a_prompt_or_a_report(report: Path, png: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="one of the two"):
        edit(png)
    with pytest.raises(BadInput, match="one of the two"):
        edit(png, "edema", report=report)
    silent = tmp_path / "silent.txt"
    silent.write_text("FINDINGS: Possible effusion. Pleural plaques.")
    with pytest.raises(BadInput, match="says nothing of what the weights know"):
        edit(png, report=silent)


def test_annotations_become_findings() -> None:
    majors = ["Opacity/lung/base/left/mild", "Density/mediastinum", "Hydropneumothorax/right/large", "Cicatrix/lung"]
    assert annotated(majors) == (
        Annotated("Lung Opacity", "left", "mild"),
        Annotated("Pneumothorax", "right", "severe"),
        Annotated("Pleural Effusion", "right", "severe"),
    )
    assert annotated(["normal"]) == () and annotated(["No Indexing"]) is None and annotated([]) is None


def test_scores_against_figures_by_hand() -> None:
    effusion, edema = Said(frozenset({"left"}), "mild"), Said(frozenset(), None)
    people = [{"Pleural Effusion": effusion}, {"Edema": edema}, {}]
    read = [{"Pleural Effusion": Said(frozenset({"left"}), "severe"), "Edema": edema}, {}, {}]
    found = score(people, read)
    assert found["f1"]["value"] == pytest.approx(2 * 1 / (2 + 2))
    assert (found["precision"], found["recall"]) == (0.5, 0.5)
    assert (found["side"]["value"], found["severity"]["value"]) == (1.0, 0.0)


def test_alternatives_are_indexed_and_what_is_possible_is_not() -> None:
    assert set(of_reading(read_report("Atelectasis versus pneumonia. Possible edema."))) == {"Atelectasis", "Pneumonia"}
    assert of_people(annotated(["Pleural Effusion/left", "Pleural Effusion/right"]) or ()) == {
        "Pleural Effusion": Said(frozenset({"left", "right"}), None)
    }


def test_baselines_do_what_they_are_called() -> None:
    text = "No effusion. Edema, no pneumothorax but cardiomegaly."
    assert len(keywords(text).findings.present) == 4
    assert set(negation_only(text).findings.present) == {"Edema"}
