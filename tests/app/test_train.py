from pathlib import Path

import pytest

import causaray
from causaray.app.cli import main
from causaray.errors import BadInput


@pytest.fixture
def calls(monkeypatch) -> list[tuple]:
    """Stands in for the training: what it was called with."""
    made: list[tuple] = []

    def train(*arguments):
        made.append(arguments)
        return Path("runs/x/cxr-64")

    monkeypatch.setattr("causaray.systems.causal_disentanglement.training.train.train", train)
    return made


def test_the_command_trains(calls, tmp_path, capsys):
    assert main(["train", "cxr-64", "--cohorts", "a", "--cohorts", "b", "--out", str(tmp_path / "x")]) == 0
    assert calls == [("cxr-64", [Path("a"), Path("b")], tmp_path / "x", None)]
    assert "runs/x/cxr-64" in capsys.readouterr().out


def test_a_run_is_gone_on_with_only_when_asked(calls, tmp_path):
    (tmp_path / "stage1.pt").touch()
    with pytest.raises(BadInput, match="--resume"):
        causaray.train("cxr-64", tmp_path, tmp_path)
    assert calls == []
    causaray.train("cxr-64", tmp_path, tmp_path, seed=4, resume=True)
    assert calls == [("cxr-64", [tmp_path], tmp_path, 4)]
