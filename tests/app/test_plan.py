"""The plan: arithmetic from measured units, and nothing that was not measured."""

import json
from importlib.resources import files

import pytest

import causaray
from causaray.app.cli import main
from causaray.errors import BadInput
from causaray.experiments.plan import APART

UNITS = json.loads((files("causaray.experiments") / "units.json").read_text())


def lines(**asked):
    return {line.what: line for line in causaray.plan(**asked)}


def test_hours_and_bytes_are_units_times_films():
    found = lines(studies=1_000_000, cores=4, size=[256], epochs=2, core_price=0.05)
    u = UNITS["units"]
    assert found["prepare from png"].value == pytest.approx(u["read_png"] * APART * 1e6 / 4 / 3600)
    assert found["edit every film once (cxr-128)"].value == pytest.approx(u["edit"] * 1e6 / 4 / 3600)
    trained = next(line for what, line in found.items() if what.startswith("train a classifier"))
    assert trained.value == pytest.approx(u["train_classifier"] * 2e6 / 4 / 3600)
    assert found["disk at 256 px"].value == pytest.approx(65.536)
    of_cores = sum(line.value for line in found.values() if line.how.endswith("4 cores"))
    assert found["cost of cores, a thousand studies"].value == pytest.approx(of_cores * 4 * 0.05 / 1000)


def test_gpus_are_reckoned_with_only_where_units_were_measured_on_one(tmp_path, capsys):
    assert main(["plan", "--studies", "500000", "--gpus", "8"]) == 0
    said = capsys.readouterr().out
    assert said.count("not measured") == 3 and "--device cuda" in said
    path = tmp_path / "units.json"
    path.write_text(json.dumps(UNITS | {"about": {"device": "cuda"}}))
    found = lines(gpus=8, studies=800, units=path)["edit every film once (cxr-128)"]
    assert found.value == pytest.approx(UNITS["units"]["edit"] * 100 / 3600)


@pytest.mark.parametrize("content", ["", "{}", '{"units": {"edit": 1}}', "[1]"])
def test_what_holds_no_units_is_refused(tmp_path, content):
    path = tmp_path / "units.json"
    path.write_text(content)
    with pytest.raises(BadInput, match="holds no units"):
        causaray.plan(units=path)
    with pytest.raises(BadInput, match='kind "gif"'):
        causaray.plan(source="gif")
