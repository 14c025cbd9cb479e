import numpy as np
import pytest
import torch

from causaray.cohorts.phantom.exogenous import FINDINGS
from causaray.cohorts.phantom.model import slug
from causaray.cohorts.phantom.request import Setting
from causaray.cohorts.phantom.time import follow, reports
from causaray.cohorts.phantom.world import World
from causaray.errors import BadInput
from causaray.progression import changed

WORLD = World(size=32, common=0.5, tail=0.2)  # an ill town
DAYS = [0.0, 3.0, 14.0]


def severities(phantoms):
    return np.stack([phantoms.values[slug(name)].max(1) for name in FINDINGS], 1)


@pytest.fixture(scope="module")
def patients():
    return WORLD.sample(300, seed=3)


def test_now_is_now(patients):
    few = patients.rows(range(8))
    (same,) = follow(few, "A", [0.0])
    assert torch.equal(same.images, few.images)
    assert same.findings == few.findings


def test_treatments_change_only_what_they_treat(patients):
    untreated, treated = (follow(patients, treatment, DAYS)[1] for treatment in ("none", "A"))
    alike = [FINDINGS.index(name) for name in ("Consolidation", "Pneumothorax", "Emphysema", "Lung Lesion", "Fracture")]
    np.testing.assert_array_equal(severities(untreated)[:, alike], severities(treated)[:, alike])
    edema = FINDINGS.index("Edema")
    had = severities(patients)[:, edema] > 0
    assert had.sum() > 5
    assert (severities(treated) <= severities(untreated))[had, edema].all()
    well = np.flatnonzero((severities(untreated) == severities(treated)).all(1))[:4]
    assert torch.equal(treated.rows(well).images, untreated.rows(well).images)
    ill = np.flatnonzero(had)[:4]
    assert (treated.rows(ill).images - untreated.rows(ill).images).abs().amax((1, 2, 3)).min() > 0.02


def test_the_state_on_a_day_does_not_depend_on_the_other_days(patients):
    one, many = follow(patients, "B", [14.0])[0], follow(patients, "B", DAYS)[2]
    np.testing.assert_array_equal(severities(one), severities(many))


def test_sides_stay_and_onsets_are_where_the_patients_own_draws_have_them(patients):
    later = follow(patients, "none", [30.0])[0]
    effusion = slug("Pleural Effusion")
    before, after = (phantoms.values[effusion] > 0 for phantoms in (patients, later))
    both = before.any(1) & after.any(1)
    np.testing.assert_array_equal(before[both], after[both])
    onset = np.flatnonzero(~before.any(1) & after.any(1))
    assert len(onset) > 0
    given = WORLD.counterfactual(patients, {"Pleural Effusion": Setting()}).values[effusion] > 0
    np.testing.assert_array_equal(after[onset], given[onset])


def test_another_seed_is_another_future(patients):
    own, other = (follow(patients, "none", [5.0], seed)[0] for seed in (None, 99))
    assert not np.array_equal(severities(own), severities(other))
    np.testing.assert_array_equal(severities(own), severities(follow(patients, "none", [5.0])[0]))


def test_reports_compare_with_the_prior(patients):
    patients = patients.rows(range(40))
    later = follow(patients, "B", [20.0])[0]
    texts = reports(later, prior=patients)
    resolved = [
        any(change.kind == "resolved" for change in changed(before, after))
        for before, after in zip(patients.findings, later.findings, strict=True)
    ]
    assert any(resolved) and not all(resolved)
    for text, expected in zip(texts, resolved, strict=True):
        assert ("resol" in text.lower() or "no longer" in text.lower()) == expected
    assert texts == reports(later, prior=patients) != reports(later, prior=patients, seed=1)


def test_refusals(patients):
    with pytest.raises(BadInput, match="treatment"):
        follow(patients, "C", [1.0])
    with pytest.raises(BadInput, match="days"):
        follow(patients, "A", [-1.0])
