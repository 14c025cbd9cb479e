"""The verb `evaluate` on the command line."""

from pathlib import Path
from typing import Any

import pytest

from causaray.app.cli import main
from causaray.evaluation.suite import SUITES


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["evaluate", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    return said.err


def test_bad_input_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = ["--cohorts", str(tmp_path), "--out", str(tmp_path / "out")]
    assert "no prepared cohort" in refused(there, capsys)
    assert "holds no edits.csv" in refused([*there, "--edited", str(tmp_path)], capsys)
    assert "--against" in refused([*there, "--weights", "cxr-128", "--edited", str(tmp_path)], capsys)
    assert "no suite beauty" in refused([*there, "--suite", "effect,beauty"], capsys)
    assert "--limit" in refused([*there, "--limit", "2"], capsys)
    assert "There are no weights called cxr-99" in refused([*there, "--against", "cxr-99"], capsys)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ([], {"weights": "cxr-128", "edited": None, "suite": SUITES, "allow_trained": False}),
        (["--edited", "peer"], {"weights": None, "edited": Path("peer")}),
        (["--weights", "mine", "--against", "peer"], {"weights": "mine", "against": "peer"}),
        (["--suite", "effect,privacy", "--allow-trained"], {"suite": ["effect", "privacy"], "allow_trained": True}),
    ],
)
def test_what_is_asked_for(
    given: list[str], asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: dict[str, Any] = {}

    def evaluate(weights: Any, cohorts: Any, out: Any, **options: Any) -> None:
        seen.update(options, weights=weights)

    monkeypatch.setattr("causaray.evaluation.evaluate.evaluate", evaluate)
    assert main(["evaluate", "--cohorts", "cohort", "--out", "out", *given]) == 0
    assert asked.items() <= seen.items()
    assert "out/index.html" in capsys.readouterr().out
