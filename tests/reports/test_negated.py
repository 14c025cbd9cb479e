"""Sentences that deny, after two hundred drawn at random from real reports and checked by hand, in our own wording."""

from pathlib import Path

import pytest

from causaray import read_report

LUNGS = ("Lung Opacity", "Consolidation", "Edema", "Atelectasis", "Lung Lesion")
LINES = [
    line.split(" | ")
    for line in Path(__file__).with_name("negated.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def denied(text: str) -> set[str]:
    """Findings that a sentence denies somewhere; that nothing is found denies none of them by name."""
    mentions = read_report(text).mentions
    return {m.finding.name for m in mentions if m.finding.state == "absent"}


@pytest.mark.parametrize("sentence, names", LINES)
def test_denied(sentence: str, names: str) -> None:
    expected = {each for name in names.split(", ") for each in (LUNGS if name == "LUNGS" else [name])}
    assert denied(sentence) == expected


def test_there_are_two_hundred() -> None:
    assert len(LINES) == 200
