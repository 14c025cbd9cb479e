"""Labels as CheXpert's labeller writes them, from readings made by hand."""

from math import isnan
from pathlib import Path

import pandas as pd
import pytest

from causaray.cohorts import Columns
from causaray.errors import BadInput
from causaray.findings import Findings, parse_prompt
from causaray.reports import Mention, Reading
from causaray.reports.labels import LABELS, labels_of, labels_table, write_labels
from causaray.reports.sources.report import Report


def read(text: str) -> Reading:
    """A reader of one prompt a line, all of it findings."""
    found = (finding for line in text.splitlines() for finding in parse_prompt(line))
    return Reading(text, (), tuple(Mention(finding, 0, 0, "findings") for finding in found))


def labels(text: str) -> dict[str, float]:
    return {label: value for label, value in labels_of(read(text)).items() if not isnan(value)}


def reports(*texts: str) -> list[Report]:
    return [Report(text, Path("made-up.csv"), key=f"s{number}") for number, text in enumerate(texts, 1)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("edema", {"Edema": 1.0}),
        ("possible edema", {"Edema": -1.0}),
        ("no edema", {"No Finding": 1.0, "Edema": 0.0}),
        # ours that CheXpert has under another name
        ("infiltration", {"Lung Opacity": 1.0}),
        ("no mass, possible nodule", {"Lung Lesion": -1.0}),
        ("no lung lesion, possible mass, nodule", {"Lung Lesion": 1.0}),
        ("pleural thickening", {"Pleural Other": 1.0}),
        ("fibrosis", {"Pleural Other": 1.0}),
        ("covid", {"Pneumonia": 1.0}),
        # ours that it has under none
        ("emphysema", {}),
        ("possible hernia", {}),
        ("no hernia", {"No Finding": 1.0}),
        # nothing implies anything else
        ("consolidation, cardiomegaly", {"Consolidation": 1.0, "Cardiomegaly": 1.0}),
        ("pneumonia, no lung opacity", {"Lung Opacity": 0.0, "Pneumonia": 1.0}),
        # no finding
        ("normal", {"No Finding": 1.0}),
        ("", {"No Finding": 1.0}),
        ("picc line", {"No Finding": 1.0, "Support Devices": 1.0}),
        ("possible picc line, no edema", {"No Finding": 1.0, "Support Devices": -1.0, "Edema": 0.0}),
        ("abnormal", {}),
        # several places
        ("left effusion\nno right effusion", {"Pleural Effusion": 1.0}),
        ("no left effusion", {"No Finding": 1.0, "Pleural Effusion": 0.0}),
    ],
)
def test_labels(text: str, expected: dict[str, float]) -> None:
    assert labels(text) == expected


def test_the_labels_are_the_fourteen_of_chexpert() -> None:
    assert len(LABELS) == 14 and tuple(labels_of(read(""))) == LABELS
    assert LABELS.index("Lung Lesion") < LABELS.index("Lung Opacity")  # the labeller's order


def test_file(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    assert write_labels(iter(reports("edema, no effusion", "possible fracture")), read, path) == 2
    header, first, second = path.read_text().splitlines()
    assert header == f"study,{','.join(LABELS)}"
    assert first == "s1,,,,,,1.0,,,,,0.0,,,"
    assert second == "s2,,,,,,,,,,,,,-1.0,"


def test_file_and_table_are_one_and_findings_again(tmp_path: Path) -> None:
    texts = ("edema, no effusion", "normal", "possible fracture")
    write_labels(reports(*texts), read, tmp_path / "labels.csv")
    table = pd.read_csv(tmp_path / "labels.csv")
    pd.testing.assert_frame_equal(table, labels_table(reports(*texts), read), check_dtype=False)
    mapping = Columns(image="study", patient="study").complete(list(table.columns), Path("labels.csv")).findings
    assert isinstance(mapping, dict) and set(mapping) == set(LABELS)
    assert Findings.from_row(table.iloc[0].to_dict()) == parse_prompt(texts[0])


def test_no_reports_are_an_empty_table() -> None:
    assert labels_table([], read).columns.tolist() == ["study", *LABELS]


def test_a_report_that_cannot_be_read_is_named_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"In report s2 of made-up\.csv: .*gibberish"):
        write_labels(reports("edema", "gibberish"), read, tmp_path / "labels.csv")
    assert not list(tmp_path.iterdir())
