import numpy as np
import pandas as pd

from causaray.cohorts import Cohort
from causaray.cohorts.trust import trusted_labels

NAN = np.nan


def cohort(source: list[str], **labels: list[float]) -> Cohort:
    n = len(source)
    table = pd.DataFrame({"cohort": source, **labels})
    return Cohort(table, (np.zeros((n, 32, 32), np.uint8),), np.zeros(n, int), np.arange(n), ({"size": 32},))


def test_known_labels_are_kept_and_uncertain_ones_are_not():
    labels = trusted_labels(cohort(["a"] * 4, Edema=[1, 0, -1, NAN]), ["Edema"])
    np.testing.assert_array_equal(labels[:, 0], [1, 0, NAN, NAN])


def test_a_cohort_that_never_shows_a_finding_is_not_asked_of_it():
    labels = trusted_labels(cohort(["a", "a", "b", "b"], Edema=[1, 0, 0, 0]), ["Edema"])
    np.testing.assert_array_equal(labels[:, 0], [1, 0, NAN, NAN])


def test_pneumonia_is_asked_of_the_cohort_where_its_label_is_not_its_source():
    labels = trusted_labels(cohort(["nih", "nih", "kermany", "kermany"], Pneumonia=[1, 0, 1, 0]), ["Pneumonia"])
    np.testing.assert_array_equal(labels[:, 0], [NAN, NAN, 1, 0])
