import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from causaray.evaluation.measures.truth import change_correlation, distance_to_truth, truly_changed

GREY = 1 / 255


@pytest.fixture
def images() -> dict[str, torch.Tensor]:
    factual = torch.rand(6, 1, 32, 32, generator=torch.Generator().manual_seed(0)) * 0.5 + 0.1
    truth = factual.clone()
    truth[:5, :, 16:] += 40 * GREY
    return {
        "counterfactual": truth - 10 * GREY * (truth != factual),
        "truth": truth,
        "factual": factual,
        "reconstruction": factual + 4 * GREY,
    }


def test_distances_and_ratios_by_hand(images: dict[str, torch.Tensor]) -> None:
    found = distance_to_truth(**images, patients=np.array([0, 0, 1, 2, 3, 4]))
    whole, changed = found["whole"], found["changed"]
    assert changed["edited"]["l1"]["value"] == pytest.approx(10, rel=1e-3)
    assert changed["copied"]["l1"]["low"] == pytest.approx(40, rel=1e-3)
    assert changed["reconstructed"]["l1"]["value"] == pytest.approx(36, rel=1e-3)
    assert (changed["edited"]["l1"]["n"], changed["edited"]["l1"]["patients"]) == (5, 4)
    assert changed["l1_to_copied"]["value"] == pytest.approx(0.25, rel=1e-3)
    assert changed["edited"]["psnr"]["value"] - changed["copied"]["psnr"]["value"] == pytest.approx(12.04, abs=0.01)
    assert whole["edited"]["l1"]["value"] == pytest.approx(10 / 2 * 5 / 6, rel=1e-3)
    assert whole["l1_to_reconstructed"]["value"] == pytest.approx(5 * 5 / ((36 + 4) / 2 * 5 + 4), rel=1e-3)
    assert found["correlation"]["value"] == pytest.approx(1, rel=1e-4) and found["correlation"]["n"] == 5
    assert found["changed_area"]["value"] == pytest.approx(5 / 12)


def test_whole_image_figures_are_those_of_skimage(images: dict[str, torch.Tensor]) -> None:
    edited = distance_to_truth(**images, patients=np.arange(6))["whole"]["edited"]
    pairs = [(t[0].numpy(), x[0].numpy()) for t, x in zip(images["truth"], images["counterfactual"], strict=True)]
    psnr = [peak_signal_noise_ratio(t, x, data_range=1) for t, x in pairs[:5]] + [100]
    ssim = [
        structural_similarity(t, x, data_range=1, gaussian_weights=True, use_sample_covariance=False) for t, x in pairs
    ]
    assert edited["psnr"]["value"] == pytest.approx(np.mean(psnr), abs=1e-3)
    assert edited["ssim"]["value"] == pytest.approx(np.mean(ssim), abs=5e-3)


def test_the_truth_itself_is_at_no_distance(images: dict[str, torch.Tensor]) -> None:
    found = distance_to_truth(**images | {"counterfactual": images["truth"]}, patients=np.arange(6))
    assert found["changed"]["l1_to_copied"]["value"] == found["whole"]["l1_to_copied"]["high"] == 0
    assert found["changed"]["edited"]["psnr"]["value"] == pytest.approx(100)


def test_a_world_where_nothing_changed_has_no_changed_region(images: dict[str, torch.Tensor]) -> None:
    found = distance_to_truth(**images | {"truth": images["factual"]}, patients=np.arange(6))
    assert found["changed"] is None
    assert np.isnan(found["whole"]["l1_to_copied"]["value"]), "the copied input has no error here"


def test_less_than_a_grey_level_is_no_change() -> None:
    factual = torch.zeros(1, 1, 2, 2)
    truth = torch.tensor([[[[0, 0.9 * GREY], [1.1 * GREY, -2 * GREY]]]])
    assert truly_changed(factual, truth)[0, 0].tolist() == [[False, False], [True, True]]


def test_the_change_made_is_compared_by_where_it_is(images: dict[str, torch.Tensor]) -> None:
    half, away = (images["factual"] + s * (images["truth"] - images["factual"]) for s in (0.5, -1))
    found = [change_correlation(x, images["truth"], images["factual"]) for x in (half, away)]
    assert found[0][:5].tolist() == pytest.approx([1] * 5, rel=1e-4)
    assert found[1][:5].tolist() == pytest.approx([-1] * 5, rel=1e-4)
    assert found[0][5].isnan()
