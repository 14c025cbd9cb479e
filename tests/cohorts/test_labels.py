"""Labels: what a row says, and what its silence says."""

import pytest

from causaray.cohorts import Columns
from causaray.cohorts.labels import row_findings, table_vocabulary
from causaray.errors import BadInput
from causaray.findings import Findings

JOINED = Columns(findings="findings")


def _read(*labels: str, columns: Columns = JOINED) -> list[Findings]:
    rows = [{"findings": label} if label else {} for label in labels]
    vocabulary = table_vocabulary(rows, columns, "t.csv")
    return [row_findings(row, columns, vocabulary, "row 2 of t.csv") for row in rows]


def test_joined_labels_are_exhaustive_for_the_words_of_their_table() -> None:
    both, normal = _read("Effusion|Pleural_Thickening", "No Finding")
    assert set(both.present) == {"Pleural Effusion", "Pleural Thickening"} and both.absent == ("No Finding",)
    assert normal.present == ("No Finding",) and set(normal.absent) == set(both.present)
    assert "Hernia" not in both


def test_empty_and_todo_say_nothing() -> None:
    _, empty, todo, ards = _read("Pneumonia", "", "todo", "ARDS")
    assert empty == todo == ards == Findings()


def test_causes_are_pneumonia_and_covid_leaves_the_image_open() -> None:
    covid, klebsiella, both = _read("COVID-19", "Klebsiella", "COVID-19, ARDS")
    assert klebsiella.present == ("Pneumonia",) and klebsiella.absent == ("COVID-19",)
    assert covid == both == Findings.from_labels("COVID-19")


def test_one_column_a_finding() -> None:
    columns = Columns(findings={"Pleural Effusion": "eff", "Edema": "ed", "Fracture": "fx", "Mass": "m"})
    row = {"eff": "1.0", "ed": "-1", "fx": "0"}
    findings = row_findings(row, columns, frozenset(), "row 2")
    assert (findings.present, findings.uncertain, findings.absent) == (("Pleural Effusion",), ("Edema",), ("Fracture",))
    assert "Mass" not in findings


def test_unknown_label_names_the_table_and_can_be_mapped() -> None:
    with pytest.raises(BadInput, match=r"t\.csv.*[Bb]lurry.*`labels`"):
        _read("Blurry")
    mapped = Columns(findings="findings", labels={"Blurry": None, "Wet": "Edema"})
    assert _read("Blurry", "Wet", columns=mapped) == [Findings(), Findings.from_labels("Edema")]


@pytest.mark.parametrize(
    ("row", "columns"),
    [({"e": "2"}, Columns(findings={"Edema": "e"})), ({"findings": "No Finding|Edema"}, JOINED)],
)
def test_wrong_row_is_named(row: dict[str, str], columns: Columns) -> None:
    with pytest.raises(BadInput, match=r"In row 2 of t\.csv"):
        row_findings(row, columns, frozenset(), "row 2 of t.csv")
