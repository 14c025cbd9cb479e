"""World: the same seed is the same patient, no change is no change, and requests mean what they say."""

import numpy as np
import pytest
import torch

from causaray.cohorts.phantom import Setting, World
from causaray.cohorts.phantom.shown import word
from causaray.errors import BadInput
from causaray.findings import Findings, parse_prompt

WORLD = World(size=32, common=0.6, tail=0.2)
PATIENTS = WORLD.sample(24, seed=11)


def truth(text, patients=PATIENTS):
    return WORLD.counterfactual(patients, parse_prompt(text))


def test_a_phantom_depends_on_seed_and_index_alone():
    assert torch.equal(WORLD.sample(24, seed=11).images, PATIENTS.images)
    assert torch.equal(WORLD.sample(5, seed=11).images, PATIENTS.images[:5])
    assert torch.equal(WORLD.at(11, [17]).images, PATIENTS.images[17:18])
    assert torch.equal(PATIENTS.rows([3, 1]).images, PATIENTS.images[[3, 1]])
    assert not torch.equal(WORLD.sample(1, seed=12).images, PATIENTS.images[:1])


def test_being_told_what_one_is_changes_nothing():
    assert torch.equal(WORLD.counterfactual(PATIENTS, {}).images, PATIENTS.images)
    for i, findings in enumerate(PATIENTS.findings[:10]):
        same = WORLD.counterfactual(PATIENTS.rows([i]), findings)
        assert torch.equal(same.images, PATIENTS.images[i : i + 1])
        assert same.findings == [findings]


def test_undone_is_as_before():
    healthy = World(size=32, common=0, devices=0)
    patients = healthy.sample(3)
    ill = healthy.counterfactual(patients, {"Pleural Effusion": Setting(0.6, "left"), "Edema": Setting()})
    assert not torch.equal(ill.images, patients.images)
    assert torch.equal(healthy.counterfactual(ill, parse_prompt("no finding")).images, patients.images)


def test_order_does_not_matter():
    one, two = {"Pneumothorax": Setting(0.5, "left")}, {"Cardiomegaly": Setting(0.7)}
    there = WORLD.counterfactual(WORLD.counterfactual(PATIENTS, one), two)
    back = WORLD.counterfactual(WORLD.counterfactual(PATIENTS, two), one)
    assert torch.equal(there.images, back.images)


def test_words_of_severity_and_side():
    effusion = truth("moderate left pleural effusion").values["pleural_effusion"]
    was = PATIENTS.values["pleural_effusion"]
    assert ((effusion[:, 1] > 0.4) & (effusion[:, 1] <= 0.7)).all()
    assert np.array_equal(effusion[:, 0], was[:, 0])  # nothing was said of the right
    fits = (was[:, 1] > 0.4) & (was[:, 1] <= 0.7)
    assert fits.any() and np.array_equal(effusion[fits, 1], was[fits, 1])
    assert [word(s) for s in (0.01, 0.4, 0.41, 0.7, 0.71, 1.0)] == ["mild", "mild", *["moderate"] * 2, *["severe"] * 2]


def test_what_is_not_said_comes_from_the_patient():
    asked, was = truth("pleural effusion").values["pleural_effusion"], PATIENTS.values["pleural_effusion"]
    had = was.any(1)
    assert np.array_equal(asked[had], was[had]) and asked.any(1).all()
    all_ill = World(size=32, common=1, tail=0).sample(24, seed=11).values["pleural_effusion"]
    assert np.array_equal(asked, all_ill)  # the latent severity and side, whoever has the finding


def test_absence_all_or_one_side():
    assert not truth("no pleural effusion").values["pleural_effusion"].any()
    left = truth("no left pleural effusion").values["pleural_effusion"]
    assert not left[:, 1].any() and np.array_equal(left[:, 0], PATIENTS.values["pleural_effusion"][:, 0])
    healthy = truth("no finding")
    assert all("No Finding" in findings.present for findings in healthy.findings)
    assert np.array_equal(healthy.values["support_devices"], PATIENTS.values["support_devices"])


def test_places():
    asked = truth("left upper zone consolidation")
    assert (asked.values["consolidation_height"] <= 0.36).all()
    assert all(findings.get("Consolidation").location == "upper zone" for findings in asked.findings)


def test_severity_of_each_patient():
    severity = np.linspace(0, 1, 24)
    shown = WORLD.counterfactual(PATIENTS, {"Edema": Setting(severity)})
    assert np.array_equal(shown.values["edema"], np.stack([severity, severity], 1))
    assert "Edema" in shown.findings[0].absent and shown.findings[23].get("Edema").severity == "severe"


def test_sides_of_unequal_severity_stay_so():
    uneven = WORLD.counterfactual(PATIENTS, {"Atelectasis": Setting(np.tile([0.2, 0.9], (24, 1)), "bilateral")})
    for text in ("atelectasis", "bilateral atelectasis", "mild right atelectasis", "severe left atelectasis"):
        assert np.array_equal(truth(text, uneven).values["atelectasis"], np.tile([0.2, 0.9], (24, 1)))


def test_findings_are_said_as_they_are():
    shown = WORLD.counterfactual(PATIENTS.rows([0]), parse_prompt("severe bilateral pneumothorax"))
    assert shown.findings[0].get("Pneumothorax").to_text() == "severe bilateral pneumothorax"
    assert shown.causes.loc[0, "pneumothorax left"] == shown.values["pneumothorax"][0, 1] > 0.7


@pytest.mark.parametrize(
    ("do", "words"),
    [
        (parse_prompt("hernia"), "no Hernia"),
        (parse_prompt("possible edema"), "no true image"),
        (parse_prompt("abnormal"), "name the finding"),
        (parse_prompt("left cardiomegaly"), "has no side"),
        (parse_prompt("upper lobe pneumothorax"), "have a place"),
        (Findings.from_labels("Mass"), "no Mass"),
        ({"Edema": Setting(1.2)}, "between 0 and 1"),
        ({"Edema": Setting(0.5, height=0.2)}, "one place only"),
        ({"Edema": 0.5}, "by a Setting"),
        ({"Pneumothorax": Setting(0.5, "up")}, "left, right or bilateral"),
        ({"sex": "X"}, "M or F"),
        ({"age": "old"}, "number of years"),
        ({"view": None}, "AP or PA"),
    ],
)
def test_what_the_world_does_not_have(do, words):
    with pytest.raises(BadInput, match=words):
        WORLD.counterfactual(PATIENTS, do)
