"""Turns of phrase of real reports, each kind in twenty wordings of our own and more."""

from pathlib import Path

import pytest

from causaray import Findings, parse_prompt, read_report
from causaray.app.cli import main
from causaray.reports.labels import LABELS, labels_of
from causaray.reports.rules.language import language_of

LINES = [
    line.split(" | ")
    for line in Path(__file__).with_name("worded.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
FOREIGN = [sentence for sentence, means in LINES if means == "FOREIGN"]
ENGLISH = [(sentence, means) for sentence, means in LINES if means != "FOREIGN"]


def unescaped(sentence: str) -> str:
    r"""The text of a line: "\n" a line break, "\\n" a backslash and an n."""
    return "\\".join(part.replace(r"\n", "\n") for part in sentence.split(r"\\"))


def meaning(text: str) -> Findings:
    if text == "nothing":
        return Findings()
    return Findings(finding for part in text.split(", ") for finding in parse_prompt(part))


@pytest.mark.parametrize("sentence, means", ENGLISH)
def test_what_is_said(sentence: str, means: str) -> None:
    reading = read_report(unescaped(sentence))
    assert reading.findings == meaning(means) and reading.unread is None


@pytest.mark.parametrize("text", FOREIGN)
def test_another_language_is_said_to_be_so(text: str) -> None:
    reading = read_report(text)
    assert reading.unread and not reading.mentions
    assert all(value != value for value in labels_of(reading).values())


def test_there_are_twenty_of_each_kind() -> None:
    text = Path(__file__).with_name("worded.txt").read_text(encoding="utf-8")
    kinds = [part.splitlines() for part in text.split("\n# ")[2:]]
    assert len(kinds) == 16 and min(len(lines) - 1 for lines in kinds) >= 20


@pytest.mark.parametrize(
    "text, language",
    [
        ("Kein Pneumothorax.", "German"),
        ("Pas de pneumothorax.", "French"),
        ("Sin derrame, hay consolidación.", "Spanish"),
        ("未见气胸。", "Chinese or Japanese"),
        ("Пневмоторакс не выявлен.", "Cyrillic letters"),
        ("Ðôü þæö", "another language"),
        ("Effusion.", "English"),
        ("Seen by Dr. van der Berg with Mr. de la Cruz.", "English"),
        ("", "English"),
    ],
)
def test_languages(text: str, language: str) -> None:
    assert language_of(text) == language


def test_positions_are_those_of_the_text_as_given() -> None:
    text = r"FINDINGS: No pneumothorax.\nSmall left effusion.<br>IMPRESSION: Edema."
    reading = read_report(text)
    assert [text[m.start : m.end] for m in reading.mentions] == ["pneumothorax", "effusion", "Edema"]
    assert [m.section for m in reading.mentions] == ["findings", "findings", "impression"]


def test_what_is_explained_says_so() -> None:
    (mention,) = read_report("The density is a nipple shadow.").mentions
    assert (mention.finding.state, mention.certainty) == ("uncertain", "explained")


def test_a_foreign_report_is_told_and_not_edited_toward(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "one.txt"
    path.write_text("Kein Pneumothorax. Kein Erguss.", encoding="utf-8")
    assert main(["read-reports", str(path)]) == 0
    assert capsys.readouterr().out == "one: not read: it is in German, where English is read\n"
    assert main(["read-reports", str(path), "--before", str(path)]) == 2
    assert "is in German" in capsys.readouterr().err
    assert set(labels_of(read_report("Kein Erguss."))) == set(LABELS)


FILES = [
    ("PNEUMOTHORAX: None.\nEFFUSION: Small.\nIMPRESSION: edema", "edema, mild pleural effusion, no pneumothorax"),
    (
        "EXAM: CXR\nLUNGS: No consolidation.\nHEART: Enlarged\n\nIMPRESSION:\n1. Edema.",
        "cardiomegaly, edema, no consolidation",
    ),
    (
        "Pneumothorax\tNone\nEffusion\tSmall left\nEdema\tAbsent",
        "mild left pleural effusion, no edema, no pneumothorax",
    ),
    (
        "| Finding | Result |\n|---|---|\n| Pneumothorax | None |\n| Effusion | Left |",
        "left pleural effusion, no pneumothorax",
    ),
    ("Reason for Exam\nPneumonia?\n\nFindings\nNo pneumonia.", "no pneumonia"),
    ("Indication: Fall. ?rib fracture\nPA chest: No rib fracture or pneumothorax.", "no pneumothorax, no fracture"),
    ("- Pneumothorax: no\n- Effusion: yes, left\n- Edema: mild", "mild edema, left pleural effusion, no pneumothorax"),
    ("CLINICAL DETAILS\nKnown effusion.\n\nREPORT\nNo effusion.", "no pleural effusion"),
]


@pytest.mark.parametrize("text, means", FILES)
def test_forms_and_tables(text: str, means: str) -> None:
    assert read_report(text).findings == meaning(means)
