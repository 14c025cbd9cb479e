import numpy as np
import pytest

from causaray.cohorts.phantom.exogenous import FINDINGS
from causaray.cohorts.phantom.progression import (
    COURSES,
    ONSET,
    RESOLUTION,
    SUSCEPTIBLE,
    TREATMENTS,
    draw_rates,
    moments,
    presence,
    trajectory,
)
from causaray.errors import BadInput

F = len(FINDINGS)
EDEMA, EFFUSION, EMPHYSEMA, FRACTURE = (
    FINDINGS.index(name) for name in ("Edema", "Pleural Effusion", "Emphysema", "Fracture")
)
TIMES = np.array([0, 2.0, 6.0])


def cohort(patients, severity=0.4, rate=1.0):
    return np.full((patients, F), severity), np.full((patients, F), rate)


def test_every_finding_has_a_course():
    assert set(COURSES) == set(FINDINGS)
    for course in COURSES.values():
        assert all(kappa > 0 and 0 <= theta <= 1 for kappa, theta in (course.none, course.a, course.b))
        assert course.sigma > 0


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_monte_carlo_agrees_with_the_closed_form(treatment):
    n = 3000
    severity, rates = cohort(n, rate=1.5)
    mean, variance = (m[:, 0] for m in moments(severity[:1], rates[:1], treatment, TIMES))
    simulated = trajectory(severity, rates, treatment, TIMES, seed=1)
    assert (
        np.abs(simulated.mean(1) - mean).max() < 5 * np.sqrt(variance / n).max() + 0.004
    )  # Euler's bias beside chance
    np.testing.assert_allclose(simulated.var(1), variance, atol=0.002, rtol=0.12)


def test_moments_by_hand():
    severity, rates = cohort(1)
    mean, variance = moments(severity, rates, "A", [0.0, 5.0, 1e5])
    kappa, theta = COURSES["Edema"].a
    np.testing.assert_allclose(mean[:, 0, EDEMA], [0.4, theta + (0.4 - theta) * np.exp(-5 * kappa), theta], atol=1e-12)
    np.testing.assert_allclose(variance[0], 0, atol=1e-12)
    (kappa, theta), sigma = COURSES["Atelectasis"].a, COURSES["Atelectasis"].sigma
    beta = theta * (1 - theta) * sigma**2 / (2 * kappa + sigma**2)  # variance of the stationary Beta distribution
    np.testing.assert_allclose(variance[2, 0, FINDINGS.index("Atelectasis")], beta)


def test_treatments_share_the_brownian_path():
    severity, rates = cohort(50)
    none, a, b = (trajectory(severity, rates, treatment, TIMES, seed=2) for treatment in TREATMENTS)
    np.testing.assert_array_equal(none[..., EMPHYSEMA], a[..., EMPHYSEMA])  # no treatment helps
    np.testing.assert_array_equal(none[0], b[0])
    assert (a[1:, :, EDEMA] <= none[1:, :, EDEMA]).all()  # a smaller drift on the same path stays below
    assert (none[1:, :, EDEMA] <= b[1:, :, EDEMA] + 1e-9).all()
    other = trajectory(severity, rates, "none", TIMES, seed=3)
    apart, across = (none - a)[1, :, EFFUSION].std(), (other - a)[1, :, EFFUSION].std()
    assert apart < across / 3


def test_a_patients_path_is_their_own():
    severity, rates = cohort(6)
    whole = trajectory(severity, rates, "B", [1.0, 3.0, 8.0], seed=4)
    np.testing.assert_array_equal(whole, trajectory(severity, rates, "B", [1.0, 3.0, 8.0], seed=4))
    few = trajectory(severity[:2], rates[:2], "B", [3.0], seed=4, indices=[5, 1])
    np.testing.assert_array_equal(few, whole[1:2, [5, 1]])
    assert not np.array_equal(whole[1, 0], whole[1, 1])


def test_what_stands_still():
    severity, rates = cohort(3, severity=0.5, rate=0.0)
    assert (trajectory(severity, rates, "none", TIMES, seed=0) == 0.5).all()
    healthy, rates = cohort(3, severity=0.0)
    assert (trajectory(healthy, rates, "none", TIMES, seed=0)[..., FRACTURE] == 0).all()
    np.testing.assert_array_equal(trajectory(severity, rates, "A", [0.0], seed=0)[0], severity)
    assert trajectory(severity, rates, "A", [], seed=0).shape == (0, 3, F)


def test_severities_stay_in_range_and_times_may_come_in_any_order():
    severity, rates = cohort(40, severity=0.98, rate=3.0)
    severity[::2] = 0.02
    path = trajectory(severity, rates, "none", [30.0, 0.0, 0.01, 30.0], seed=5)
    assert path.min() >= 0 and path.max() <= 1
    np.testing.assert_array_equal(path[1], severity)
    np.testing.assert_array_equal(path[0], path[3])


def test_rates_of_the_healthy_are_zero_but_for_the_susceptible():
    severity = np.zeros((400, F))
    severity[:200] = 0.5
    rates = draw_rates(severity, seed=6)
    assert (rates[:200] > 0).all() and abs(np.median(rates[:200]) - 1) < 0.05
    assert abs((rates[200:] > 0).mean() - SUSCEPTIBLE) < 0.015
    np.testing.assert_array_equal(draw_rates(severity[[7]], 6, [7])[0], rates[7])


def test_presence_has_two_thresholds():
    between = (ONSET + RESOLUTION) / 2
    severities = np.array([between, ONSET, between, RESOLUTION - 0.01, between])[:, None, None]
    assert presence(severities).ravel().tolist() == [False, True, True, False, False]


def test_refusals():
    severity, rates = cohort(2)
    for arguments, message in [
        ((severity, rates, "C", [1.0]), "treatment"),
        ((severity, rates[:1], "A", [1.0]), "shapes"),
        ((severity[:, :3], rates[:, :3], "A", [1.0]), "shapes"),
        ((severity, rates, "A", [-1.0]), "days"),
    ]:
        with pytest.raises(BadInput, match=message):
            trajectory(*arguments, seed=0)
