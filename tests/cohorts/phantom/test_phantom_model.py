"""The structural model: edges, frequencies, confounding and the hidden relation, as numbers, without images."""

import numpy as np
import pytest

from causaray.cohorts.phantom import FINDINGS, Setting, World
from causaray.cohorts.phantom.model import PARENTS, slug
from causaray.cohorts.phantom.settings import HIDERS
from causaray.errors import BadInput

MANY = 4000


def descendants(variable):
    found = {variable}
    for name, parents in PARENTS.items():  # parents stand before their children
        found |= {name} if found & set(parents) else set()
    return found


def changed(before, after):
    return {name for name in before.values if not np.array_equal(before.values[name], after.values[name])}


SETTINGS = {slug(name): {name: Setting(0.9)} for name in (*FINDINGS, "Support Devices")}
SETTINGS |= {"age": {"age": 91.0}, "male": {"sex": "F"}, "anteroposterior": {"view": "AP"}}


@pytest.mark.parametrize("variable", SETTINGS)
def test_a_cause_changes_all_its_effects_and_nothing_else(variable):
    hider = "Consolidation" if variable == "consolidation" else "Lung Lesion"
    world = World(common=0, devices=0, hidden=1, hidden_in=hider)
    patients = world.sample(40)
    assert changed(patients, world.counterfactual(patients, SETTINGS[variable])) == descendants(variable)


def test_the_edges_that_the_world_promises():
    assert descendants("age") == {"age", "bone", "heart_width", "mediastinum"}
    assert descendants("anteroposterior") == {"anteroposterior", "heart_width", "scapula"}
    assert descendants("atelectasis") == {"atelectasis", "diaphragm", "pull"}
    assert descendants("lung_lesion") == {"lung_lesion", "mark"}
    assert descendants("support_devices") == {"support_devices"}


def test_effects_point_the_right_way():
    world = World(common=0)
    patients = world.sample(20)

    def of(name, do):
        return world.counterfactual(patients, do).values[name]

    assert (of("heart_width", {"age": 90}) > of("heart_width", {"age": 30})).all()
    assert (of("bone", {"age": 90}) < of("bone", {"age": 30})).all()
    assert of("heart_width", {"view": "AP"}) == pytest.approx(1.12 * of("heart_width", {"view": "PA"}))
    assert (of("pull", {"Atelectasis": Setting(0.8, "left")}) > patients.values["pull"]).all()
    assert (of("pull", {"Atelectasis": Setting(0.8, "right")}) < patients.values["pull"]).all()
    lifted = patients.values["diaphragm"] - of("diaphragm", {"Atelectasis": Setting(0.5, "left")})
    assert lifted == pytest.approx(np.tile([0, 0.07], (20, 1)))


@pytest.mark.parametrize("tail", [0.0, 1.0, 2.0])
def test_frequencies_fall_as_steeply_as_told(tail):
    world = World(common=0.4, tail=tail)
    values = world.sample(MANY, seed=1).values
    shares = np.array([(values[slug(name)].max(1) > 0).mean() for name in FINDINGS])
    expected = 0.4 * np.arange(1, 11) ** -tail
    assert np.abs(shares - expected).max() < 4 * np.sqrt(0.25 / MANY)


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_confounding_is_as_strong_as_told_and_leaves_the_frequency(strength):
    world = World(common=0.3, devices=0.3, confounding=strength)
    patients = world.sample(MANY, seed=2)
    device, effusion = (patients.values[name].max(1) > 0 for name in ("support_devices", "pleural_effusion"))
    assert effusion[device].mean() - effusion[~device].mean() == pytest.approx(strength, abs=0.06)
    assert effusion.mean() == pytest.approx(0.3, abs=0.03)
    assert changed(patients, world.counterfactual(patients, {"Support Devices": None})) == {"support_devices"}


def test_another_finding_can_be_confounded():
    values = World(common=0.3, tail=0, confounding=1, confounded="Fracture").sample(500).values
    assert np.array_equal(values["fracture"].any(1), values["support_devices"].any(1))
    assert not np.array_equal(values["pleural_effusion"].any(1), values["support_devices"].any(1))


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("finding", HIDERS)
def test_the_hidden_relation_is_as_strong_as_told_and_causal(strength, finding):
    world = World(common=0.5, tail=0, hidden=strength, hidden_in=finding)
    patients = world.sample(MANY, seed=3)
    ill, marked = patients.values[slug(finding)].max(1) > 0, patients.values["mark"] > 0
    assert marked[ill].mean() - marked[~ill].mean() == pytest.approx(strength, abs=0.06)
    healed = world.counterfactual(patients, {finding: None}).values["mark"] > 0
    assert (marked & ~healed)[ill].mean() == pytest.approx(strength, abs=0.05)  # marked by the finding alone
    assert not (marked ^ healed)[~ill].any()


def test_severities_and_sides():
    values = World(common=1, tail=0).sample(MANY, seed=4).values
    effusion = values["pleural_effusion"]
    assert effusion.max() <= 1 and effusion.max(1).min() >= 0.12
    right, left = (effusion > 0).mean(0)
    assert right == pytest.approx(0.58, abs=0.04) and left == pytest.approx(0.58, abs=0.04)
    assert np.array_equal(values["cardiomegaly"][:, 0], values["cardiomegaly"][:, 1])


@pytest.mark.parametrize(
    "settings",
    [
        {"size": 16},
        {"common": 1.5},
        {"confounding": -0.1},
        {"hidden": 2},
        {"tail": -1},
        {"confounded": "Hernia"},
        {"hidden_in": "Edema"},
    ],
)
def test_settings_that_make_no_world(settings):
    with pytest.raises(BadInput, match="phantom"):
        World(**settings)
