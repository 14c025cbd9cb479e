import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from causaray.evaluation.measures.disentanglement import disentanglement, pooled, probe, reidentification
from causaray.evaluation.statistics.shuffling import shuffled


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_shuffling_keeps_the_values_and_deals_a_patients_out_together() -> None:
    values, patients = np.repeat(np.arange(30), 2), np.repeat(np.arange(30), 2)
    dealt = shuffled(values, patients, seed=1)
    assert sorted(dealt) == sorted(values)
    assert (dealt[::2] == dealt[1::2]).all(), "both images of a patient get what both images of another had"
    assert (dealt != values).mean() > 0.8
    assert (shuffled(values, patients, 1) == dealt).all() and (shuffled(values, patients, 2) != dealt).any()


def test_pooling_averages_blocks_and_leaves_small_maps_alone() -> None:
    channels = np.arange(2 * 3 * 16 * 16, dtype=float).reshape(2, 3, 16, 16)
    flat = pooled(channels)
    assert flat.shape == (2, 3 * 64)
    assert flat[1, 64] == pytest.approx(channels[1, 1, :2, :2].mean())
    assert (pooled(channels[..., :4, :4]) == channels[..., :4, :4].reshape(2, -1)).all()
    assert pooled(np.ones((5, 7))).shape == (5, 7)


def test_a_probe_finds_what_is_there_and_nothing_in_noise(rng: np.random.Generator) -> None:
    truth, noise, patients = np.tile([0.0, 1.0], 40), rng.normal(size=(80, 10)), np.arange(80)
    shown = noise + 2 * truth[:, None] * (np.arange(10) == 3)
    assert roc_auc_score(truth, probe(shown, truth, patients)) > 0.85
    chance = [roc_auc_score(truth, probe(rng.normal(size=(80, 10)), truth, patients)) for _ in range(10)]
    assert np.mean(chance) == pytest.approx(0.5, abs=0.06)


def test_a_probe_cannot_know_the_patient(rng: np.random.Generator) -> None:
    faces, states = rng.normal(size=(30, 40)), rng.permutation(np.tile([0.0, 1.0], 15))
    patients = np.repeat(np.arange(30), 5)
    area = roc_auc_score(states[patients], probe(faces[patients], states[patients], patients))
    assert area < 0.7, "drawn by image, the four other images of the patient would give the answer"


def test_the_finding_is_read_from_the_channel_that_holds_it(rng: np.random.Generator) -> None:
    patients, truth = np.repeat(np.arange(60), 2), np.repeat(np.tile([0.0, 1.0], 30), 2)
    identity = rng.normal(size=(60, 3, 16, 16))[patients] + 0.1 * rng.normal(size=(120, 3, 16, 16))
    pathology = rng.normal(size=(120, 1, 8, 8))
    pathology[:, 0, 2, 5] += 3 * truth
    labels = np.stack([truth, np.full(120, np.nan), np.where(np.arange(120) < 100, truth, np.nan)], axis=1)
    found = disentanglement(identity, pathology, labels, patients, ("Edema", "Hernia", "Mass"))
    edema = found["findings"]["Edema"]
    assert edema["pathology"]["value"] > 0.9 and edema["identity"]["low"] < 0.5
    assert 0.3 < edema["pathology_shuffled"]["value"] < 0.7
    difference = edema["pathology"]["value"] - edema["identity"]["value"]
    assert edema["pathology_minus_identity"]["value"] == pytest.approx(difference)
    assert found["findings"]["Hernia"] is None
    assert (found["findings"]["Mass"]["identity"]["n"], found["findings"]["Mass"]["positives"]) == (100, 50)
    mass = found["findings"]["Mass"]["pathology"]["value"]
    assert found["mean"]["pathology"]["value"] == pytest.approx((edema["pathology"]["value"] + mass) / 2)
    assert found["patient"]["identity"]["top1"]["value"] == 1 and found["patient"]["pathology"]["top1"]["value"] < 0.2


def test_without_an_answerable_finding_the_patient_is_still_asked_for(rng: np.random.Generator) -> None:
    channels, patients = rng.normal(size=(20, 1, 8, 8)), np.arange(20)
    found = disentanglement(channels, channels, np.ones((20, 1)), patients, ("Edema",))
    assert found["findings"] == {"Edema": None} and found["mean"] == {}
    assert found["patient"] == {"identity": None, "pathology": None}, "nobody has two images"


def test_reidentification_agrees_with_scikit_learn(rng: np.random.Generator) -> None:
    patients = np.array([0, 0, 1, 1, 1, 2, 3, 3] * 4) + np.repeat(np.arange(4) * 10, 8)
    features = rng.normal(size=(patients.max() + 1, 6))[patients] + rng.normal(size=(32, 6))
    z = StandardScaler().fit_transform(features)
    near = NearestNeighbors(n_neighbors=2, metric="cosine").fit(z).kneighbors(z, return_distance=False)[:, 1]
    several = patients % 10 != 2
    found = reidentification(features, patients)
    assert found is not None
    assert found["top1"]["value"] == pytest.approx((patients[near] == patients)[several].mean())
    assert (found["top1"]["n"], found["top1"]["patients"]) == (28, 12)
    assert found["chance"] == pytest.approx((4 * 1 + 3 * 2) / 7 / 31), "two of pairs and one of three, a block"
    assert found["top1_shuffled"]["value"] < found["top1"]["value"]


def test_cosines_by_hand() -> None:
    features = np.array([[1, 1], [1, 1], [-1, -1], [-1, 1], [1, -1], [-1, -1.0]])
    found = reidentification(features, np.array(["a", "a", "b", "c", "d", "e"]))
    assert found is not None
    assert found["cosine_own"]["value"] == pytest.approx(1)
    assert found["cosine_others"]["value"] == pytest.approx((-1 + 0 + 0 - 1) / 4)
