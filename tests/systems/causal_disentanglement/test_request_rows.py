import numpy as np

from causaray.findings import Findings, parse_prompt
from causaray.systems.causal_disentanglement.request_rows import (
    PLACES,
    asked_row,
    label_row,
    request_columns,
    with_sides,
)

NAMES = ("No Finding", "Edema", "Pleural Effusion", "Nodule", "Support Devices")
WORDS = {"mild": 0.3, "moderate": 0.6, "severe": 0.9}


def told(prompt: str, scale: float = 1.0) -> dict[str, float]:
    """What a request says, column by column."""
    row = asked_row(parse_prompt(prompt), NAMES, WORDS, scale)[0]
    return {name: round(float(v), 4) for name, v in zip(request_columns(NAMES), row, strict=True) if not v.isnan()}


def test_a_row_tells_severity_side_and_place() -> None:
    assert told("severe left pleural effusion") == {"Pleural Effusion right": 0.0, "Pleural Effusion left": 0.9}
    assert told("mild edema") == {"Edema right": 0.3, "Edema left": 0.3}
    assert told("right upper lobe nodule") == {"Nodule right": 0.6, "Nodule left": 0.0, "upper": 1.0}
    assert told("retrocardiac nodule")["lower"] == 1.0


def test_absence_of_one_side_says_nothing_of_the_other() -> None:
    assert told("no left pleural effusion") == {"Pleural Effusion left": 0.0}
    assert told("no edema") == {"Edema right": 0.0, "Edema left": 0.0}


def test_strength_scales_severities_up_to_one() -> None:
    assert told("severe edema", 0.5)["Edema left"] == 0.45
    assert told("severe edema", 1.4)["Edema left"] == 1.0


def test_no_finding_is_the_absence_of_all_but_devices() -> None:
    said = told("no finding")
    assert set(said.values()) == {0.0}
    assert {name.rsplit(" ", 1)[0] for name in said} == {"No Finding", "Edema", "Pleural Effusion", "Nodule"}


def test_columns_are_two_a_finding_and_the_places() -> None:
    assert len(request_columns(NAMES)) == 2 * len(NAMES) + len(PLACES)
    row = label_row(NAMES, {"Pleural Effusion": (0.0, 0.5)}, "diffuse")
    assert row[-1] == 1 and np.isnan(row).sum() == len(row) - 3


def test_a_side_is_drawn_by_lot_only_where_one_is_open() -> None:
    both = {str(next(iter(with_sides(parse_prompt("pneumothorax"), seed))).side) for seed in range(12)}
    assert both == {"left", "right"}
    assert with_sides(parse_prompt("pneumothorax"), 3) == with_sides(parse_prompt("pneumothorax"), 3)
    for said in ("left pneumothorax", "edema", "no pneumothorax", "cardiomegaly", "pacemaker", "no finding"):
        assert with_sides(parse_prompt(said), 1) == Findings(parse_prompt(said))
