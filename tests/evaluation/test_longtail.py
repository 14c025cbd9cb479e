import numpy as np
import pytest

from causaray.evaluation.measures.effect import area
from causaray.evaluation.measures.longtail import by_frequency, terciles
from causaray.evaluation.statistics.f1 import edits_f1

COUNTS = {"Edema": 40, "Cardiomegaly": 300, "Pleural Effusion": 500, "Pneumothorax": 40, "Fracture": 9}


def test_terciles_go_from_common_to_rare() -> None:
    assert terciles(COUNTS) == {
        "head": ("Pleural Effusion", "Cardiomegaly"),
        "medium": ("Edema", "Pneumothorax"),
        "tail": ("Fracture",),
    }
    assert terciles({"Edema": 3}) == {"head": ("Edema",)}


def test_parts_are_means_over_their_findings() -> None:
    scores = {
        "Pleural Effusion": (np.array([0.9, 0.9]), np.array([0.1, 0.1])),
        "Cardiomegaly": (np.array([0.9, 0.1]), np.array([0.1, 0.1])),
        "Fracture": (np.array([0.1, 0.2]), np.array([0.1, 0.2])),
        "Hernia": (np.array([0.1, 0.1]), np.array([0.9, 0.9])),
    }
    found = by_frequency({f: edits_f1(*sides, 0.5) for f, sides in scores.items()}, COUNTS, np.arange(2))
    assert found.keys() == {"macro", "head", "tail"}, "no finding of the medium part was measured"
    assert found["head"]["value"] == pytest.approx((1 + 2 / 3) / 2)
    areas = by_frequency({f: area(*sides) for f, sides in scores.items()}, COUNTS, np.arange(2))
    assert areas["macro"]["value"] == pytest.approx((1 + 0.75 + 0.5 + 0) / 4)
    assert areas["tail"]["value"] == pytest.approx(0.5)


def test_the_mean_is_taken_over_the_same_patients() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=60)
    both = {"Edema": lambda rows: float(x[rows].mean()), "Fracture": lambda rows: float((1 - x[rows]).mean())}
    found = by_frequency(both, COUNTS, np.arange(60))["macro"]
    assert found["low"] == pytest.approx(0.5) and found["high"] == pytest.approx(0.5), "what differs cancels"
