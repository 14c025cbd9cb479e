import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn.metrics import roc_auc_score

from causaray.evaluation.edits.grids import extremes
from causaray.evaluation.measures.effect import effect, look, midway, separation, shifted
from causaray.evaluation.measures.identity import identity, own_patient
from causaray.evaluation.measures.reconstruction import summary
from causaray.evaluation.statistics.bootstrap import interval, mean_interval


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_reconstruction_agrees_with_skimage(rng: np.random.Generator) -> None:
    x = rng.random((3, 1, 64, 64)).astype(np.float32)
    y = (x + rng.normal(0, 0.05, x.shape)).clip(0, 1).astype(np.float32)
    found = summary(torch.from_numpy(x), torch.from_numpy(y))
    for i in range(3):
        assert found["psnr"][i].item() == pytest.approx(
            peak_signal_noise_ratio(x[i, 0], y[i, 0], data_range=1), abs=1e-3
        )
        reference = structural_similarity(
            x[i, 0], y[i, 0], data_range=1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
        assert found["ssim"][i].item() == pytest.approx(reference, abs=5e-3)


def test_interval_draws_patients_not_images() -> None:
    values = np.repeat([0.0, 1.0], 50)
    images = mean_interval(values, np.arange(100))
    patients = mean_interval(values, np.repeat(["a", "b"], 50))
    assert images["value"] == patients["value"] == 0.5
    assert images["high"] - images["low"] < 0.25
    assert (patients["low"], patients["high"]) == (0.0, 1.0), "two patients tell next to nothing"
    assert (patients["n"], patients["patients"]) == (100, 2)


def test_the_same_seed_draws_the_same_interval(rng: np.random.Generator) -> None:
    values = rng.random(40)
    one, same, other = (interval(lambda rows: float(values[rows].mean()), np.arange(40), seed=s) for s in (1, 1, 2))
    assert one == same != other


def test_interval_of_a_mean_is_that_of_the_normal_distribution(rng: np.random.Generator) -> None:
    found = mean_interval(rng.normal(size=400), np.arange(400), draws=4000)
    assert found["high"] - found["low"] == pytest.approx(2 * 1.96 / 20, rel=0.1)


def test_pairs_are_compared_in_pairs(rng: np.random.Generator) -> None:
    x = rng.normal(0, 10, 50)
    _, low, high = interval(lambda rows: float((x[rows] + 1).mean() - x[rows].mean()), np.arange(50), 200)
    assert low == pytest.approx(1) and high == pytest.approx(1), "what differs between patients cancels"


def test_separation_is_the_auroc(rng: np.random.Generator) -> None:
    added, removed, patients = rng.normal(1, 1, 40), rng.normal(0, 1, 40), np.arange(40)
    reference = roc_auc_score(np.repeat([1, 0], 40), np.concatenate([added, removed]))
    found = separation(added, removed, patients)
    assert found["value"] == pytest.approx(reference) and found["low"] < reference < found["high"]


def test_effect_has_its_controls_and_sees_through_texture() -> None:
    torch.manual_seed(0)
    factual = torch.rand(30, 1, 32, 32) * 0.1 + 0.4
    checker = 0.1 * ((torch.arange(32)[:, None] + torch.arange(32)) % 2)

    def predict(x: torch.Tensor) -> np.ndarray:
        texture = (x[..., 1:] - x[..., :-1]).abs().mean((1, 2, 3))
        return torch.stack([texture, torch.full_like(texture, 0.3)], dim=1).numpy()

    before = predict(factual)
    seen = look(predict, factual + checker, factual)
    found = effect(seen, 0, before, np.arange(30), threshold=float(before[:, 0].max()) + 1e-3)
    assert found["as_edited"]["value"] == found["shifted"]["value"] == 1.0
    assert found["low_passed"]["value"] < 0.7, "an effect made of texture must vanish where an eye would not see it"
    assert found["control_copied"] == pytest.approx(0.5)
    assert found["control_shuffled"]["low"] < 0.5 < found["control_shuffled"]["high"]
    assert found["raised"]["value"] == found["flipped"]["value"] == 1.0
    change = (predict(factual + checker) - before)[:, 0].mean()
    assert found["change_asked"]["value"] == pytest.approx(change, rel=1e-5)
    assert found["change_other"]["value"] == 0


def test_a_null_edit_has_no_effect(rng: np.random.Generator) -> None:
    scores = rng.random((20, 3))
    found = effect({"as_edited": (scores, scores)}, 1, scores, np.arange(20))
    assert found["as_edited"]["value"] == pytest.approx(0.5)
    assert found["raised"]["value"] == found["flipped"]["value"] == found["change_other"]["value"] == 0


def test_shifting_moves_down_and_right() -> None:
    image = torch.zeros(1, 1, 8, 8)
    image[0, 0, 2, 1] = 1
    assert shifted(image).nonzero().tolist() == [[0, 0, 5, 4]]


def test_the_threshold_lies_midway_between_the_classes() -> None:
    assert midway(np.array([1, 0, 0, np.nan]), np.array([0.5, 0.1, 0.2, 0.9])) == pytest.approx(0.325)
    assert midway(np.full(3, np.nan), np.arange(3)) == 0.5


def test_identity_finds_the_own_patient_and_only_that() -> None:
    gallery, patients = np.eye(4), np.array(["a", "a", "b", "c"])
    features = np.array([[0.1, 1, 0, 0], [0, 0, 1, 0.2], [1, 0, 0, 0.0]])
    found = own_patient(features, gallery, np.array(["a", "b", "c"]), patients)
    assert found.tolist() == [True, True, False]


def test_without_the_source_image_only_another_visit_counts() -> None:
    real = np.array([[1, 0, 0], [0.9, 0.1, 0], [0, 1, 0], [0, 0.9, 0.5], [0, 0, 1]])
    patients = np.array(["a", "a", "b", "c", "c"])
    found = identity(real, real, np.stack([real, real]), patients)
    assert found["gallery"] == 5 and found["edited"]["n"] == 10
    assert found["edited"]["value"] == found["reconstructed"]["value"] == 1
    out = found["source_left_out"]["real"]
    assert (out["n"], out["patients"]) == (4, 2), "patients with one image are not asked"
    assert out["value"] == pytest.approx(0.75), "c's first image is nearer to b"
    alone = identity(real, real, real[None], np.arange(5))
    assert alone["source_left_out"] == {"edited": None, "reconstructed": None, "real": None}


def test_extremes_are_best_middle_and_worst_and_none_twice() -> None:
    assert extremes(np.arange(9.0), 1).tolist() == [8, 4, 0]
    assert sorted(extremes(np.array([0.2, 0.1, 0.3]))) == [0, 1, 2]
